import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts'],
    // These need a cluster: vitest.cluster.config.ts.
    exclude: ['test/cluster/**'],
    // Real Envoys start in many of them, on machines that do other things too.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000, interval: 20 } },
    pool: 'forks',
    maxWorkers: 2,
    teardownTimeout: 10_000,
  },
});
