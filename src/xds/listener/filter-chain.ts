import type {
  FilterChainSchema,
  FilterSchema,
} from '../../../gen/envoy/envoy/config/listener/v3/listener_components_pb.js';
import { ConfigSchema } from '../../../gen/envoy/envoy/extensions/filters/network/set_filter_state/v3/set_filter_state_pb.js';
import type { TerminatingChain } from '../../ir/listener.ts';
import type { SectionName } from '../../ir/name.ts';
import { duration, packAny, type Init } from '../proto.ts';
import { literal } from '../route/header-modification.ts';
import { sectionStateKey } from '../route/section.ts';
import { downstreamTlsSocket } from './downstream-tls.ts';
import { edgeSettings } from './edge-settings.ts';
import { httpConnectionManager } from './http-connection-manager.ts';

/** Notes which section the connection came in by; the routes of its table compare it. */
function noteSection(section: SectionName): Init<typeof FilterSchema> {
  const config = packAny(ConfigSchema, {
    onNewConnection: [
      {
        key: { case: 'objectKey', value: sectionStateKey },
        factoryKey: 'envoy.string',
        value: { case: 'formatString', value: { format: { case: 'textFormat', value: literal(section) } } },
        readOnly: true,
      },
    ],
  });
  return { name: 'envoy.filters.network.set_filter_state', configType: { case: 'typedConfig', value: config } };
}

/** A chain for one server name; without one it takes every connection that no other chain does. */
export function buildFilterChain(chain: TerminatingChain): Init<typeof FilterChainSchema> {
  return {
    name: chain.name,
    filterChainMatch: chain.serverName === undefined ? {} : { serverNames: [chain.serverName] },
    transportSocket: downstreamTlsSocket(chain),
    transportSocketConnectTimeout: duration(edgeSettings.tlsHandshakeTimeoutMs.value),
    filters: [noteSection(chain.section), httpConnectionManager(chain.routeTable, 'https')],
  };
}
