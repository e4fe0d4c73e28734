import { setTimeout as delay } from 'node:timers/promises';
import { ask, percentile } from '../probe.ts';
import { printTable } from '../table.ts';
import { hostOf } from '../world.ts';
import { load, ms } from './figures.ts';
import { type Bench, onSite, type Site, sized } from './site.ts';
import { endpointObjects, endpointSliceObject, plainServiceObject, routeObjects, routeTo } from './world.ts';

const mostRoutes = 3_000;
const samples = 100;
const name = 'moving';

/** Asks each millisecond until the answer is as wanted; milliseconds from `start` to then. */
async function until(site: Site, status: number, start: number): Promise<number> {
  while ((await ask(site.agent, 80, hostOf(name), site.address)) !== status) {
    if (performance.now() - start > 60_000) throw new Error(`no ${status} within a minute`);
    await delay(1);
  }
  return performance.now() - start;
}

/** The endpoints of a Service become ready and unready: until requests reach it, and are told that there is none. */
export async function benchEndpoints(bench: Bench): Promise<void> {
  const times = { ready: [] as number[], unready: [] as number[] };
  const routes = sized(mostRoutes, bench);
  await onSite(bench, async (site) => {
    const { api, namespace, backends } = site;
    const slice = endpointSliceObject(namespace, name, backends);
    await api.createAll(routeObjects(site, 0, routes));
    await api.createAll([plainServiceObject(namespace, name), slice, routeTo(site, name, name)]);
    await site.served([name, routes - 1]);
    await site.quiet();
    for (let index = 0; index < samples; index++) {
      for (const ready of [false, true]) {
        const start = performance.now();
        const patched = api.patch(slice, { endpoints: endpointObjects(backends, ready) });
        times[ready ? 'ready' : 'unready'].push(await until(site, ready ? 200 : 503, start));
        await patched;
        await delay(50);
      }
    }
  });
  const row = (what: 'ready' | 'unready') => [
    what,
    ms(percentile(times[what], 0.5)),
    ms(percentile(times[what], 0.99)),
    load(),
  ];
  printTable(`Endpoints, with ${routes} routes there`, [
    ['becomes', 'p50', 'p99', 'load'],
    row('ready'),
    row('unready'),
  ]);
}
