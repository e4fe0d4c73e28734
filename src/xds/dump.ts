import { fromBinary, isMessage, toJson, type JsonValue, type Message } from '@bufbuild/protobuf';
import { SecretSchema, type Secret } from '../../gen/envoy/envoy/extensions/transport_sockets/tls/v3/secret_pb.js';
import type { AdsResource } from '../ads/resource.ts';
import { compareStrings } from '../lib/order.ts';
import type { ResourcesByType } from './build-resources.ts';
import { envoyRegistry } from './registry.ts';

const redacted = { specifier: { case: 'inlineString', value: '[redacted]' } } as const;

/** Covers everything of a secret that is not public; what stays is what its peers see anyway. */
function redact(secret: Secret): void {
  switch (secret.type.case) {
    case 'tlsCertificate':
      if (secret.type.value.privateKey !== undefined) secret.type.value.privateKey.specifier = redacted.specifier;
      return;
    case 'validationContext':
      return;
    default:
      secret.type = { case: undefined };
  }
}

/** The message of a resource as Envoy reads it, private keys covered. */
function decodeResource(resource: Pick<AdsResource, 'typeUrl' | 'body'>): Message {
  const name = resource.typeUrl.slice(resource.typeUrl.lastIndexOf('/') + 1);
  const schema = envoyRegistry.getMessage(name);
  if (schema === undefined) throw new Error(`the registry does not know ${name}`);
  const message = fromBinary(schema, resource.body);
  if (isMessage(message, SecretSchema)) redact(message);
  return message;
}

/** The resource in protobuf's JSON, as Envoy's own dumps show it, private keys covered. */
export function dumpResource(resource: Pick<AdsResource, 'typeUrl' | 'body'>): JsonValue {
  const message = decodeResource(resource);
  const schema = envoyRegistry.getMessage(message.$typeName);
  if (schema === undefined) throw new Error(`the registry does not know ${message.$typeName}`);
  return toJson(schema, message, { registry: envoyRegistry, useProtoFieldName: true });
}

/** All resources by type, such as `envoy.config.cluster.v3.Cluster`, then by name, both sorted. Empty types are left out. */
export function dumpResources(resources: ResourcesByType): { [type: string]: { [name: string]: JsonValue } } {
  const types = [...resources].filter(([, byName]) => byName.size > 0).sort(([a], [b]) => compareStrings(a, b));
  return Object.fromEntries(
    types.map(([type, byName]) => [
      type.slice(type.lastIndexOf('/') + 1),
      Object.fromEntries(
        [...byName.values()]
          .sort((a, b) => compareStrings(a.name, b.name))
          .map((resource) => [resource.name, dumpResource(resource)]),
      ),
    ]),
  );
}
