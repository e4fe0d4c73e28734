import { waitFor } from '../../test/cluster/run.ts';
import { ask } from '../probe.ts';
import { printTable } from '../table.ts';
import { hostOf } from '../world.ts';
import { load, mib } from './figures.ts';
import { inspecting } from './inspector.ts';
import { type Bench, onSite, sized } from './site.ts';
import { gatewayApi, routeObject } from './world.ts';

const waves = 20;
const mostPerWave = 500;

/** 10,000 routes made and deleted in waves: memory, after a forced collection, must not grow with what is gone. */
export async function benchChurn(bench: Bench): Promise<void> {
  const rows = [['wave', 'leader heap', 'leader resident', 'follower heap', 'follower resident', 'load']];
  const perWave = sized(mostPerWave, bench);
  await onSite(bench, (site) =>
    inspecting(site.kubeconfig, site.api, async (inspectors) => {
      const { api, namespace, agent, address } = site;
      for (let wave = 1; wave <= waves; wave++) {
        const names = Array.from({ length: perWave }, (_, index) => `${wave}x${index}`);
        const objects = names.map((name) => routeObject(site, name));
        await api.createAll(objects);
        await site.served(names);
        await api.removeAll({ apiVersion: gatewayApi, kind: 'HTTPRoute' }, namespace);
        for (const name of [names[0], names.at(-1)]) {
          const gone = async () => ((await ask(agent, 80, hostOf(name ?? ''), address)) === 404 ? true : undefined);
          await waitFor(`the end of route ${name}`, 120, gone);
        }
        await site.quiet();
        for (const inspector of inspectors) await inspector.collectGarbage();
        const { leader, follower } = await site.counts();
        rows.push([
          String(wave),
          mib(leader.heapMiB),
          mib(leader.residentMiB),
          mib(follower?.heapMiB),
          mib(follower?.residentMiB),
          load(),
        ]);
      }
    }),
  );
  printTable(`${waves} waves of ${perWave} routes created and deleted`, rows);
}
