import type { Ingress, IngressPath, IngressRule } from '../../../gen/kubernetes/types.ts';
import { noHeaderModification } from '../../ir/filter.ts';
import type { PathMatch } from '../../ir/match.ts';
import { originOf, routeName, type Origin } from '../../ir/name.ts';
import type { Route } from '../../ir/route.ts';
import { compareStrings } from '../../lib/order.ts';
import type { Diagnostic } from '../../snapshot/diagnostic.ts';
import { objectKey, refOf, type ObjectRef } from '../../snapshot/object.ts';
import type { Read } from '../../snapshot/view.ts';
import type { ClusterRequest, Precedence } from '../attachment.ts';
import { translateIngressBackend } from './backend.ts';
import type { TlsRequest } from './certificate.ts';
import { labelsOf, parseIngressHost } from './host.ts';
import { parseIngressPath } from './path.ts';

/** The routes of one host, `*` for rules without one, in the order of the object. */
export interface HostRoutes {
  readonly hostname: string;
  readonly routes: readonly Route[];
}

/** All that one Ingress asks for, whichever Gateway serves it. */
export interface IngressTranslation {
  readonly ref: ObjectRef;
  readonly origin: Origin;
  readonly precedence: Precedence;
  readonly hosts: readonly HostRoutes[];
  /** What takes the requests that no path of this Ingress matches. */
  readonly defaultRoute?: Route;
  /** Absent without spec.tls. */
  readonly tls?: TlsRequest;
  readonly clusters: readonly ClusterRequest[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Gathers what the rules of one Ingress come to. It lives for one translation only. */
interface Draft {
  readonly read: Read;
  readonly ref: ObjectRef;
  readonly origin: Origin;
  readonly clusters: Map<string, ClusterRequest>;
  readonly diagnostics: Diagnostic[];
}

function report(draft: Draft, severity: Diagnostic['severity'], reason: string, message: string, field: string): void {
  draft.diagnostics.push({ severity, reason, message, object: draft.ref, field });
}

interface RoutePlace {
  readonly rule: number;
  readonly ruleName?: string;
  readonly position: number;
  readonly field: string;
  readonly path: PathMatch;
  readonly hostLabels?: number;
}

function translateRoute(draft: Draft, backend: IngressPath['backend'], place: RoutePlace): Route {
  const { rule, ruleName, position, field, path, hostLabels } = place;
  const translated = translateIngressBackend(draft.read, draft.ref.namespace, backend);
  if (translated.cluster !== undefined) draft.clusters.set(translated.cluster.name, translated.cluster);
  if (translated.problem !== undefined) {
    report(draft, 'error', translated.problem.reason, translated.problem.message, field);
  }
  return {
    name: routeName(draft.origin, ruleName ?? rule, position),
    origin: draft.origin,
    rule,
    ...(ruleName === undefined ? {} : { ruleName }),
    match: { path, headers: [], queryParams: [], ...(hostLabels === undefined ? {} : { hostLabels }) },
    action: translated.action,
    requestHeaders: noHeaderModification,
    responseHeaders: noHeaderModification,
  };
}

function translateRule(draft: Draft, rule: IngressRule, index: number, hostname: string): readonly Route[] {
  const hostLabels = labelsOf(hostname);
  const routes: Route[] = [];
  for (const [position, entry] of (rule.http?.paths ?? []).entries()) {
    const field = `spec.rules[${index}].http.paths[${position}]`;
    const path = parseIngressPath(entry.pathType, entry.path);
    if (!path.ok) {
      report(draft, 'error', 'InvalidPath', `${path.error}. This path is not served.`, `${field}.path`);
      continue;
    }
    const place = { rule: index, position, field: `${field}.backend`, path: path.value };
    routes.push(translateRoute(draft, entry.backend, hostLabels === undefined ? place : { ...place, hostLabels }));
  }
  return routes;
}

/** Rules by host. A rule without paths still makes its host known, for the default backend. */
function translateRules(draft: Draft, ingress: Ingress): readonly HostRoutes[] {
  const byHost = new Map<string, Route[]>();
  for (const [index, rule] of (ingress.spec?.rules ?? []).entries()) {
    const hostname = parseIngressHost(rule.host);
    if (!hostname.ok) {
      report(draft, 'error', 'InvalidHost', `${hostname.error}. This rule is not served.`, `spec.rules[${index}].host`);
      continue;
    }
    if (rule.http === undefined && ingress.spec?.defaultBackend === undefined) {
      const message = 'The rule has no paths and the Ingress no default backend: its requests are answered 404.';
      report(draft, 'warning', 'NoBackend', message, `spec.rules[${index}]`);
    }
    const routes = translateRule(draft, rule, index, hostname.value);
    const known = byHost.get(hostname.value);
    if (known === undefined) byHost.set(hostname.value, [...routes]);
    else known.push(...routes);
  }
  return [...byHost].map(([hostname, routes]) => ({ hostname, routes }));
}

function translateDefault(draft: Draft, ingress: Ingress): Route | undefined {
  const backend = ingress.spec?.defaultBackend;
  if (backend === undefined) {
    if ((ingress.spec?.rules ?? []).length === 0) {
      report(draft, 'error', 'NoBackend', 'An Ingress needs rules or a default backend.', 'spec');
    }
    return undefined;
  }
  return translateRoute(draft, backend, {
    rule: ingress.spec?.rules?.length ?? 0,
    ruleName: 'defaultBackend',
    position: 0,
    field: 'spec.defaultBackend',
    path: { kind: 'Prefix', value: '/' },
  });
}

function requestTls(
  ingress: Ingress,
  ref: ObjectRef,
  createdAt: string,
  hosts: readonly HostRoutes[],
): TlsRequest | undefined {
  const { tls } = ingress.spec;
  if (tls === undefined || tls.length === 0) return undefined;
  return {
    namespace: ref.namespace,
    name: ref.name,
    createdAt,
    tls: JSON.stringify(tls),
    hosts: JSON.stringify(hosts.map((host) => host.hostname)),
  };
}

/** Translates one Ingress by itself: what it wants, before it is known where that can be attached. */
export function translateIngress(read: Read, ingress: Ingress): IngressTranslation {
  const ref = refOf(ingress);
  const origin = originOf(objectKey(ref));
  const draft: Draft = { read, ref, origin, clusters: new Map(), diagnostics: [] };
  const hosts = translateRules(draft, ingress);
  const defaultRoute = translateDefault(draft, ingress);
  const createdAt = ingress.metadata.creationTimestamp ?? '';
  const tls = requestTls(ingress, ref, createdAt, hosts);
  return {
    ref,
    origin,
    precedence: { createdAt, object: `${ref.namespace}/${ref.name}` },
    hosts,
    ...(defaultRoute === undefined ? {} : { defaultRoute }),
    ...(tls === undefined ? {} : { tls }),
    clusters: [...draft.clusters.values()].sort((a, b) => compareStrings(a.name, b.name)),
    diagnostics: draft.diagnostics,
  };
}
