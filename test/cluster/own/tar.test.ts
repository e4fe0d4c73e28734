import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { tar } from '../tar.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-tar-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('writes archives that tar reads', () => {
  const long = `${'folder/'.repeat(20)}${'n'.repeat(90)}`;
  const archive = tar([
    { path: 'tmp', mode: 0o1777 },
    { path: 'tmp/program', mode: 0o755, content: Buffer.from('x'.repeat(1000)) },
    { path: 'tmp/empty', mode: 0o644, content: new Uint8Array() },
    { path: long, mode: 0o644, content: Buffer.from('é') },
  ]);
  const file = join(folder, 'archive.tar');
  writeFileSync(file, archive);
  const list = spawnSync('tar', ['--list', '--verbose', '--numeric-owner', '--utc', '--file', file], {
    encoding: 'utf8',
  });
  const lines = list.stdout.split('\n').map((line) => line.replace(/ +/g, ' '));
  expect(list.stderr).toBe('');
  expect(lines).toEqual([
    'drwxrwxrwt 0/0 0 1970-01-01 00:00 tmp/',
    '-rwxr-xr-x 0/0 1000 1970-01-01 00:00 tmp/program',
    '-rw-r--r-- 0/0 0 1970-01-01 00:00 tmp/empty',
    `-rw-r--r-- 0/0 2 1970-01-01 00:00 ${long}`,
    '',
  ]);
  const content = spawnSync('tar', ['--extract', '--to-stdout', '--file', file, long], { encoding: 'utf8' });
  expect(content.stdout).toBe('é');
});

it('refuses a path that has no place in an archive', () => {
  expect(() => tar([{ path: 'n'.repeat(101), mode: 0o644 }])).toThrow(RangeError);
});
