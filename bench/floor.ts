import { mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { clusterLoadAssignmentType, clusterType, routeConfigurationType, type TypeUrl } from '../src/ads/type-url.ts';
import { createPipeline, type Pipeline } from '../src/control/pipeline.ts';
import { findEnvoyBinary } from '../src/infra/host/envoy-binary.ts';
import { createHost } from '../src/infra/host/host.ts';
import { parseFile, objectsOf } from '../src/snapshot/files/file.ts';
import { applyChanges, emptySnapshot, type Snapshot } from '../src/snapshot/snapshot.ts';
import { createValidator } from '../src/snapshot/validate/validator.ts';
import { standaloneOptions } from '../src/translate/options.ts';
import { debianOptions } from '../src/xds/options.ts';
import type { ResourcesByType } from '../src/xds/build-resources.ts';
import { createBareServer, type BareServer } from './bare-server.ts';
import { untilServed } from './probe.ts';

const validate = createValidator();

function withText(snapshot: Snapshot, text: string): Snapshot {
  const objects = objectsOf(parseFile('bench', text, validate, new Map()));
  return applyChanges(
    snapshot,
    [...objects.values()].map((object) => ({ kind: 'put', object })),
  );
}

function resourcesOf(pipeline: Pipeline, snapshot: Snapshot): ResourcesByType {
  const [resources] = pipeline.run(snapshot, new Map()).resources.values();
  if (resources === undefined) throw new Error('the world has no Gateway');
  return resources;
}

function changed(type: TypeUrl, before: ResourcesByType, after: ResourcesByType) {
  const old = before.get(type);
  return [...(after.get(type)?.values() ?? [])].filter(
    (resource) => old?.get(resource.name)?.version !== resource.version,
  );
}

/** One more piece of the world, and the host that is served because of it. */
export interface Addition {
  readonly text: string;
  readonly host: string;
}

async function push(server: BareServer, before: ResourcesByType, after: ResourcesByType): Promise<void> {
  const clusters = changed(clusterType, before, after);
  if (clusters.length > 0) {
    const accepted = server.acknowledged(clusterType);
    server.push(clusterType, clusters);
    server.push(clusterLoadAssignmentType, changed(clusterLoadAssignmentType, before, after));
    await accepted;
  }
  server.push(routeConfigurationType, changed(routeConfigurationType, before, after));
}

/**
 * Milliseconds from the push of each addition to its first 200, by a server that does nothing but push what was made
 * beforehand, to an Envoy of its own.
 */
export async function measureFloor(
  world: string,
  port: number,
  additions: readonly Addition[],
): Promise<readonly number[]> {
  const binary = findEnvoyBinary();
  if (!binary.ok) throw new Error(binary.error);
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-floor-'));
  const pipeline = createPipeline(standaloneOptions, debianOptions);
  let snapshot = withText(emptySnapshot, world);
  const base = resourcesOf(pipeline, snapshot);
  const steps: { readonly addition: Addition; readonly before: ResourcesByType; readonly after: ResourcesByType }[] =
    [];
  let before = base;
  for (const addition of additions) {
    snapshot = withText(snapshot, addition.text);
    const after = resourcesOf(pipeline, snapshot);
    steps.push({ addition, before, after });
    before = after;
  }
  let server: BareServer | undefined;
  const host = createHost({
    binary: binary.value,
    concurrency: 1,
    maxConnections: 1000,
    maxHeapBytes: 2 ** 30,
    drainMs: 0,
    log: pino({ level: 'silent' }),
    async serveXds(socket) {
      server = await createBareServer(socket, base);
      return async () => server?.close();
    },
    accessLog: () => {},
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    host.apply(['floor']);
    await untilServed(agent, port, 'h0.bench.example', performance.now());
    const times: number[] = [];
    for (const { addition, before: from, after } of steps) {
      if (server === undefined) throw new Error('the proxy has not connected');
      const start = performance.now();
      const pushed = push(server, from, after);
      times.push(await untilServed(agent, port, addition.host, start));
      await pushed;
    }
    return times;
  } finally {
    agent.destroy();
    await host.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
