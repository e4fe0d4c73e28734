import { setTimeout as delay } from 'node:timers/promises';
import { percentile, untilServed } from '../probe.ts';
import { printTable } from '../table.ts';
import { hostOf } from '../world.ts';
import { countFailed, type Failed, load, median, mib, ms } from './figures.ts';
import { profiling } from './inspector.ts';
import { type Counts, difference } from './replicas.ts';
import { type Bench, onSite, type Site, sized } from './site.ts';
import { routeObject, routeObjects } from './world.ts';

/**
 * Envoy Gateway 1.9.0 on a cluster of npm run cluster:up, measured in the same way on a machine of the same kind with
 * nothing else running (2026-11-24): by how many routes were there.
 */
const peer: { readonly [routes: number]: { readonly p50: number; readonly cpu: number } } = {
  0: { p50: 43, cpu: 15 },
  1_000: { p50: 298, cpu: 183 },
  3_000: { p50: 889, cpu: 563 },
};

const rounds = 3;
const samples = 50;
const staying = Array.from({ length: 20 }, (_, index) => index);

interface Round {
  readonly times: readonly number[];
  /** Of the request that makes the route: no control plane has a part in it. */
  readonly posts: readonly number[];
  readonly leader: Counts;
  readonly follower: Counts | undefined;
}

/** Routes made one at a time, each asked for every millisecond from the moment its request is sent. */
async function measureRound(site: Site, label: string): Promise<Round> {
  const before = await site.counts();
  const times: number[] = [];
  const posts: number[] = [];
  for (let index = 0; index < samples; index++) {
    const name = `${label}x${index}`;
    const start = performance.now();
    const made = site.api.create(routeObject(site, name)).then(() => posts.push(performance.now() - start));
    times.push(await untilServed(site.agent, 80, hostOf(name), start, site.address));
    await made;
    await delay(100);
  }
  return { times, posts, ...difference(before, await site.counts()) };
}

function rowOf(routes: number, measured: readonly Round[], { failed, late }: Failed): readonly string[] {
  const over = (of: (round: Round) => number) => median(measured.map(of));
  const p50 = over(({ times }) => percentile(times, 0.5));
  const cpu = over(({ leader, follower }) => (leader.cpuMs + (follower?.cpuMs ?? 0)) / samples);
  const last = measured.at(-1);
  const known = peer[routes];
  return [
    routes.toLocaleString('en'),
    ms(p50),
    ms(over(({ times }) => percentile(times, 0.99))),
    ms(over(({ posts }) => percentile(posts, 0.5))),
    known === undefined ? '' : (p50 / known.p50).toFixed(3),
    ms(over(({ leader }) => leader.cpuMs / samples)),
    last?.follower === undefined ? '' : ms(over(({ follower }) => (follower?.cpuMs ?? 0) / samples)),
    known === undefined ? '' : (cpu / known.cpu).toFixed(3),
    ms(over(({ leader }) => leader.turnMs / samples)),
    `${mib(last?.leader.residentMiB)}, ${mib(last?.follower?.residentMiB)}`,
    String(failed),
    String(late),
    load(),
  ];
}

/** From an HTTPRoute that is created to the first 200, beside what Envoy Gateway took on such a cluster. */
export async function benchPropagation(bench: Bench, sizes: readonly number[]): Promise<void> {
  const rows: (readonly string[])[] = [
    ['routes', 'p50', 'p99', 'of it POST', 'to Envoy Gateway', 'CPU leader', 'CPU follower', 'to Envoy Gateway'].concat(
      ['turns', 'resident', 'failed', 'late', 'load'],
    ),
  ];
  await onSite(bench, async (site) => {
    await site.api.createAll(routeObjects(site, 0, staying.length));
    let there = staying.length;
    for (const routes of sizes.map((size) => (size === 0 ? 0 : sized(size, bench)))) {
      await site.api.createAll(routeObjects(site, there, Math.max(there, routes)));
      there = Math.max(there, routes);
      await site.served([...staying, there - 1]);
      await site.quiet();
      const traffic = site.traffic(staying, 50);
      const measured: Round[] = [];
      for (let round = 0; round < rounds; round++) measured.push(await measureRound(site, `${routes}x${round}`));
      if (site.profiles !== undefined) await profiling(site, `${routes}`, () => measureRound(site, `${routes}p`));
      rows.push(rowOf(routes, measured, countFailed(await traffic.stop())));
    }
  });
  printTable('From an HTTPRoute that is created to the first 200', rows);
}
