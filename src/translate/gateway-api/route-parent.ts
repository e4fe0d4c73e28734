import type { ParentReference } from '../../../gen/kubernetes/types.ts';
import { gatewayName } from '../../ir/name.ts';
import { refOf } from '../../snapshot/object.ts';
import type { Read } from '../../snapshot/view.ts';
import type { Loss } from '../translation.ts';
import { gatewayGroup } from './allowed-routes.ts';
import { wantedScopeOf } from './default-gateway.ts';
import type { GatewayTranslation } from './gateway.ts';
import { gatewayAsParent, type ListenerParent } from './listener-parent.ts';
import { matchParent, type ParentMatch, type ParentSources, resolveParent } from './parent-ref.ts';
import type { AnyRoute } from './route-kind.ts';
import type { ParentProblem } from './route-status.ts';

/** Only what a parentRef can hold, in a fixed order, so that equal references are written alike. */
function normalizeParentRef({ group, kind, namespace, name, sectionName, port }: ParentReference): ParentReference {
  return {
    group: group ?? gatewayGroup,
    kind: kind ?? 'Gateway',
    ...(namespace === undefined ? {} : { namespace }),
    name,
    ...(sectionName === undefined ? {} : { sectionName }),
    ...(port === undefined ? {} : { port }),
  };
}

/** What the parentRefs of a route lead to. */
export interface RouteParents {
  readonly matched: readonly { readonly parentRef: ParentReference; readonly match: ParentMatch }[];
  readonly losses: readonly Loss[];
  readonly problems: readonly ParentProblem[];
}

interface Findings {
  readonly matched: { readonly parentRef: ParentReference; readonly match: ParentMatch }[];
  readonly losses: Loss[];
  readonly problems: ParentProblem[];
}

function attach(
  read: Read<ParentSources>,
  route: AnyRoute,
  parentRef: ParentReference,
  parent: ListenerParent,
  { field, severity }: Pick<ParentProblem, 'field' | 'severity'>,
  findings: Findings,
): void {
  const match = matchParent(read, route, parentRef, parent);
  findings.matched.push({ parentRef, match });
  findings.losses.push(
    ...match.losses.map((loss) => ({ object: refOf(route), gateway: match.parent.gateway, ...loss })),
  );
  if (match.problem !== undefined) findings.problems.push({ field, problem: match.problem, severity });
}

/** Whether a route names the Gateway itself, and so need not be told of it once more. */
function names({ matched }: Findings, gateway: GatewayTranslation): boolean {
  return matched.some(
    ({ parentRef, match }) =>
      match.parent.gateway === gateway.name &&
      parentRef.kind === 'Gateway' &&
      parentRef.sectionName === undefined &&
      parentRef.port === undefined,
  );
}

/** Attaches a route to the default Gateways that it asks for, as if it named them (GEP-3793). */
function attachToDefaults(read: Read<ParentSources>, route: AnyRoute, findings: Findings): void {
  const scope = wantedScopeOf(route);
  if (scope === undefined) return;
  const field = 'spec.useDefaultGateways';
  const gateways = read('defaultGateways', scope) ?? [];
  for (const gateway of gateways) {
    if (names(findings, gateway)) continue;
    const { namespace, name } = gateway.gateway;
    const parentRef = { group: gatewayGroup, kind: 'Gateway', namespace, name };
    attach(read, route, parentRef, gatewayAsParent(gateway), { field, severity: 'warning' }, findings);
  }
  if (gateways.length > 0) return;
  const problem = { reason: 'NoMatchingParent', message: `No Gateway has defaultScope ${scope}.` };
  findings.losses.push({ object: refOf(route), ...problem });
  findings.problems.push({ field, problem, severity: 'warning' });
}

/** Follows all parentRefs of a route, and its wish for default Gateways; those of other controllers are passed over. */
export function resolveParents(read: Read<ParentSources>, route: AnyRoute): RouteParents {
  const object = refOf(route);
  const findings: Findings = { matched: [], losses: [], problems: [] };
  (route.spec.parentRefs ?? []).forEach((written, index) => {
    const field = `spec.parentRefs[${index}]`;
    const parentRef = normalizeParentRef(written);
    const parent = resolveParent(read, parentRef, object.namespace);
    if (parent.kind === 'Foreign') return;
    if (parent.kind === 'Found') {
      attach(read, route, parentRef, parent.parent, { field, severity: 'error' }, findings);
      return;
    }
    const { kind, namespace = object.namespace, name } = parentRef;
    const gateway = kind === 'Gateway' ? { gateway: gatewayName(namespace, name) } : {};
    findings.losses.push({ object, ...gateway, ...parent.problem });
    findings.problems.push({ field, problem: parent.problem, severity: 'warning' });
  });
  attachToDefaults(read, route, findings);
  return findings;
}
