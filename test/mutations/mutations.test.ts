import { join } from 'node:path';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAdsServer, type AdsServer } from '../../src/ads/server.ts';
import { createPipeline } from '../../src/control/pipeline.ts';
import { findEnvoyBinary } from '../../src/infra/host/envoy-binary.ts';
import { createHost, type Host } from '../../src/infra/host/host.ts';
import type { Validation } from '../../src/snapshot/files/validation.ts';
import { objectKey, refOf } from '../../src/snapshot/object.ts';
import { applyChanges, emptySnapshot, type Change } from '../../src/snapshot/snapshot.ts';
import { createValidator } from '../../src/snapshot/validate/validator.ts';
import { standaloneOptions } from '../../src/translate/options.ts';
import { debianOptions } from '../../src/xds/options.ts';
import { mutatedExamples, readExamples } from './mutate.ts';

const examples = readExamples(join(import.meta.dirname, '../../examples'));
const validate = createValidator();
// Away from the ports of the example itself, which may be running.
const options = { ...standaloneOptions, portOffset: 13_000 };

let ads: AdsServer;
let host: Host;
const refusals: string[] = [];
/** Gateways come and go with their names: their resources are given to two Envoys in turn. */
const proxies = ['one', 'two'] as const;
let generation = 0;

beforeAll(() => {
  const binary = findEnvoyBinary();
  if (!binary.ok) throw new Error(binary.error);
  ads = createAdsServer({
    removalGraceMs: 0,
    events: {
      onNack: (_, { refusal, narrowing }) => {
        if (!narrowing && refusal !== undefined && !refusal.includes('cannot bind')) refusals.push(refusal);
      },
    },
  });
  host = createHost({
    binary: binary.value,
    concurrency: 1,
    maxConnections: 100,
    maxHeapBytes: 2 ** 30,
    drainMs: 100,
    log: pino({ level: 'silent' }),
    serveXds: (socket, gateway) => ads.listenUnix(socket, gateway),
    accessLog: () => {},
  });
  host.apply(proxies);
});

afterAll(async () => {
  await host.stop();
  await ads.close();
});

async function settled(): Promise<void> {
  const limit = performance.now() + 30_000;
  while (refusals.length === 0 && proxies.some((proxy) => ads.acknowledged(proxy) !== generation)) {
    if (performance.now() > limit) throw new Error(`not acknowledged: ${JSON.stringify(ads.state())}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function changesOf(validations: readonly Validation[]): readonly Change[] {
  const seen = new Set<string>();
  return validations.flatMap((validation): readonly Change[] => {
    if (validation.kind !== 'Object') return [];
    const key = objectKey(refOf(validation.object));
    if (seen.has(key)) return [];
    seen.add(key);
    return [{ kind: 'put', object: validation.object }];
  });
}

describe('the examples with mistakes in them', () => {
  it('crash nothing, and whatever they come to Envoy accepts', { timeout: 600_000 }, async () => {
    const pipeline = createPipeline(options, debianOptions);
    let findings = 0;
    await fc.assert(
      fc.asyncProperty(mutatedExamples(examples), async (objects) => {
        const validations = objects.map(validate);
        const { translation, resources } = pipeline.run(applyChanges(emptySnapshot, changesOf(validations)), new Map());
        findings += translation.diagnostics.length + validations.flatMap(({ diagnostics }) => diagnostics).length;
        const all = [...resources.values()];
        generation += 1;
        for (const [index, proxy] of proxies.entries())
          ads.publish(proxy, { id: generation, resources: all[index] ?? new Map() });
        await settled();
        expect(refusals).toEqual([]);
      }),
      { numRuns: 1_000, seed: 20_261_124, endOnFailure: true },
    );
    // Mistakes that nobody is told of would be worse than a crash.
    expect(findings).toBeGreaterThan(500);
  });
});
