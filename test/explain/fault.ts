import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { explainRequest } from '../../src/explain/explain.ts';

/** A mistake that somebody could make in the engine: one text of one file replaced by another. */
export interface Fault {
  readonly name: string;
  readonly file: string;
  readonly text: string;
  readonly by: string;
}

export const faults: readonly Fault[] = [
  { name: 'a wildcard goes before the host itself', file: 'domain.ts', text: ': 1_000_000', by: ': 0.5' },
  {
    name: 'a prefix takes a part of a path element',
    file: 'match.ts',
    text: 'path.startsWith(`${match.value}/`)',
    by: 'path.startsWith(match.value)',
  },
  {
    name: 'a regular expression may cover a part',
    file: 'match.ts',
    text: '.matches(text)',
    by: '.matcher(text).find()',
  },
  { name: 'methods are not compared', file: 'match.ts', text: 'match.method !== request.method', by: 'false' },
  {
    name: 'only the first value of a header counts',
    file: 'match.ts',
    text: 'actual.some((',
    by: 'actual.slice(0, 1).some((',
  },
  { name: 'labels of a wildcard are not counted', file: 'match.ts', text: 'match.hostLabels !== labels', by: 'false' },
  { name: 'a rewritten prefix leaves a double slash', file: 'path.ts', text: ".replace(/^\\/+/, '')", by: '' },
  {
    name: 'the rule overrules the backend',
    file: 'headers.ts',
    text: '[...rule.set.filter((header) => !overruled.has(header.name)), ...backend.set]',
    by: '[...backend.set, ...rule.set]',
  },
  {
    name: 'what is added replaces',
    file: 'headers.ts',
    text: '...change.set.map',
    by: '...[...change.set, ...change.add].map',
  },
  {
    name: 'a host rewrite is forgotten',
    file: 'action.ts',
    text: 'cluster.rewrite?.hostname ?? forward.rewrite?.hostname ?? ',
    by: '',
  },
  {
    name: 'Location keeps the port of the Host',
    file: 'action.ts',
    text: "authority.replace(/:\\d*$/, '')",
    by: 'authority',
  },
  {
    name: 'backends that can not be used get nothing',
    file: 'action.ts',
    text: 'forward.invalidWeight === 0 ? shares',
    by: 'true ? shares',
  },
  { name: 'every origin is allowed', file: 'cors.ts', text: "if (value === '*') return true;", by: 'return true;' },
  {
    name: 'a host of another listener is answered',
    file: 'explain.ts',
    text: 'chain.section !== section',
    by: 'false',
  },
  {
    name: 'the widest chain takes a server name',
    file: 'socket.ts',
    text: "specificity(b.serverName ?? '*') - specificity(a.serverName ?? '*')",
    by: "specificity(a.serverName ?? '*') - specificity(b.serverName ?? '*')",
  },
  {
    name: 'clients need no certificate',
    file: 'socket.ts',
    text: "chain.clientValidation?.mode === 'AllowValidOnly'",
    by: 'false',
  },
  { name: 'mirrors are forgotten', file: 'action.ts', text: '    mirrors,\n', by: '    mirrors: [],\n' },
  { name: 'slashes are not merged', file: 'arrival.ts', text: ".replaceAll(/\\/{2,}/g, '/')", by: '' },
];

type Explain = typeof explainRequest;

const root = join(import.meta.dirname, '../..');

/** A copy of the engine in a folder of its own, with one fault in it. */
async function importFaulty(folder: string, fault: Fault): Promise<Explain> {
  mkdirSync(join(folder, 'src'), { recursive: true });
  for (const name of readdirSync(join(root, 'src'))) {
    if (name !== 'explain') symlinkSync(join(root, 'src', name), join(folder, 'src', name));
  }
  for (const name of ['gen', 'node_modules', 'package.json']) symlinkSync(join(root, name), join(folder, name));
  cpSync(join(root, 'src/explain'), join(folder, 'src/explain'), { recursive: true });
  const file = join(folder, 'src/explain', fault.file);
  const parts = readFileSync(file, 'utf8').split(fault.text);
  if (parts.length !== 2) throw new Error(`${fault.file} holds the text of "${fault.name}" ${parts.length - 1} times`);
  writeFileSync(file, parts.join(fault.by));
  const entry = pathToFileURL(join(folder, 'src/explain/explain.ts')).href;
  // A copy of the module above has its types.
  const module = (await import(/* @vite-ignore */ entry)) as { readonly explainRequest: Explain };
  return module.explainRequest;
}

/** Runs something with an engine that has a fault; nothing of it is left behind. */
export async function withFault<T>(fault: Fault, run: (explain: Explain) => T): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'explain-fault-'));
  try {
    return run(await importFaulty(folder, fault));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
