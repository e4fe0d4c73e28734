import { describe, expect, it } from 'vitest';
import { translateYaml } from '../../../test/explain/fixture.ts';

const gateway = `kind: Gateway
metadata: {name: gw, namespace: default}
spec:
  gatewayClassName: sallyport
  listeners: [{name: one, port: 80, protocol: HTTP}, {name: two, port: 81, protocol: HTTP, hostname: "*.b.test"}]`;

interface Wanted {
  readonly kind: 'HTTPRoute' | 'GRPCRoute';
  readonly name: string;
  readonly hostnames?: string;
  readonly created?: string;
  readonly parentRefs?: string;
}

function routeYaml({ kind, name, hostnames = '[a.test]', created, parentRefs = '[{name: gw}]' }: Wanted): string {
  const time = created === undefined ? '' : `, creationTimestamp: "2026-01-0${created}T00:00:00Z"`;
  return `kind: ${kind}
metadata: {name: ${name}, namespace: default${time}}
spec: {parentRefs: ${parentRefs}, hostnames: ${hostnames}, rules: [{}]}`;
}

/** `Kind name: Accepted` of every parent of every route. */
function accepted(...routes: readonly Wanted[]): readonly string[] {
  const { statuses } = translateYaml([gateway, ...routes.map(routeYaml)].join('\n---\n'));
  return statuses
    .filter(({ ref }) => ref.kind.endsWith('Route'))
    .flatMap(({ ref, status }) => {
      const { parents } = status as { parents: { conditions: { type: string; status: string; reason: string }[] }[] };
      return parents.map(({ conditions }) => {
        const condition = conditions.find(({ type }) => type === 'Accepted');
        return `${ref.kind} ${ref.name} ${condition?.status} ${condition?.reason}`;
      });
    });
}

// GRPCRouteSpec.hostnames: of two routes of different kinds exactly one is accepted.
describe('HTTPRoutes and GRPCRoutes at one hostname', () => {
  it('lets the older one have it', () => {
    expect(
      accepted({ kind: 'HTTPRoute', name: 'a', created: '2' }, { kind: 'GRPCRoute', name: 'b', created: '1' }),
    ).toEqual(['GRPCRoute b True Accepted', 'HTTPRoute a False HostnameConflict']);
  });

  it('lets the first by name have it where both are of one age', () => {
    expect(accepted({ kind: 'HTTPRoute', name: 'b' }, { kind: 'GRPCRoute', name: 'c' })).toEqual([
      'GRPCRoute c False HostnameConflict',
      'HTTPRoute b True Accepted',
    ]);
  });

  it('accepts routes of one kind, and what only a refused route would meet', () => {
    expect(
      accepted(
        { kind: 'HTTPRoute', name: 'a', hostnames: '["*.test"]' },
        { kind: 'HTTPRoute', name: 'b' },
        { kind: 'GRPCRoute', name: 'c', hostnames: '[a.test, x.example]' },
        { kind: 'HTTPRoute', name: 'd', hostnames: '[x.example]' },
      ),
    ).toEqual([
      'GRPCRoute c False HostnameConflict',
      'HTTPRoute a True Accepted',
      'HTTPRoute b True Accepted',
      'HTTPRoute d True Accepted',
    ]);
  });

  it('accepts a route that one listener still takes', () => {
    const web: Wanted = { kind: 'HTTPRoute', name: 'a', hostnames: '[x.b.test]', parentRefs: '[{name: gw, port: 80}]' };
    const both: Wanted = { kind: 'GRPCRoute', name: 'b', hostnames: '["*.b.test"]' };
    expect(accepted(web, both)).toEqual(['GRPCRoute b True Accepted', 'HTTPRoute a True Accepted']);
    const first: Wanted = { ...both, parentRefs: '[{name: gw, sectionName: one}]' };
    expect(accepted(web, first)).toEqual(['GRPCRoute b False HostnameConflict', 'HTTPRoute a True Accepted']);
  });
});
