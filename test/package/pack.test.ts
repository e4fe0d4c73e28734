import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
let folder = '';

function run(command: string, args: readonly string[], cwd: string) {
  // The pinned Node first: what npm starts runs on it too.
  const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}` };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout: 120_000 });
  return { status, stdout, stderr };
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-pack-'));
}, 10_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the package', () => {
  it('installs into an empty folder and checks manifests there', { timeout: 240_000 }, () => {
    const built = run(process.execPath, ['scripts/build.mjs'], root);
    expect(built.status, built.stderr).toBe(0);
    const packed = run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], root);
    expect(packed.status, packed.stderr).toBe(0);
    const [tarball = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
    const place = join(folder, 'place');
    cpSync(join(root, 'examples/quickstart'), join(place, 'manifests'), { recursive: true });
    writeFileSync(join(place, 'package.json'), '{"name": "place", "private": true}\n');
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--omit=dev'];
    const installed = run('npm', ['install', ...flags, join(folder, tarball)], place);
    expect(installed.status, installed.stderr).toBe(0);
    const command = join(place, 'node_modules/.bin/sallyport');
    const checked = run(command, ['check', 'manifests'], place);
    expect(checked.status, checked.stderr).toBe(0);
    expect(checked.stdout).toContain('0 errors');
    expect(run(command, ['--version'], place).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
