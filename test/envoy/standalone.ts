import { pino } from 'pino';
import { afterEach } from 'vitest';
import { createMetrics } from '../../src/admin/metrics.ts';
import { createStandalone, type Standalone } from '../../src/control/standalone.ts';
import { findEnvoyBinary } from '../../src/infra/host/envoy-binary.ts';
import type { AnyObject } from '../../src/snapshot/object.ts';
import { standaloneOptions } from '../../src/translate/options.ts';
import { debianOptions } from '../../src/xds/options.ts';

let running: Standalone | undefined;

afterEach(async () => {
  await running?.stop();
  running = undefined;
});

/** Runs the whole control plane with real Envoys on these objects. It is stopped after the test. */
export function startStandalone(objects: readonly AnyObject[], maxConnections = 1000): Standalone {
  const binary = findEnvoyBinary();
  if (!binary.ok) throw new Error(binary.error);
  running = createStandalone({
    envoyBinary: binary.value,
    translate: standaloneOptions,
    xds: debianOptions,
    concurrency: 1,
    maxConnections,
    maxHeapBytes: 2 ** 30,
    drainMs: 100,
    metrics: createMetrics(),
    log: pino({ level: 'silent' }),
    accessLog: () => {},
    turned: () => {},
  });
  running.apply(objects.map((object) => ({ kind: 'put', object })));
  return running;
}
