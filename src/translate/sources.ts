import type { GatewayName } from '../ir/name.ts';
import type { View } from '../snapshot/view.ts';
import type { DefaultScope } from './gateway-api/default-gateway.ts';
import type { GatewayTranslation } from './gateway-api/gateway.ts';
import type { ListenerSetTranslation } from './gateway-api/listener-set.ts';
import type { Section } from './section.ts';

/** What is translated by itself, for other objects to look up. */
// A type, not an interface: only types can be looked up by name as the memo does.
type TranslatedSources = {
  readonly gateways: ReadonlyMap<GatewayName, GatewayTranslation>;
  /** Those of them that routes attach to without naming them. */
  readonly defaultGateways: ReadonlyMap<DefaultScope, readonly GatewayTranslation[]>;
  /** The ListenerSets of these Gateways, by `namespace/name`. */
  readonly listenerSets: ReadonlyMap<string, ListenerSetTranslation>;
  /** The sections that ListenerSets add to Gateways, by Gateway, port and hostname; empty where there is no Ingress. */
  readonly listenerSetSections: ReadonlyMap<string, Section>;
  /** The sections that Ingresses add to Gateways, by Gateway, port and hostname. */
  readonly ingressSections: ReadonlyMap<string, Section>;
};

/** What the steps look things up in: the objects, and those that are translated by themselves. */
export type TranslationSources = View & TranslatedSources;

export const nothingTranslated: TranslatedSources = {
  gateways: new Map(),
  defaultGateways: new Map(),
  listenerSets: new Map(),
  listenerSetSections: new Map(),
  ingressSections: new Map(),
};
