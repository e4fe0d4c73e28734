import { setTimeout as delay } from 'node:timers/promises';
import { printTable } from '../table.ts';
import { countFailed, load, mib } from './figures.ts';
import { difference } from './replicas.ts';
import { endpointObjects, endpointSliceObject, plainServiceObject, routeSpec, routeTo } from './world.ts';
import { forAll, type KubeObject } from './api.ts';
import { type Bench, onSite, type Site, sized } from './site.ts';

const mostNamespaces = 50;
const routesEach = 100;
const servicesEach = 5;
const seconds = 60;
const perSecond = 100;
/** Requests under way: what an API server that is slower than wished for gets at most. */
const atATime = 32;

interface Spread {
  readonly routes: readonly KubeObject[];
  readonly slices: readonly KubeObject[];
}

/** Namespaces with Services, whose endpoints are written by hand, and routes to them. */
async function makeSpread(site: Site, namespaces: number): Promise<Spread> {
  const names = Array.from({ length: namespaces }, (_, index) => `${site.namespace}-${index}`);
  const services = names.flatMap((namespace) =>
    Array.from({ length: servicesEach }, (_, index) => ({ namespace, name: `m${index}` })),
  );
  const slices = services.map(({ namespace, name }) => endpointSliceObject(namespace, name, site.backends));
  const routes = names.flatMap((namespace, at) =>
    Array.from({ length: routesEach }, (_, index) => {
      const place = { namespace, gatewayNamespace: site.namespace };
      return routeTo(place, at * routesEach + index, `m${index % servicesEach}`);
    }),
  );
  await site.addNamespaces(names);
  await site.api.createAll(services.map(({ namespace, name }) => plainServiceObject(namespace, name)));
  await site.api.createAll([...slices, ...routes]);
  return { routes, slices };
}

/** So many a second for a while, whether or not the server keeps up; resolves with how many it took. */
async function atRate(change: (index: number) => Promise<void>): Promise<number> {
  const started = performance.now();
  let done = 0;
  await forAll(
    Array.from({ length: seconds * perSecond }, (_, index) => index),
    atATime,
    async (index) => {
      const early = (index / perSecond) * 1000 - (performance.now() - started);
      if (early > 0) await delay(early);
      // Whoever comes too late is left out: the rate is not made up for.
      if (performance.now() - started > seconds * 1000) return;
      await change(index);
      done += 1;
    },
  );
  return done;
}

/** 5,000 routes, of which 100 change in a second, while the endpoints of 100 Services do, under traffic. */
export async function benchSteady(bench: Bench): Promise<void> {
  const rows: (readonly string[])[] = [];
  const namespaces = sized(mostNamespaces, bench);
  await onSite(bench, async (site) => {
    const { api } = site;
    const { routes, slices } = await makeSpread(site, namespaces);
    const last = routes.length - 1;
    await site.served([0, last]);
    await site.quiet();
    const before = await site.counts();
    const traffic = site.traffic(
      Array.from({ length: 20 }, (_, index) => index * 7),
      100,
    );
    const [changedRoutes, changedEndpoints] = await Promise.all([
      atRate(async (index) => {
        const at = (index * 7) % routes.length;
        const spec = routeSpec(site.namespace, at, `m${at % servicesEach}`, String(index));
        const route = routes[at];
        if (route !== undefined) await api.patch(route, { spec });
      }),
      atRate(async (index) => {
        const slice = slices[(index * 3) % slices.length];
        const one = site.backends[index % site.backends.length] ?? '';
        const used = index % 3 === 0 ? site.backends : [one];
        if (slice !== undefined) await api.patch(slice, { endpoints: endpointObjects(used) });
      }),
    ]);
    const report = await traffic.stop();
    const { failed, late } = countFailed(report);
    const { leader, follower } = difference(before, await site.counts());
    const both = (of: (counts: typeof leader) => string) => [of(leader), follower === undefined ? '' : of(follower)];
    rows.push(
      ['', 'leader', 'follower'],
      ['CPU of a core', ...both(({ cpuMs }) => `${((cpuMs / seconds / 1000) * 100).toFixed(0)} %`)],
      ['CPU a change', ...both(({ cpuMs }) => `${(cpuMs / (changedRoutes + changedEndpoints)).toFixed(1)} ms`)],
      ['resident before', mib(before.leader.residentMiB), mib(before.follower?.residentMiB)],
      ['resident after', ...both(({ residentMiB }) => mib(residentMiB))],
      ['turns', ...both(({ turns }) => String(turns))],
      ['status writes', ...both(({ statusWrites }) => String(statusWrites))],
      ['changes of routes', String(changedRoutes)],
      ['changes of endpoints', String(changedEndpoints)],
      ['requests', String(Object.values(report.sent).reduce((sum, count) => sum + count, 0))],
      ['failed', String(failed)],
      ['late', String(late)],
      ['load', load()],
    );
  });
  printTable(`${namespaces * routesEach} routes in ${namespaces} namespaces, ${seconds} s of changes`, rows);
}
