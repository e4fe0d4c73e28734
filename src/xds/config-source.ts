import { ApiVersion, type ConfigSourceSchema } from '../../gen/envoy/envoy/config/core/v3/config_source_pb.js';
import type { SdsSecretConfigSchema } from '../../gen/envoy/envoy/extensions/transport_sockets/tls/v3/secret_pb.js';
import type { SecretName } from '../ir/name.ts';
import { duration, type Init } from './proto.ts';

/** How long a resource over the one stream is waited for before its user starts without it; 0: for ever. */
export function adsSource(initialFetchTimeoutMs: number): Init<typeof ConfigSourceSchema> {
  return {
    configSourceSpecifier: { case: 'ads', value: {} },
    resourceApiVersion: ApiVersion.V3,
    initialFetchTimeout: duration(initialFetchTimeoutMs),
  };
}

/** Endpoints and secrets: one that never comes must not hold up the other changes of a proxy for longer. */
export const dependencyFetchTimeoutMs = 5_000;

/** A secret by SDS over the same stream. */
export function sdsSecret(name: SecretName): Init<typeof SdsSecretConfigSchema> {
  return { name, sdsConfig: adsSource(dependencyFetchTimeoutMs) };
}
