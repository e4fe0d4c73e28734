import { waitFor } from '../../test/cluster/run.ts';
import { printTable } from '../table.ts';
import { load, mib, ms } from './figures.ts';
import { countsOf, isReady, replicaObject, replicaPods } from './replicas.ts';
import { type Bench, onSite, sized } from './site.ts';
import { routeObjects } from './world.ts';

const mostRoutes = 5_000;
const rounds = 3;

/** A replica that starts with 5,000 routes there: until it is ready, from the start of its process. */
export async function benchColdStart(bench: Bench): Promise<void> {
  const rows = [['round', 'time to ready', 'CPU', 'resident', 'heap', 'load']];
  const routes = sized(mostRoutes, bench);
  await onSite(bench, async (site) => {
    const { api, kubeconfig } = site;
    await api.createAll(routeObjects(site, 0, routes));
    await site.served([routes - 1]);
    await site.quiet();
    for (let round = 1; round <= rounds; round++) {
      const before = await replicaPods(api);
      // A follower: what it has to read and to make is what a leader has.
      await api.remove(replicaObject(before.at(-1) ?? ''));
      const fresh = await waitFor('a new replica', 120, async () => {
        const names = await replicaPods(api);
        return names.find((name) => !before.includes(name));
      });
      const readyAt = await waitFor(`${fresh} to be ready`, 300, async () =>
        (await isReady(kubeconfig, fresh)) ? Date.now() : undefined,
      );
      const counts = await countsOf(kubeconfig, fresh);
      rows.push([
        String(round),
        ms(readyAt - counts.startedAtMs),
        ms(counts.cpuMs),
        mib(counts.residentMiB),
        mib(counts.heapMiB),
        load(),
      ]);
      await waitFor('both replicas', 120, async () => ((await replicaPods(api)).length === 2 ? true : undefined));
    }
  });
  printTable(`A replica that starts with ${routes} routes there`, rows);
}
