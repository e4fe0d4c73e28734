import { SecretSchema } from '../../../gen/envoy/envoy/extensions/transport_sockets/tls/v3/secret_pb.js';
import { secretType } from '../../ads/type-url.ts';
import type { TlsSecret } from '../../ir/secret.ts';
import { unreachable } from '../../lib/never.ts';
import { encodedResource } from '../encoded.ts';
import { encode, type OneOf } from '../proto.ts';
import type { XdsResource } from '../resource.ts';

function inline(value: string) {
  return { specifier: { case: 'inlineString', value } } as const;
}

function secretValue(secret: TlsSecret): OneOf<typeof SecretSchema, 'type'> {
  switch (secret.kind) {
    case 'Certificate':
      return {
        case: 'tlsCertificate',
        // The only place where a key is taken out of its wrapping: the bytes go to the proxies of its Gateway alone.
        value: { certificateChain: inline(secret.chain), privateKey: inline(secret.key.reveal()) },
      };
    case 'CaBundle':
      return { case: 'validationContext', value: { trustedCa: inline(secret.bundle) } };
    default:
      return unreachable(secret);
  }
}

/** A certificate with its key, or the authorities that certificates are checked against. */
export function buildSecret(secret: TlsSecret): XdsResource {
  const bytes = encode(SecretSchema, { name: secret.name, type: secretValue(secret) });
  return encodedResource(secretType, secret.name, bytes, [secret.origin], []);
}
