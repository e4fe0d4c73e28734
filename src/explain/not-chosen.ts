import type { Origin, SectionName } from '../ir/name.ts';
import type { GatewayIr, Listener } from '../ir/ir.ts';
import type { IngressListener } from '../ir/listener.ts';
import type { Route, RouteTable } from '../ir/route.ts';
import { describeRef, objectKey } from '../snapshot/object.ts';
import type { Loss } from '../translate/translation.ts';
import { describeMismatches, describePrecedence } from './describe-match.ts';
import type { ServedHost } from './domain.ts';
import type { NotChosen } from './explanation.ts';
import { compareRequest, type RoutableRequest } from './match.ts';
import type { HttpRequest } from './request.ts';

/** The name people know an object by. An origin is `Kind/namespace/name`. */
export function objectName(origin: Origin): string {
  return origin.slice(origin.indexOf('/') + 1);
}

function loserOf({ origin, name, rule, ruleName }: Route, why: string): NotChosen {
  return {
    kind: 'Rule',
    name: objectName(origin),
    origin,
    route: name,
    rule,
    ...(ruleName !== undefined && { ruleName }),
    why,
  };
}

interface Candidate {
  readonly loser: NotChosen;
  /** How many parts are not met; 0 where only precedence decides. */
  readonly misses: number;
}

/** One entry for each rule, of its matches the one that came closest; what came closest first. */
function closest(candidates: readonly Candidate[]): readonly NotChosen[] {
  const byRule = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const key = `${candidate.loser.origin} ${candidate.loser.rule}`;
    const known = byRule.get(key);
    if (known === undefined || candidate.misses < known.misses) byRule.set(key, candidate);
  }
  return [...byRule.values()].toSorted((a, b) => a.misses - b.misses).map(({ loser }) => loser);
}

/** Why a route that matches as well is tried later (HTTPRouteRule.matches, and decisions/0004). */
function whyBehind(winner: Route, loser: Route): string {
  const why = describePrecedence(winner.match, loser.match);
  if (why !== undefined) return why;
  if (winner.origin === loser.origin) return 'the other rule ranks alike and comes first';
  return `${objectName(winner.origin)} ranks alike and is older, or first by name`;
}

/** The rules of the virtual host that serves, without the chosen one's rule. */
function rulesOfHost(routes: readonly Route[], chosen: Route | undefined, request: RoutableRequest): Candidate[] {
  const candidates: Candidate[] = [];
  for (const route of routes) {
    if (route.origin === chosen?.origin && route.rule === chosen.rule) continue;
    const mismatches = compareRequest(route.match, request);
    const behind = chosen === undefined ? '' : whyBehind(chosen, route);
    const why = mismatches.length > 0 ? describeMismatches(mismatches) : behind;
    candidates.push({ loser: loserOf(route, why), misses: mismatches.length });
  }
  return candidates;
}

/** Rules of less specific hosts that the request would meet, were the host not served by the first. */
function rulesOfOtherHosts(hosts: readonly ServedHost[], request: RoutableRequest): Candidate[] {
  const [serving, ...others] = hosts;
  if (serving === undefined) return [];
  return others.flatMap(({ virtualHost, domain }) =>
    virtualHost.routes
      .filter((route) => compareRequest(route.match, request).length === 0)
      .map((route) => {
        const why = `host ${serving.domain} is more specific than ${domain}`;
        return { loser: loserOf(route, why), misses: 0 };
      }),
  );
}

/** Hosts of a section, as its listener has it: the widest of its domains is its own. */
function sectionHosts(table: RouteTable): ReadonlyMap<SectionName, string> {
  const hosts = new Map<SectionName, string>();
  for (const { section, domains } of table.virtualHosts) {
    for (const domain of domains) {
      const known = hosts.get(section);
      if (known === undefined || domain.length < known.length) hosts.set(section, domain);
    }
  }
  return hosts;
}

