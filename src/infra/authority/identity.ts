/** One Gateway for its whole life: a Gateway made anew under the same name is another one. */
export interface GatewayIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** The URI in the certificate of a Gateway's proxies, by which the discovery server knows them. */
export function identityUri({ namespace, name, uid }: GatewayIdentity): string {
  return `sallyport://gateways/${namespace}/${name}/${uid}`;
}

// The whole of the names in the certificate, so that a second one can't change what the first one says.
const pattern = /^URI:sallyport:\/\/gateways\/(?<namespace>[a-z0-9-]+)\/(?<name>[a-z0-9.-]+)\/(?<uid>[A-Za-z0-9-]+)$/;

/**
 * The Gateway that a certificate was issued to, by its subject alternative names as Node writes them; undefined where
 * they are anything but one such URI.
 */
export function parseIdentity(subjectAltName: string | undefined): GatewayIdentity | undefined {
  const { namespace, name, uid } = pattern.exec(subjectAltName ?? '')?.groups ?? {};
  return namespace === undefined || name === undefined || uid === undefined ? undefined : { namespace, name, uid };
}

/** The URI in the certificate of a replica of the controller that runs in this namespace. */
export function replicaUri(controllerNamespace: string): string {
  return `sallyport://controllers/${controllerNamespace}`;
}

/** Whether a certificate is that of a replica, by its subject alternative names as Node writes them. */
export function isReplica(subjectAltName: string | undefined, controllerNamespace: string): boolean {
  return subjectAltName === `URI:${replicaUri(controllerNamespace)}`;
}
