import type { ListenerSchema } from '../../../gen/envoy/envoy/config/listener/v3/listener_pb.js';
import { SocketAddress_Protocol } from '../../../gen/envoy/envoy/config/core/v3/address_pb.js';
import type { Bind } from '../../ir/listener.ts';
import type { ListenerName } from '../../ir/name.ts';
import type { Init } from '../proto.ts';
import { edgeSettings } from './edge-settings.ts';

interface Bound {
  readonly name: ListenerName;
  readonly bind: Bind;
}

/** What every listener has: its name, its socket, and how much it holds for a connection. */
export function boundListener({ name, bind }: Bound, transport: 'TCP' | 'UDP' = 'TCP'): Init<typeof ListenerSchema> {
  const socketAddress = {
    protocol: SocketAddress_Protocol[transport],
    address: bind.address,
    portSpecifier: { case: 'portValue', value: bind.port },
    // An IPv6 wildcard address takes IPv4 clients too.
    ipv4Compat: bind.address === '::',
  } as const;
  return {
    name,
    address: { address: { case: 'socketAddress', value: socketAddress } },
    perConnectionBufferLimitBytes: edgeSettings.perConnectionBufferLimit.value,
  };
}
