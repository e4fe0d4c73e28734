import type { Registry } from 'prom-client';
import type { AdminViews } from '../admin/server.ts';
import type { AnyObject } from '../snapshot/object.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { dumpResources } from '../xds/dump.ts';
import type { Finding } from './findings.ts';
import type { Standalone } from './standalone.ts';

/** The object as it may be shown: of a Secret only the names of what it holds. */
function redact(object: AnyObject): unknown {
  if (object.kind !== 'Secret') return object;
  const data = Object.fromEntries(Object.keys(object.data ?? {}).map((key) => [key, '[redacted]']));
  return { apiVersion: object.apiVersion, kind: object.kind, metadata: object.metadata, type: object.type, data };
}

function dumpSnapshot(snapshot: Snapshot | undefined): unknown {
  if (snapshot === undefined) return [];
  return Object.values(snapshot.collections).flatMap((collection: ReadonlyMap<string, AnyObject>) =>
    [...collection.values()].map(redact),
  );
}

/** What the admin port of a run shows. */
export function adminViews(standalone: Standalone, registry: Registry, findings: () => readonly Finding[]): AdminViews {
  return {
    registry,
    async readiness() {
      const waitingFor = await standalone.waitingFor();
      return { ready: waitingFor.length === 0, waitingFor };
    },
    dumps: {
      '/dump/snapshot': () => dumpSnapshot(standalone.state()?.snapshot),
      '/dump/ir': () => standalone.state()?.translation.ir ?? { gateways: [] },
      '/dump/xds': (query) => {
        const wanted = query.get('gateway');
        const all = [...(standalone.state()?.resources ?? [])].filter(([name]) => wanted === null || name === wanted);
        return Object.fromEntries(all.map(([name, resources]) => [name, dumpResources(resources)]));
      },
      '/proxies': () => ({ discovery: standalone.proxies(), envoys: standalone.envoys() }),
      '/statuses': () => standalone.state()?.translation.statuses ?? [],
      '/findings': () => findings(),
    },
  };
}
