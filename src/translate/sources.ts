import type { View } from '../snapshot/view.ts';
import type { GatewayTranslation } from './gateway-api/gateway.ts';

/** What the steps look things up in: the objects, and the Gateways as far as they are translated by themselves. */
export type TranslationSources = View & { readonly gateways: ReadonlyMap<string, GatewayTranslation> };
