import type { FilterChainSchema } from '../../../gen/envoy/envoy/config/listener/v3/listener_components_pb.js';
import { ListenerSchema } from '../../../gen/envoy/envoy/config/listener/v3/listener_pb.js';
import { DownstreamTlsContextSchema } from '../../../gen/envoy/envoy/extensions/transport_sockets/tls/v3/tls_pb.js';
import { listenerType, secretType } from '../../ads/type-url.ts';
import type { EgressListener, EgressUpstream, ForwardProxyListener, ServerNameListener } from '../../ir/egress.ts';
import type { Origin } from '../../ir/name.ts';
import type { IdentityCache } from '../../lib/identity-cache.ts';
import { unreachable } from '../../lib/never.ts';
import { sdsSecret } from '../config-source.ts';
import { encodedResource } from '../encoded.ts';
import { edgeSettings } from '../listener/edge-settings.ts';
import type { XdsOptions } from '../options.ts';
import { duration, encode, packAny, type Init } from '../proto.ts';
import type { XdsResource } from '../resource.ts';
import { tlsParameters } from '../tls-parameters.ts';
import { egressLog, serverNameLogFields } from './access-log.ts';
import { egressConnectionManager, forwardUpstreams } from './http-connection-manager.ts';
import { buildIdentities } from './identity.ts';
import { createKept, settingsKey } from './kept.ts';
import { buildRateLimits } from './rate-limit.ts';
import { buildEgressRouteTable, type KeepHost } from './route-table.ts';
import { buildServerNameRules, serverNameChains } from './server-name.ts';
import { buildTunnelCluster, buildTunnelListener, tlsInspector, type Tunnel, tunnelOf } from './tunnel.ts';
import { buildUpstream } from './upstream.ts';
import { boundListener } from '../listener/bound.ts';

function forwardProxyChain(listener: ForwardProxyListener): Init<typeof FilterChainSchema> {
  const filters = [egressConnectionManager(listener)];
  if (listener.certificates.length === 0) return { name: 'http', filters };
  const context = packAny(DownstreamTlsContextSchema, {
    commonTlsContext: {
      tlsParams: tlsParameters,
      alpnProtocols: ['h2', 'http/1.1'],
      tlsCertificateSdsSecretConfigs: listener.certificates.map(sdsSecret),
    },
  });
  return {
    name: 'https',
    filters,
    transportSocket: { name: 'envoy.transport_sockets.tls', configType: { case: 'typedConfig', value: context } },
    transportSocketConnectTimeout: duration(edgeSettings.tlsHandshakeTimeoutMs.value),
  };
}

function tunnelsOf(listener: ForwardProxyListener): readonly Tunnel[] {
  const byName = new Map<string, Tunnel>();
  for (const { port, routes } of listener.targets) {
    for (const { action } of routes) {
      if (port === 'Default' || action.kind !== 'Tunnel' || !action.checkServerName) continue;
      const tunnel = tunnelOf(listener.name, port, action.upstream);
      byName.set(tunnel.name, tunnel);
    }
  }
  return [...byName.values()];
}

/** The objects whose routes leave by an upstream. */
function originsOf(listener: ForwardProxyListener, upstream: EgressUpstream): readonly Origin[] {
  const origins = new Set<Origin>();
  for (const { routes } of listener.targets) {
    for (const { action, origin } of routes) {
      if (action.kind !== 'Refuse' && action.upstream.name === upstream.name) origins.add(origin);
    }
  }
  return [...origins].sort();
}

/** Everything of a forward proxy but who its callers are. */
function buildForwardProxy(
  listener: ForwardProxyListener,
  options: XdsOptions,
  keepHost: KeepHost,
): readonly XdsResource[] {
  const { name, resolver, longestTunnelMs } = listener;
  const requires = listener.certificates.map((certificate) => ({ typeUrl: secretType, name: certificate }));
  const bytes = encode(ListenerSchema, { ...boundListener(listener), filterChains: [forwardProxyChain(listener)] });
  return [
    ...forwardUpstreams(listener).map((upstream) =>
      buildUpstream(upstream, resolver, originsOf(listener, upstream), options),
    ),
    ...tunnelsOf(listener).flatMap((tunnel) => {
      const origins = originsOf(listener, tunnel.upstream);
      return [buildTunnelListener(tunnel, resolver, longestTunnelMs, origins), buildTunnelCluster(tunnel, origins)];
    }),
    buildRateLimits(name, listener.targets),
    buildEgressRouteTable(listener, keepHost),
    encodedResource(listenerType, name, bytes, listener.origins, requires),
  ];
}

function buildServerNameListener(listener: ServerNameListener, options: XdsOptions): readonly XdsResource[] {
  const { name, resolver, origins } = listener;
  const upstreams = new Map(
    [listener.upstream, ...listener.chains.map((chain) => chain.upstream)].map((it) => [it.name, it]),
  );
  const bytes = encode(ListenerSchema, {
    ...boundListener(listener),
    listenerFilters: [tlsInspector],
    listenerFiltersTimeout: duration(edgeSettings.listenerFiltersTimeoutMs.value),
    filterChains: serverNameChains(listener),
    // What no chain takes, as plain text, leaves a line too.
    accessLog: [
      {
        ...egressLog(serverNameLogFields),
        filter: { filterSpecifier: { case: 'responseFlagFilter', value: { flags: ['NR'] } } },
      },
    ],
  });
  return [
    ...[...upstreams.values()].map((upstream) => buildUpstream(upstream, resolver, origins, options)),
    ...buildServerNameRules(listener),
    encodedResource(listenerType, name, bytes, origins, []),
  ];
}

/** Builds all resources of an egress listener: what it needs, then itself. */
export type EgressBuilder = (listener: EgressListener) => readonly XdsResource[];

/** A builder that does again only what a change touches: for other callers, nothing but the table of callers. */
export function createEgressBuilder(options: XdsOptions, cache: IdentityCache): EgressBuilder {
  const keepHost: KeepHost = createKept(cache);
  const keepProxy = createKept<readonly XdsResource[]>(cache);
  return (listener) => {
    switch (listener.kind) {
      case 'ForwardProxy':
        return [
          ...buildIdentities(listener.name, listener.callers),
          ...keepProxy(listener.targets, settingsKey(listener), () => buildForwardProxy(listener, options, keepHost)),
        ];
      case 'ServerName':
        return buildServerNameListener(listener, options);
      default:
        return unreachable(listener);
    }
  };
}
