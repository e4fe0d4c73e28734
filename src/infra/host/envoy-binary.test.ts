import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findEnvoyBinary } from './envoy-binary.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'envoy-binary-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function writeFakeEnvoy(version: string): string {
  const file = join(folder, 'envoy');
  writeFileSync(file, `#!/bin/sh\necho "envoy  version: 0123abcd/${version}/Clean/RELEASE/BoringSSL"\n`);
  chmodSync(file, 0o755);
  return file;
}

test('SALLYPORT_ENVOY wins over the PATH', () => {
  writeFakeEnvoy('1.40.0');
  expect(findEnvoyBinary({ SALLYPORT_ENVOY: process.execPath, PATH: folder })).toEqual({
    ok: true,
    value: process.execPath,
  });
});

test('SALLYPORT_ENVOY that is no executable is an error, not a reason to take another', () => {
  writeFakeEnvoy('1.40.0');
  const found = findEnvoyBinary({ SALLYPORT_ENVOY: join(folder, 'nothing'), PATH: folder });
  expect(found.ok ? '' : found.error).toContain('SALLYPORT_ENVOY');
});

test('an envoy on the PATH is taken when it is of the pinned series', () => {
  const file = writeFakeEnvoy('1.40.3');
  expect(findEnvoyBinary({ SALLYPORT_CACHE: folder, PATH: `/nowhere:${folder}` })).toEqual({ ok: true, value: file });
});

test('an envoy of another series is not taken, and the error says in one line what to do', () => {
  writeFakeEnvoy('1.4.40');
  const found = findEnvoyBinary({ SALLYPORT_CACHE: folder, PATH: folder });
  expect(found.ok).toBe(false);
  const message = found.ok ? '' : found.error;
  expect(message).toContain('npm run envoy');
  expect(message).not.toContain('\n');
});
