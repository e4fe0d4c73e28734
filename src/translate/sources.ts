import type { GatewayName } from '../ir/name.ts';
import type { View } from '../snapshot/view.ts';
import type { GatewayTranslation } from './gateway-api/gateway.ts';
import type { Section } from './section.ts';

/** What the steps look things up in: the objects, and the Gateways as far as they are translated by themselves. */
export type TranslationSources = View & {
  readonly gateways: ReadonlyMap<GatewayName, GatewayTranslation>;
  /** The sections that Ingresses add to Gateways, by Gateway, port and hostname. */
  readonly ingressSections: ReadonlyMap<string, Section>;
};
