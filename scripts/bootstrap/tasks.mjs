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
  'bench:cluster': (args) => ({
    needsEnvoy: true,
    steps: [
      { name: 'build', args: ['scripts/build.mjs'] },
      { name: 'bench:cluster', args: ['bench/cluster/main.ts', ...args] },
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
  // A cluster of real Kubernetes on this machine, and the suites that use it (CONTRIBUTING.md).
  'cluster:up': (args) => withImages('up', args),
  'cluster:down': (args) => cluster('down', args),
  'cluster:tools': (args) => cluster('tools', args),
  'cluster:load-images': (args) => withImages('load-images', args),
  'cluster:images': (args) => withImages('images', args),
  conformance: () => ({
    needsEnvoy: true,
    steps: [
      { name: 'build', args: ['scripts/build.mjs'] },
      { name: 'conformance', args: ['test/cluster/conformance/main.ts'] },
    ],
  }),
  'test:cluster': (args) => ({
    needsEnvoy: true,
    steps: [
      { name: 'build', args: ['scripts/build.mjs'] },
      { name: 'cluster tests', args: [vitest, 'run', '--config', 'vitest.cluster.config.ts', ...args] },
    ],
  }),
  // What users install (docs/kubernetes.md).
  chart: () => ({ needsEnvoy: false, steps: [{ name: 'chart', args: ['scripts/deploy/chart.ts'] }] }),
  manifests: () => ({ needsEnvoy: false, steps: [{ name: 'manifests', args: ['scripts/deploy/manifest.ts'] }] }),
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

function cluster(verb, args) {
  return {
    needsEnvoy: false,
    steps: [{ name: `cluster:${verb}`, args: ['test/cluster/main.ts', verb, ...args] }],
  };
}

/** The image of the controller holds the compiled code. */
function withImages(verb, args) {
  return {
    needsEnvoy: true,
    steps: [
      { name: 'build', args: ['scripts/build.mjs'] },
      { name: `cluster:${verb}`, args: ['test/cluster/main.ts', verb, ...args] },
    ],
  };
}

function depcruise() {
  return [inModules('dependency-cruiser/bin/dependency-cruiser.mjs'), '--config', '.dependency-cruiser.cjs', 'src'];
}

function generators() {
  const files = readdirSync(join(root, 'scripts/gen'));
  return files.filter((file) => file.endsWith('.sh')).toSorted();
}
