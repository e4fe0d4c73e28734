import { printTable } from '../table.ts';
import { load, mib, ms } from './figures.ts';
import { difference } from './replicas.ts';
import { type Bench, onSite, sized } from './site.ts';
import { routeObjects } from './world.ts';

const most = 1_000;
const rounds = 3;

/** 1,000 routes made at once: until the last is served, and what is written for them. */
export async function benchBurst(bench: Bench): Promise<void> {
  const rows = [
    ['round', 'made', 'last served', 'CPU leader', 'CPU follower', 'turns', 'writes for routes', 'others', 'load'],
  ];
  const routes = sized(most, bench);
  await onSite(bench, async (site) => {
    for (let round = 0; round < rounds; round++) {
      const objects = routeObjects(site, round * routes, (round + 1) * routes);
      await site.quiet();
      const before = await site.counts();
      const start = performance.now();
      await site.api.createAll(objects, 64);
      const made = performance.now() - start;
      await site.served(objects.map((_, index) => round * routes + index));
      const served = performance.now() - start;
      await site.quiet();
      const { leader, follower } = difference(before, await site.counts());
      rows.push([
        `${round + 1}, after ${(round * routes).toLocaleString('en')}`,
        ms(made),
        ms(served),
        ms(leader.cpuMs),
        ms(follower?.cpuMs ?? 0),
        String(leader.turns),
        String(leader.routeStatusWrites),
        String(leader.statusWrites - leader.routeStatusWrites),
        load(),
      ]);
      rows.push(['resident', mib(leader.residentMiB), mib(follower?.residentMiB)]);
    }
  });
  printTable(`${routes} routes created at once`, rows);
}
