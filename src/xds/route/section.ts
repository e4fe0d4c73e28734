import { RouteMatchSchema, RouteSchema } from '../../../gen/envoy/envoy/config/route/v3/route_components_pb.js';
import type { SectionName } from '../../ir/name.ts';
import { encode, type Init } from '../proto.ts';
import { delimited } from '../wire.ts';
import { exactString } from './match.ts';

/** The filter state that a filter chain leaves its section's name in. */
export const sectionStateKey = 'sallyport.section';

function ownSection(section: SectionName): Init<typeof RouteMatchSchema> {
  return { filterState: [{ key: sectionStateKey, matcher: { case: 'stringMatch', value: exactString(section) } }] };
}

/** What makes a route's bytes hold for one section only: put behind them, it is merged into the route's match. */
export function sectionCondition(section: SectionName): Uint8Array {
  return delimited(RouteSchema.field.match.number, encode(RouteMatchSchema, ownSection(section)));
}

/**
 * The end of a virtual host on a port whose sections are told apart: no route for the host is 404 for a connection
 * that came in by its section, and 421 for one that came by another, so that the client connects anew by the right one.
 */
export function sectionFallbacks(section: SectionName): readonly Uint8Array[] {
  const everyPath: Init<typeof RouteMatchSchema> = { pathSpecifier: { case: 'prefix', value: '/' } };
  const notFound: Init<typeof RouteSchema> = {
    name: 'no-route',
    match: { ...everyPath, ...ownSection(section) },
    action: { case: 'directResponse', value: { status: 404 } },
  };
  const misdirected: Init<typeof RouteSchema> = {
    name: 'misdirected',
    match: everyPath,
    action: { case: 'directResponse', value: { status: 421 } },
  };
  return [encode(RouteSchema, notFound), encode(RouteSchema, misdirected)];
}
