import type { GatewayTemplateSpec } from '../../gen/kubernetes/types.ts';
import type { Front } from '../ir/front.ts';
import type { IngressListener } from '../ir/listener.ts';

/** What a Gateway's template says of the proxies in front of it; undefined where there are none. */
export function frontOf({ proxyProtocol = false, trustedHops = 0 }: GatewayTemplateSpec): Front | undefined {
  return proxyProtocol || trustedHops > 0 ? { proxyProtocol, trustedHops } : undefined;
}

/** The listener as it stands behind those proxies. Datagrams have no place for what a proxy would say. */
export function putBehind(listener: IngressListener, proxyProtocol: boolean, trustedHops: number): IngressListener {
  return listener.kind === 'Udp' ? listener : { ...listener, front: { proxyProtocol, trustedHops } };
}
