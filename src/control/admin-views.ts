import type { Registry } from 'prom-client';
import type { AdminViews } from '../admin/server.ts';
import { type AnyObject, type Kind, kindTable, type ObjectRef } from '../snapshot/object.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { dumpResources } from '../xds/dump.ts';
import type { Finding } from './findings.ts';
import type { HostedEnvoy } from '../infra/host/host.ts';
import type { ProxyState } from '../ads/proxy-state.ts';
import type { ControlState } from './controller.ts';
import type { ObjectLiveness } from './liveness.ts';

/** What the views are of: the control plane of a host or of a cluster. */
export interface Viewed {
  state(): ControlState | undefined;
  proxies(): readonly ProxyState[];
  /** Envoys that are processes of this host. */
  envoys?(): readonly HostedEnvoy[];
  waitingFor(): Promise<readonly string[]>;
  liveness(ref: ObjectRef, state: ControlState): ObjectLiveness;
  /** Whether this replica is the one that writes; there is no other where it is absent. */
  leading?(): boolean;
}

function refFrom(query: URLSearchParams): ObjectRef | undefined {
  const kind = query.get('kind') ?? '';
  if (!Object.hasOwn(kindTable, kind)) return undefined;
  // Just seen to be one.
  return { kind: kind as Kind, namespace: query.get('namespace') ?? '', name: query.get('name') ?? '' };
}

/** The object as it may be shown: of a Secret only the names of what it holds, as an annotation may repeat all of it. */
function redact(object: AnyObject): unknown {
  if (object.kind !== 'Secret') return object;
  const data = Object.fromEntries(Object.keys(object.data ?? {}).map((key) => [key, '[redacted]']));
  const { annotations: _, ...metadata } = object.metadata;
  return { apiVersion: object.apiVersion, kind: object.kind, metadata, type: object.type, data };
}

function dumpSnapshot(snapshot: Snapshot | undefined): unknown {
  if (snapshot === undefined) return [];
  return Object.values(snapshot.collections).flatMap((collection: ReadonlyMap<string, AnyObject>) =>
    [...collection.values()].map(redact),
  );
}

/** What the admin port of a run shows. */
export function adminViews(viewed: Viewed, registry: Registry, findings: () => readonly Finding[]): AdminViews {
  return {
    registry,
    async readiness() {
      const waitingFor = await viewed.waitingFor();
      return { ready: waitingFor.length === 0, waitingFor };
    },
    dumps: {
      '/dump/snapshot': () => dumpSnapshot(viewed.state()?.snapshot),
      '/dump/ir': () => viewed.state()?.translation.ir ?? { gateways: [] },
      '/dump/xds': (query) => {
        const wanted = query.get('gateway');
        const all = [...(viewed.state()?.resources ?? [])].filter(([name]) => wanted === null || name === wanted);
        return Object.fromEntries(all.map(([name, resources]) => [name, dumpResources(resources)]));
      },
      '/proxies': () => ({ discovery: viewed.proxies(), envoys: viewed.envoys?.() }),
      '/statuses': (query) => {
        const kind = query.get('kind');
        return (viewed.state()?.translation.statuses ?? []).filter(({ ref }) => kind === null || ref.kind === kind);
      },
      '/replica': () => ({ leading: viewed.leading?.() ?? true }),
      '/live': (query) => {
        const ref = refFrom(query);
        const state = viewed.state();
        return ref === undefined || state === undefined
          ? { error: 'nothing is read yet' }
          : viewed.liveness(ref, state);
      },
      '/findings': () => findings(),
    },
  };
}
