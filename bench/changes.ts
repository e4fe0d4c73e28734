import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startLoadBackend } from '../test/load/backend.ts';
import { startTraffic, trafficKinds } from '../test/load/traffic.ts';
import { startControlPlane } from './control-plane.ts';
import { freePort } from './free-port.ts';
import { printTable } from './table.ts';
import { gatewayText, hostOf, routeText, serviceText } from './world.ts';

const changes = 1_000;
const staying = Array.from({ length: 20 }, (_, index) => `stay${index}`);

/** 1,000 routes made, changed and deleted under 500 requests a second of all kinds to routes that stay. */
export async function benchChanges(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  mkdirSync(join(folder, 'routes'));
  const backend = await startLoadBackend();
  const port = await freePort();
  const put = (name: string, text: string) => {
    writeFileSync(join(folder, '.aside'), text);
    renameSync(join(folder, '.aside'), join(folder, name));
  };
  try {
    put('base.yaml', [gatewayText(port), serviceText('a', backend.port), serviceText('b', backend.port)].join('---\n'));
    for (const name of staying) put(`routes/${name}.yaml`, routeText(name, 'a'));
    const controlPlane = await startControlPlane(folder, await freePort());
    try {
      const traffic = startTraffic({ port, hosts: staying.map(hostOf), perSecond: 500 });
      for (let index = 0; index < changes; index++) {
        const name = `r${Math.floor(index / 3)}`;
        if (index % 3 === 0) put(`routes/${name}.yaml`, routeText(name, 'a'));
        else if (index % 3 === 1) put(`routes/${name}.yaml`, routeText(name, 'b'));
        else rmSync(join(folder, `routes/${name}.yaml`));
        await delay(20);
      }
      const { sent, failures } = await traffic.stop();
      const rows = [['kind', 'sent', 'failed']];
      for (const kind of trafficKinds) {
        rows.push([kind, String(sent[kind]), String(failures.filter((failure) => failure.kind === kind).length)]);
      }
      printTable(`${changes} changes of routes under traffic`, rows);
      for (const failure of failures.slice(0, 5)) console.log(failure);
    } finally {
      await controlPlane.stop();
    }
  } finally {
    backend.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
