import type { Section } from '../section.ts';
import { isNamespaceAllowed } from '../gateway-api/allowed-routes.ts';
import type { GatewayTranslation } from '../gateway-api/gateway.ts';
import type { ListenerTranslation } from '../gateway-api/listener.ts';
import type { Read } from '../../snapshot/view.ts';
import { coversHostname } from '../ownership.ts';

function takesNamespace(read: Read, gateway: GatewayTranslation, listener: ListenerTranslation, from: string): boolean {
  // allowedRoutes.kinds is about Routes only and says nothing of Ingresses.
  return isNamespaceAllowed(read, listener.namespaces, gateway.gateway.namespace, from);
}

/** The ports that serve HTTPS, also where no listener of them has a certificate of its own. */
export function httpsPorts(gateway: GatewayTranslation): readonly number[] {
  if (gateway.addresses.length === 0) return [];
  const https = gateway.listeners.filter((listener) => listener.accepted && listener.protocol === 'HTTPS');
  return [...new Set(https.map((listener) => listener.port))].sort((a, b) => a - b);
}

/** Whether a listener of the port takes this host from this namespace, so that an Ingress may bring a certificate. */
export function permitsHost(
  read: Read,
  gateway: GatewayTranslation,
  port: number,
  hostname: string,
  namespace: string,
): boolean {
  return gateway.listeners.some(
    (listener) =>
      listener.accepted &&
      listener.port === port &&
      listener.protocol === 'HTTPS' &&
      coversHostname(listener.hostname, hostname) &&
      takesNamespace(read, gateway, listener, namespace),
  );
}

/** Whether the section of a listener takes what comes from this namespace. */
export function permitsNamespace(
  read: Read,
  gateway: GatewayTranslation,
  section: Section,
  namespace: string,
): boolean {
  const listener = gateway.listeners.find((candidate) => candidate.section === section);
  return listener !== undefined && takesNamespace(read, gateway, listener, namespace);
}
