import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { parseObjects } from '../../test/fixture/view.ts';
import { createMetrics } from '../admin/metrics.ts';
import { listenerType } from '../ads/type-url.ts';
import { type GatewayName, gatewayName } from '../ir/name.ts';
import { refOf } from '../snapshot/object.ts';
import { standaloneOptions } from '../translate/options.ts';
import type { ResourcesByType } from '../xds/build-resources.ts';
import { debianOptions } from '../xds/options.ts';
import { type Controller, createController } from './controller.ts';
import { createPipeline } from './pipeline.ts';

const gateways = parseObjects(
  ['a', 'b']
    .map(
      (name, index) => `kind: Gateway
metadata: {name: ${name}}
spec: {gatewayClassName: sallyport, listeners: [{name: http, port: ${8001 + index}, protocol: HTTP}]}`,
    )
    .join('\n---\n'),
);
const [a, b] = [gatewayName('default', 'a'), gatewayName('default', 'b')];

let controller: Controller;
let published: Map<GatewayName, ResourcesByType>;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  published = new Map();
  controller = createController({
    pipeline: createPipeline(standaloneOptions, debianOptions),
    metrics: createMetrics(),
    log: pino({ level: 'silent' }),
    publish: (gateway, resources) => published.set(gateway, resources),
    retire: () => {},
    turned: () => {},
  });
});

afterEach(() => {
  controller.stop();
  vi.useRealTimers();
});

const turn = () => new Promise((resolve) => setImmediate(resolve));
const listenersOf = (gateway: GatewayName) => [...(published.get(gateway)?.get(listenerType)?.values() ?? [])];

/** Every listener of a Gateway is refused, as another program has its port. */
function block(gateway: GatewayName): void {
  const answers = listenersOf(gateway).map(({ name, version }) => ({ typeUrl: listenerType, name, version }));
  controller.refused(gateway, answers, "cannot bind '127.0.0.1:8001': Address already in use");
}

it('offers listeners whose ports are taken again, those of every Gateway', async () => {
  controller.apply(gateways.map((object) => ({ kind: 'put', object })));
  await turn();
  const before = [a, b].map((gateway) => listenersOf(gateway).map(({ version }) => version));
  block(a);
  block(b);
  await turn();
  expect(controller.state()?.bindFailures).toHaveLength(2);
  vi.advanceTimersByTime(2_000);
  await turn();
  const after = [a, b].map((gateway) => listenersOf(gateway).map(({ version }) => version));
  expect(after).toEqual(before.map((versions) => versions.map((version) => `${version}~1`)));
});

it('says nothing of the ports of a Gateway that is gone', async () => {
  controller.apply(gateways.map((object) => ({ kind: 'put', object })));
  await turn();
  block(a);
  controller.apply(gateways.slice(0, 1).map((object) => ({ kind: 'remove', ref: refOf(object) })));
  await turn();
  expect(controller.state()?.bindFailures).toEqual([]);
});