/** Sections of the port that do not take the host. */
export function sectionsNotChosen(
  table: RouteTable,
  listener: IngressListener,
  taken: SectionName | undefined,
  host: string,
): readonly NotChosen[] {
  return [...sectionHosts(table)]
    .filter(([section]) => section !== taken)
    .map(([section, hostname]) => ({
      kind: 'Listener',
      name: section,
      why: `its hostname ${hostname} on port ${listener.port} is not the most specific for ${host}`,
    }));
}

/** Chains of a listener that do not take a server name. */
export function chainsNotChosen(listener: IngressListener, { sni }: HttpRequest): readonly NotChosen[] {
  if (listener.kind !== 'Tls') return [];
  return listener.chains.map(({ section, serverName = '*' }) => ({
    kind: 'Listener',
    name: section,
    why: `it takes server name ${serverName}, not ${sni ?? 'connections without one'}`,
  }));
}

/** All rules that compete for a request on the hosts that it falls under. */
export function rulesNotChosen(
  hosts: readonly ServedHost[],
  chosen: Route | undefined,
  request: RoutableRequest,
): readonly NotChosen[] {
  const own = hosts[0]?.virtualHost.routes ?? [];
  return [...closest(rulesOfHost(own, chosen, request)), ...closest(rulesOfOtherHosts(hosts, request))];
}

function serves(listener: Listener, table: RouteTable): boolean {
  if (listener.kind === 'Http') return listener.routeTable === table.name;
  return (
    listener.kind === 'Tls' &&
    listener.chains.some((chain) => chain.kind === 'Terminate' && chain.routeTable === table.name)
  );
}

/** The objects that decide where the connections of a listener go that nobody reads HTTP from. */
function streamOrigins(listener: Listener): readonly Origin[] {
  switch (listener.kind) {
    case 'Tcp':
    case 'Udp':
      return listener.forward === undefined ? [] : [listener.forward.origin];
    case 'Tls':
      return listener.chains.flatMap((chain) => ('forward' in chain ? [chain.forward.origin] : []));
    default:
      return [];
  }
}

/** Objects whose routes a Gateway serves at some listener. */
function attachedTo(gateway: GatewayIr): ReadonlySet<string> {
  const hosts = gateway.routeTables.flatMap((table) => table.virtualHosts);
  const streams = gateway.listeners.flatMap(streamOrigins);
  return new Set([...hosts.flatMap(({ routes }) => routes.map(({ origin }) => origin)), ...streams]);
}

function describeLoss({ object, listener, port, message }: Loss): NotChosen {
  if (port !== undefined && listener !== undefined) {
    return { kind: 'Listener', name: listener, why: `does not serve: ${message}` };
  }
  const where = listener === undefined ? '' : ` to listener ${listener}`;
  return { kind: 'Attachment', name: describeRef(object), why: `not attached${where}: ${message}` };
}

/**
 * Listeners of the port that do not serve, and objects that do not attach to the Gateway. An object that is attached
 * elsewhere counts only where one of the port's listeners refuses it, not where it asks for another one.
 */
export function lossesOf(losses: readonly Loss[], gateway: GatewayIr, port: number): readonly NotChosen[] {
  const attached = attachedTo(gateway);
  const sections = new Set<string>(
    gateway.routeTables
      .filter((table) => gateway.listeners.some((entry) => entry.port === port && serves(entry, table)))
      .flatMap((table) => table.virtualHosts.map((host) => host.section)),
  );
  const asks = ({ object, listener, reason }: Loss): boolean => {
    if (!attached.has(objectKey(object))) return true;
    return listener !== undefined && sections.has(listener) && reason === 'NotAllowedByListeners';
  };
  return losses
    .filter((loss) => loss.gateway === undefined || loss.gateway === gateway.name)
    .filter((loss) => (loss.port === undefined ? asks(loss) : loss.port === port))
    .map(describeLoss);
}
