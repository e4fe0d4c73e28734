import type { Cluster, EndpointSet } from '../../src/ir/cluster.ts';
import type { Front } from '../../src/ir/front.ts';
import { listenerName, routeTableName } from '../../src/ir/name.ts';
import type { Route } from '../../src/ir/route.ts';
import { createMemo } from '../../src/lib/memo.ts';
import { buildResources } from '../../src/xds/build-resources.ts';
import { debianOptions } from '../../src/xds/options.ts';
import { gateway, table, virtualHost } from '../fixture/ir.ts';
import { freePort, startEnvoy, type EnvoyUnderTest } from './envoy-under-test.ts';
import { send, type Reply, type Sent } from './request.ts';

export interface HttpGateway {
  readonly envoy: EnvoyUnderTest;
  readonly port: number;
  /** A GET to the host `a.test`, or what `rest` says. */
  get(path: string, rest?: Partial<Sent>): Promise<Reply>;
  stop(): Promise<void>;
}

/** An Envoy with one plain HTTP listener that serves the hosts. */
export async function startHttpGateway(parts: {
  readonly hosts: Readonly<Record<string, readonly Route[]>>;
  readonly clusters: readonly Cluster[];
  readonly endpoints: readonly EndpointSet[];
  readonly front?: Front;
}): Promise<HttpGateway> {
  const port = await freePort();
  const ir = gateway({
    listeners: [
      {
        kind: 'Http',
        name: listenerName('http', '127.0.0.1', 80),
        bind: { address: '127.0.0.1', port },
        port: 80,
        routeTable: routeTableName('http', 80),
        ...(parts.front === undefined ? {} : { front: parts.front }),
        origins: [],
      },
    ],
    routeTables: [table(Object.entries(parts.hosts).map(([domain, routes]) => virtualHost(domain, routes)))],
    clusters: parts.clusters,
    endpoints: parts.endpoints,
  });
  const envoy = await startEnvoy(buildResources(createMemo(), debianOptions, ir));
  try {
    await envoy.listening(port);
  } catch (error) {
    await envoy.stop();
    throw error;
  }
  return {
    envoy,
    port,
    get: (path, rest = {}) => send({ port, path, host: 'a.test', ...rest }),
    stop: () => envoy.stop(),
  };
}
