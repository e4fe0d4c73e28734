import type { Sensitive } from '../lib/sensitive.ts';
import type { Origin, SecretName } from './name.ts';

/** What a proxy gets by SDS. PEM texts; a private key only inside Sensitive. */
export type TlsSecret =
  | {
      readonly kind: 'Certificate';
      readonly name: SecretName;
      readonly origin: Origin;
      readonly chain: string;
      readonly key: Sensitive;
    }
  | { readonly kind: 'CaBundle'; readonly name: SecretName; readonly origin: Origin; readonly bundle: string };
