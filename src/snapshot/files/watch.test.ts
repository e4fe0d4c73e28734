import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ObjectKey } from '../object.ts';
import { applyChanges, emptySnapshot, type Snapshot } from '../snapshot.ts';
import { createValidator } from '../validate/validator.ts';
import { createFileSource, type FileSource } from './watch.ts';

let folder = '';
let source: FileSource | undefined;
let snapshot: Snapshot = emptySnapshot;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-watch-'));
  snapshot = emptySnapshot;
});

afterEach(() => {
  source?.close();
  source = undefined;
  rmSync(folder, { recursive: true, force: true });
});

function start(...paths: readonly string[]): FileSource {
  source = createFileSource({
    paths: paths.length === 0 ? [folder] : paths,
    validate: createValidator(),
    onChange: (changes) => {
      snapshot = applyChanges(snapshot, changes);
    },
  });
  return source;
}

function text(name: string, label = 'x'): string {
  return `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}, labels: {l: ${label}}}\n`;
}

function names(): readonly string[] {
  return [...snapshot.collections.Namespace.values()].map((object) => object.metadata.name).sort();
}

function labelOf(name: string): string | undefined {
  return snapshot.collections.Namespace.get(`Namespace//${name}` as ObjectKey)?.metadata.labels?.['l'];
}

async function until(condition: () => boolean): Promise<void> {
  const limit = performance.now() + 30_000;
  while (!condition()) {
    if (performance.now() > limit) throw new Error(`it did not come to pass; there is ${names().join()}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('file source', () => {
  it('reads what is there, in folders below too, and follows new files, changes and deletions', async () => {
    mkdirSync(join(folder, 'deep/er'), { recursive: true });
    writeFileSync(join(folder, 'deep/er/a.yaml'), text('a'));
    writeFileSync(join(folder, 'notes.txt'), 'no manifest');
    start();
    expect(names()).toEqual(['a']);
    writeFileSync(join(folder, 'b.yml'), text('b'));
    await until(() => names().join() === 'a,b');
    writeFileSync(join(folder, 'deep/er/a.yaml'), text('a', 'y'));
    await until(() => labelOf('a') === 'y');
    unlinkSync(join(folder, 'b.yml'));
    await until(() => names().join() === 'a');
  });

  it('follows a save by a temporary file that is moved into place, without a gap', async () => {
    const file = join(folder, 'a.yaml');
    writeFileSync(file, text('a'));
    start();
    let gaps = 0;
    const watching = setInterval(() => (gaps += names().length === 0 ? 1 : 0), 1);
    try {
      for (let round = 0; round < 20; round++) {
        writeFileSync(join(folder, '.a.yaml.swp'), text('a', `v${round}`));
        renameSync(join(folder, '.a.yaml.swp'), file);
        await until(() => labelOf('a') === `v${round}`);
      }
    } finally {
      clearInterval(watching);
    }
    expect(gaps).toBe(0);
  });

  it('keeps what a file held while it is empty or cut off', async () => {
    const file = join(folder, 'a.yaml');
    const whole = `${text('a')}---\n${text('b')}`;
    writeFileSync(file, whole);
    start();
    writeFileSync(file, whole.slice(0, whole.indexOf('labels: {l: x}}\n---') + 5));
    await until(() => (source?.diagnostics() ?? []).length > 0);
    expect(names()).toEqual(['a', 'b']);
    writeFileSync(file, `${whole}---\n${text('c')}`);
    await until(() => names().join() === 'a,b,c');
  });

  it('follows renames of files and folders', async () => {
    mkdirSync(join(folder, 'one'));
    writeFileSync(join(folder, 'one/a.yaml'), text('a'));
    start();
    renameSync(join(folder, 'one/a.yaml'), join(folder, 'one/b.yaml'));
    writeFileSync(join(folder, 'one/b.yaml'), text('a', 'moved'));
    await until(() => labelOf('a') === 'moved');
    renameSync(join(folder, 'one'), join(folder, 'two'));
    writeFileSync(join(folder, 'two/b.yaml'), text('a', 'again'));
    await until(() => labelOf('a') === 'again');
    rmSync(join(folder, 'two'), { recursive: true });
    await until(() => names().length === 0);
  });

  it('sees files in a folder that is new', async () => {
    start();
    mkdirSync(join(folder, 'new/er'), { recursive: true });
    writeFileSync(join(folder, 'new/er/a.yaml'), text('a'));
    await until(() => names().join() === 'a');
    writeFileSync(join(folder, 'new/er/b.yaml'), text('b'));
    await until(() => names().join() === 'a,b');
  });

  it('follows a mounted ConfigMap, whose files are swapped by one link', async () => {
    for (const version of ['1', '2']) {
      mkdirSync(join(folder, `..v${version}`));
      writeFileSync(join(folder, `..v${version}/a.yaml`), text('a', `v${version}`));
    }
    symlinkSync('..v1', join(folder, '..data'));
    symlinkSync('..data/a.yaml', join(folder, 'a.yaml'));
    start();
    expect(labelOf('a')).toBe('v1');
    symlinkSync('..v2', join(folder, '..data_tmp'));
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
    await until(() => labelOf('a') === 'v2');
  });

  it('follows single files, and no others beside them', async () => {
    const file = join(folder, 'a.yaml');
    writeFileSync(file, text('a'));
    start(file);
    writeFileSync(join(folder, 'b.yaml'), text('b'));
    writeFileSync(file, text('a', 'y'));
    await until(() => labelOf('a') === 'y');
    expect(names()).toEqual(['a']);
  });

  it('is not led astray by links in a circle, large files and bytes that are no text', async () => {
    symlinkSync(folder, join(folder, 'self'));
    symlinkSync('loop.yaml', join(folder, 'loop.yaml'));
    writeFileSync(join(folder, 'bytes.yaml'), Buffer.from([0xff, 0xfe, 0x00, 0xc3]));
    writeFileSync(join(folder, 'large.yaml'), `# ${'x'.repeat(10 * 1024 * 1024)}\n${text('large')}`);
    writeFileSync(join(folder, 'a.yaml'), text('a'));
    start();
    expect(names()).toEqual(['a']);
    const reasons = source
      ?.diagnostics()
      .map(({ reason, position }) => `${position?.file.slice(folder.length)} ${reason}`);
    expect(reasons).toEqual(['/bytes.yaml NotUtf8', '/large.yaml FileTooLarge', '/loop.yaml SymlinkLoop']);
    writeFileSync(join(folder, 'large.yaml'), text('large'));
    await until(() => names().join() === 'a,large');
    expect(readFileSync(join(folder, 'a.yaml'), 'utf8')).toBe(text('a'));
  });
});
