import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

function cruise(folder: string) {
  const cruiser = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const config = join(root, '.dependency-cruiser.cjs');
  const { status, stdout } = spawnSync(process.execPath, [cruiser, '--config', config, 'src'], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, stdout };
}

describe('the dependency rule', () => {
  it('fails on a tree that breaks it', () => {
    const { status, stdout } = cruise(join(root, 'test/fixture/broken-layers'));
    expect(status).not.toBe(0);
    expect(stdout).toContain('ir-imports-lib: src/ir/model.ts');
    expect(stdout).toContain('xds-layer: src/xds/build.ts');
    expect(stdout).toContain('pure-stages-have-no-effects: src/translate/translate.ts');
  });

  it('reads every module of ours and finds nothing', () => {
    const { status, stdout } = cruise(root);
    expect(stdout).toMatch(/no dependency violations found \(\d{3,} modules/);
    expect(status).toBe(0);
  });
});
