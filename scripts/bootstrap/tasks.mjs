import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, root } from './paths.mjs';

const inModules = (path) => join('node_modules', path);
const vitest = inModules('vitest/vitest.mjs');
const tsc = inModules('typescript/bin/tsc');

const tasks = {
  start: (args) => ({
    needsEnvoy: true,
    env: { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(cacheFolder(), 'compile') },
    steps: [{ name: 'quickstart', args: ['src/cli/main.ts', 'quickstart', ...args] }],
  }),
  sallyport: (args) => ({
    needsEnvoy: true,
    env: { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(cacheFolder(), 'compile') },
    steps: [{ name: 'sallyport', args: ['src/cli/main.ts', ...args] }],
  }),
  test: (args) => ({ needsEnvoy: true, steps: [{ name: 'tests', args: [vitest, 'run', ...args] }] }),
  golden: (args) => ({
    needsEnvoy: true,
    env: { SALLYPORT_REFRESH_GOLDEN: '1' },
    steps: [{ name: 'golden', args: [vitest, 'run', 'test/golden', ...args] }],
  }),
  // What is measured is what users install: the compiled code.
  bench: (args) => ({
    needsEnvoy: true,
    steps: [
      { name: 'build', args: ['scripts/build.mjs'] },
      { name: 'bench', args: ['bench/main.ts', ...args] },
    ],
  }),
  check: () => ({
    needsEnvoy: false,
    steps: [
      { name: 'lint', args: [inModules('oxlint/bin/oxlint'), '--type-aware', '--deny-warnings'] },
      { name: 'types', args: [tsc, '-p', '.'] },
      { name: 'dependency rule', args: depcruise() },
      { name: 'unused code', args: [inModules('knip/bin/knip.js')] },
      { name: 'formatting', args: [inModules('oxfmt/bin/oxfmt'), '--check', '.'] },
    ],
  }),
  gen: (args) => ({
    needsEnvoy: false,
    steps: generators().map((file) => ({ name: file, command: 'sh', args: [join('scripts/gen', file), ...args] })),
  }),
  build: () => ({ needsEnvoy: false, steps: [{ name: 'build', args: ['scripts/build.mjs'] }] }),
  envoy: () => ({
    needsEnvoy: true,
    steps: [{ name: 'envoy', args: ['-e', 'console.log(process.env.SALLYPORT_ENVOY)'] }],
  }),
};

/** What package.json's scripts can ask for. */
export const taskNames = Object.keys(tasks);

export function findTask(name, args) {
  return Object.hasOwn(tasks, name ?? '') ? tasks[name](args) : undefined;
}

function depcruise() {
  return [inModules('dependency-cruiser/bin/dependency-cruiser.mjs'), '--config', '.dependency-cruiser.cjs', 'src'];
}

function generators() {
  const files = readdirSync(join(root, 'scripts/gen'));
  return files.filter((file) => file.endsWith('.sh')).toSorted();
}
