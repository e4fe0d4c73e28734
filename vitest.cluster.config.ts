import { defineConfig } from 'vitest/config';

/**
 * The suites that need a cluster. They share one, so their files run one after the other. Those below `own` are about
 * our clusters alone: nobody who brings a cluster needs what they need.
 */
export default defineConfig({
  test: {
    include: ['test/cluster/**/*.test.ts'],
    exclude: process.env['SALLYPORT_KUBECONFIG'] ? ['test/cluster/own/**'] : [],
    globalSetup: ['test/cluster/setup.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    pool: 'forks',
    fileParallelism: false,
    teardownTimeout: 60_000,
  },
});
