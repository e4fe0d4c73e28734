import { setTimeout as delay } from 'node:timers/promises';
import { createPipeline } from '../../src/control/pipeline.ts';
import { explainRequest } from '../../src/explain/explain.ts';
import type { HttpRequest } from '../../src/explain/request.ts';
import { gatewayName } from '../../src/ir/name.ts';
import { applyChanges, emptySnapshot } from '../../src/snapshot/snapshot.ts';
import { standaloneOptions } from '../../src/translate/options.ts';
import type { Translation } from '../../src/translate/translation.ts';
import type { ResourcesByType } from '../../src/xds/build-resources.ts';
import { debianOptions } from '../../src/xds/options.ts';
import { startBackend, type Backend } from '../envoy/backend.ts';
import { freePort, startEnvoy, type EnvoyUnderTest } from '../envoy/envoy-under-test.ts';
import { send } from '../envoy/request.ts';
import { createTestCertificate } from '../fixture/certificate.ts';
import { backendHeaders, compareExplanation } from './compare.ts';
import { observe, type Clients, type Observation } from './observe.ts';
import { createProbe } from './probe.ts';
import { createRandom } from './random.ts';
import { createWorld, markerHost, type Ground, type World } from './world.ts';

/** A pair of a configuration and a request, and what a real Envoy made of it. */
export interface Case {
  readonly translation: Translation;
  readonly request: HttpRequest;
  readonly observation: Observation;
}

/** So many worlds, and so many requests for each. */
export interface Size {
  readonly worlds: number;
  readonly requests: number;
  readonly seed: number;
}

const pipeline = createPipeline(standaloneOptions, debianOptions);

function translateWorld(world: World): { readonly translation: Translation; readonly resources: ResourcesByType } {
  const changes = world.objects.map((object) => ({ kind: 'put' as const, object }));
  const { translation, resources } = pipeline.run(applyChanges(emptySnapshot, changes), new Map());
  const found = resources.get(gatewayName('default', 'edge'));
  if (found === undefined) throw new Error('the world has no Gateway');
  return { translation, resources: found };
}

/** Waits until every port serves the world of this number. */
async function serves({ ports }: Ground, clients: Clients, number: number): Promise<void> {
  const deadline = performance.now() + 20_000;
  const tls = { servername: markerHost, rejectUnauthorized: false };
  const asked = [
    { port: ports.http, host: markerHost },
    { port: ports.https, host: markerHost, tls },
    { port: ports.guarded, host: markerHost, tls: { ...tls, cert: clients.Trusted.chain, key: clients.Trusted.key } },
    { port: ports.narrow, host: 'z.b.test' },
  ];
  for (const request of asked) {
    for (;;) {
      const reply = await send({ ...request, path: '/world/marker' }).catch(() => undefined);
      if (reply?.headers.location?.includes(`world-${number}.test`) === true) break;
      if (performance.now() > deadline) throw new Error(`world ${number} is not served on port ${request.port}`);
      await delay(10);
    }
  }
}

async function startBackends(): Promise<readonly Backend[]> {
  const headers = Object.fromEntries([...backendHeaders, { name: 'x-echo', value: '1' }].map((h) => [h.name, h.value]));
  return Promise.all(['s0', 's1', 's2'].map((name) => startBackend(name, 'http1', () => ({ status: 200, headers }))));
}

/** Copies of requests arrive when they do: waits for what is expected, and leaves it to the test to tell what is not. */
async function copiesArrive(cases: readonly Case[]): Promise<void> {
  const deadline = performance.now() + 3_000;
  const agrees = ({ translation, request, observation }: Case): boolean => {
    const [explanation] = explainRequest(translation, request);
    return explanation !== undefined && compareExplanation(explanation, observation) === undefined;
  };
  while (!cases.every(agrees) && performance.now() < deadline) await delay(100);
}

async function observeWorlds(
  ground: Ground,
  backends: readonly Backend[],
  { worlds, requests, seed }: Size,
): Promise<readonly Case[]> {
  const random = createRandom(seed);
  const cases: Case[] = [];
  const clients = {
    Trusted: createTestCertificate(['client.test'], { issuer: ground.authority }),
    Untrusted: createTestCertificate(['client.test'], { issuer: createTestCertificate(['stranger']) }),
  };
  let envoy: EnvoyUnderTest | undefined;
  try {
    for (let number = 0; number < worlds; number++) {
      const world = createWorld(random, ground, number);
      const { translation, resources } = translateWorld(world);
      if (envoy === undefined) envoy = await startEnvoy(resources);
      else envoy.update(resources);
      await envoy.listening(ground.ports.http);
      await serves(ground, clients, number);
      const probes = Array.from({ length: requests }, () => createProbe(random, world, ground.ports));
      const observations = await observe(envoy, backends, clients, probes, `world/${number}`);
      observations.forEach((observation, index) => {
        const request = probes[index];
        if (request === undefined) throw new Error('more answers than requests');
        const userAgent = { name: 'user-agent', value: `world/${number}/${index}` };
        cases.push({ translation, observation, request: { ...request, headers: [...request.headers, userAgent] } });
      });
    }
    if (envoy !== undefined && envoy.refusals.length > 0) throw new Error(envoy.refusals.join('\n'));
    await copiesArrive(cases);
    return cases;
  } finally {
    await envoy?.stop();
  }
}

/** Observes worlds one after the other in one Envoy, all made from one seed. */
export async function observeCases(size: Size): Promise<readonly Case[]> {
  const ports = {
    http: await freePort(),
    https: await freePort(),
    narrow: await freePort(),
    guarded: await freePort(),
  };
  const backends = await startBackends();
  try {
    const services = Object.fromEntries(backends.map(({ name, port }) => [name, port]));
    const authority = createTestCertificate(['client authority']);
    const certificate = createTestCertificate(['x.a.test', '*.a.test', '*.test']);
    return await observeWorlds({ ports, services, certificate, authority }, backends, size);
  } finally {
    await Promise.all(backends.map((backend) => backend.stop()));
  }
}
