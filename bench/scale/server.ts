import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { createAdsServer } from '../../src/ads/server.ts';
import { createPipeline } from '../../src/control/pipeline.ts';
import { parseFile, objectsOf } from '../../src/snapshot/files/file.ts';
import type { AnyObject } from '../../src/snapshot/object.ts';
import { applyChanges, emptySnapshot } from '../../src/snapshot/snapshot.ts';
import { createValidator } from '../../src/snapshot/validate/validator.ts';
import { standaloneOptions } from '../../src/translate/options.ts';
import { debianOptions } from '../../src/xds/options.ts';
import { gatewayText, routeText, serviceText } from '../world.ts';
import { answerCalls } from './child.ts';
import { type ServerCalls, wallMs } from './message.ts';
import { gatewayOf, gateways, routesEach } from './size.ts';

/*
 * One control plane as a process, without its sources of objects: the whole pipeline and the discovery server.
 */

const validate = createValidator();

/** Objects like those of the text, with words replaced: thousands of texts would take longer to parse than to serve. */
function template(text: string): (words: Readonly<Record<string, string | number>>) => readonly AnyObject[] {
  const parsed = JSON.stringify([...objectsOf(parseFile('bench', text, validate, new Map())).values()]);
  return (words) => {
    const replaced = Object.entries(words).reduce((all, [word, by]) => all.replaceAll(word, String(by)), parsed);
    // The template is of kinds that are known, and only names differ.
    return JSON.parse(replaced) as AnyObject[];
  };
}

const gateway = template(gatewayText(8_080, 'gatename'));
const service = template(serviceText('servicename', 9_999));
const route = template(routeText('routename', 'servicename', 'gatename'));

function worldObjects(): readonly AnyObject[] {
  const all: AnyObject[] = [];
  for (let index = 0; index < gateways; index += 1) {
    all.push(...gateway({ gatename: gatewayOf(index), 8080: 8_000 + index }));
    for (let each = 0; each < routesEach; each += 1) {
      const name = `${gatewayOf(index)}-${each}`;
      all.push(...service({ servicename: `s-${name}` }));
      all.push(...route({ routename: name, servicename: `s-${name}`, gatename: gatewayOf(index) }));
    }
  }
  return all;
}

let connected = 0;
const ads = createAdsServer({
  events: {
    onConnect: () => (connected += 1),
    onDisconnect: () => (connected -= 1),
  },
});
const pipeline = createPipeline(standaloneOptions, debianOptions);
const published = new Map<string, object>();
const delays = monitorEventLoopDelay({ resolution: 5 });
let snapshot = emptySnapshot;
let id = 0;
let cpuBefore = process.cpuUsage();

function turn(objects: readonly AnyObject[]): void {
  snapshot = applyChanges(
    snapshot,
    objects.map((object) => ({ kind: 'put', object })),
  );
  id += 1;
  for (const [name, resources] of pipeline.run(snapshot, new Map()).resources) {
    if (published.get(name) === resources) continue;
    published.set(name, resources);
    ads.publish(name, { id, resources });
  }
}

function collect(): void {
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  }
}

const calls: { readonly [N in keyof ServerCalls]: (input: never) => unknown } = {
  async listen(port: number) {
    turn(worldObjects());
    delays.enable();
    const identify = (call: { metadata: { get(key: string): readonly unknown[] } }): string =>
      `bench/${String(call.metadata.get('gateway')[0])}`;
    const [first] = pipeline.run(snapshot, new Map()).resources.values();
    const resourcesEach = [...(first?.values() ?? [])].reduce((sum, { size }) => sum + size, 0);
    return { port: await ads.listenTcp({ identify, port }), resourcesEach };
  },
  memory() {
    collect();
    const { heapUsed, external, rss } = process.memoryUsage();
    return { heap: heapUsed + external, resident: rss };
  },
  effort() {
    const { user, system } = process.cpuUsage(cpuBefore);
    cpuBefore = process.cpuUsage();
    const delayMs = delays.max / 1e6;
    delays.reset();
    return { cpuMs: (user + system) / 1_000, delayMs };
  },
  async settled(count: number) {
    for (;;) {
      let done = 0;
      for (let index = 0; index < gateways; index += 1)
        if (ads.acknowledged(`bench/${gatewayOf(index)}`) !== undefined) done += 1;
      if (done === gateways && connected === count) return { at: wallMs() };
      await delay(20);
    }
  },
  changeRoute(round: number) {
    const at = wallMs();
    const [g, other] = [gatewayOf(0), (round % 2) + 1];
    turn(route({ routename: `${g}-0`, servicename: `s-${g}-${other}`, gatename: g }));
    return { at };
  },
  changeEndpoints(round: number) {
    const at = wallMs();
    turn(
      Array.from({ length: gateways }, (_, index) =>
        service({ servicename: `s-${gatewayOf(index)}-1`, 9999: 10_000 + round }),
      ).flat(),
    );
    return { at };
  },
};

answerCalls(calls);
