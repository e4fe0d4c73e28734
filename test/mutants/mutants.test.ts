import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mutants, type Mutant } from './mutants.ts';

const root = join(import.meta.dirname, '../..');
// Beside the sources of the machine's own temporary files would do too; here `node_modules` is on the same disk.
let copy = '';

beforeAll(() => {
  copy = mkdtempSync(join(root, '.mutants-'));
  for (const folder of ['src', 'test']) cpSync(join(root, folder), join(copy, folder), { recursive: true });
  for (const name of ['gen', 'crds', 'examples', 'node_modules', 'package.json', 'vitest.config.ts', 'docs']) {
    symlinkSync(join(root, name), join(copy, name));
  }
});

afterAll(() => {
  if (copy !== '') rmSync(copy, { recursive: true, force: true });
});

/** The tests that need no process and no port: they are quick, and most mistakes do not get past them. */
const pureTests = [
  'test/golden/golden.test.ts',
  'test/property',
  'src/translate',
  'src/xds',
  'src/resolve',
  'src/status',
];

function runTests(): { readonly failed: boolean; readonly output: string } {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [vitest, 'run', '--bail=1', '--reporter=dot', ...pureTests],
    { cwd: copy, encoding: 'utf8', env: { ...process.env, SALLYPORT_REFRESH_GOLDEN: '' } },
  );
  return { failed: status !== 0, output: stdout + stderr };
}

function plant({ file, find, replace }: Mutant): () => void {
  const path = join(copy, file);
  const source = readFileSync(path, 'utf8');
  const parts = source.split(find);
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} places that read: ${find}`);
  writeFileSync(path, parts.join(replace));
  return () => writeFileSync(path, source);
}

describe('mutants', () => {
  it('are at least fifty, and the tests pass without them', { timeout: 120_000 }, () => {
    expect(mutants.length).toBeGreaterThanOrEqual(50);
    const { failed, output } = runTests();
    expect(failed, output).toBe(false);
  });

  for (const mutant of mutants) {
    it(`is caught: ${mutant.what}`, { timeout: 120_000 }, () => {
      const restore = plant(mutant);
      try {
        const { failed, output } = runTests();
        expect(failed, output).toBe(true);
        // A mutant that does not even load proves nothing.
        expect(output).not.toMatch(/SyntaxError|Transform failed|PARSE_ERROR/);
      } finally {
        restore();
      }
    });
  }
});
