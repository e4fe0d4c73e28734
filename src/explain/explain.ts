import type { GatewayIr } from '../ir/ir.ts';
import { noHeaderModification } from '../ir/filter.ts';
import type { TerminatingChain } from '../ir/listener.ts';
import type { Route, RouteTable } from '../ir/route.ts';
import type { Translation } from '../translate/translation.ts';
import { explainAction } from './action.ts';
import { admitRequest } from './arrival.ts';
import { findVirtualHosts } from './domain.ts';
import type { ExplainedChain, ExplainedRoute, Explanation, Outcome } from './explanation.ts';
import { compareRequest, type RoutableRequest } from './match.ts';
import { chainsNotChosen, lossesOf, rulesNotChosen, sectionsNotChosen } from './not-chosen.ts';
import type { HttpRequest } from './request.ts';
import { type ConnectionListener, enterListener, findListener } from './socket.ts';

/** What explanations are made from. */
export type Explainable = Pick<Translation, 'ir' | 'losses'>;

export interface ExplainOptions {
  /** `namespace/name` of the only Gateway to ask. */
  readonly gateway?: string;
}

function chainOf({ name, serverName, certificates, clientValidation }: TerminatingChain): ExplainedChain {
  const modes = { AllowValidOnly: 'Required', AllowInsecureFallback: 'Optional' } as const;
  return {
    name,
    ...(serverName !== undefined && { serverName }),
    certificates,
    clientCertificate: clientValidation === undefined ? 'NotAsked' : modes[clientValidation.mode],
  };
}

function routeOf({ name, origin, rule, ruleName, match, externalAuth }: Route): ExplainedRoute {
  return {
    name,
    origin,
    rule,
    ...(ruleName !== undefined && { ruleName }),
    match,
    ...(externalAuth !== undefined && { externalAuth }),
  };
}

interface Routed {
  readonly outcome: Outcome;
  readonly rest: Pick<Explanation, 'section' | 'virtualHost' | 'route' | 'notChosen'>;
}

interface Routing {
  readonly gateway: GatewayIr;
  readonly listener: ConnectionListener;
  readonly table: RouteTable;
  readonly chain: TerminatingChain | undefined;
  readonly scheme: 'http' | 'https';
  readonly authority: string;
  readonly request: RoutableRequest;
}

function routeRequest(routing: Routing): Routed {
  const { gateway, listener, table, chain, request, authority, scheme } = routing;
  const hosts = findVirtualHosts(table, request.host);
  const [serving] = hosts;
  if (serving === undefined) {
    const why = `no listener on port ${listener.port} takes host ${request.host}`;
    const notChosen = sectionsNotChosen(table, listener, undefined, request.host);
    return { outcome: { kind: 'NoRoute', status: 404, why }, rest: { notChosen } };
  }
  const { virtualHost, domain } = serving;
  const { section } = virtualHost;
  const sections = sectionsNotChosen(table, listener, section, request.host);
  const base = { section, virtualHost: { name: virtualHost.name, domain } };
  if (table.bySection && chain !== undefined && chain.section !== section) {
    const why = `host ${request.host} belongs to listener ${section}, the connection came in by ${chain.section}`;
    return { outcome: { kind: 'Misdirected', status: 421, section, why }, rest: { ...base, notChosen: sections } };
  }
  const chosen = virtualHost.routes.find((route) => compareRequest(route.match, request).length === 0);
  const notChosen = [...rulesNotChosen(hosts, chosen, request), ...sections];
  if (chosen === undefined) {
    const why = virtualHost.routes.length === 0 ? `no route is attached at ${domain}` : `no rule at ${domain} matches`;
    return { outcome: { kind: 'NoRoute', status: 404, why }, rest: { ...base, notChosen } };
  }
  const outcome = explainAction(chosen, { gateway, request, authority, scheme });
  return { outcome, rest: { ...base, route: routeOf(chosen), notChosen } };
}

function explainAt(gateway: GatewayIr, listener: ConnectionListener, sent: HttpRequest): Explanation {
  const { name, bind, port } = listener;
  const base = { request: sent, gateway: gateway.name, listener: { name, bind, port } };
  const entry = enterListener(gateway, listener, sent);
  if (entry.kind === 'Stream') return { ...base, outcome: entry, notChosen: [] };
  const chain = entry.chain === undefined ? {} : { chain: chainOf(entry.chain) };
  if (entry.kind === 'TlsRefused') {
    const notChosen = entry.chain === undefined && sent.scheme === 'https' ? chainsNotChosen(listener, sent) : [];
    return { ...base, ...chain, outcome: { kind: 'TlsRefused', why: entry.why }, notChosen };
  }
  const arrival = admitRequest(sent);
  const responseHeaders = noHeaderModification;
  switch (arrival.kind) {
    case 'Refused': {
      const { status, why } = arrival;
      return { ...base, ...chain, outcome: { kind: 'DirectResponse', status, why, responseHeaders }, notChosen: [] };
    }
    case 'Redirected': {
      const { status, location } = arrival;
      return { ...base, ...chain, outcome: { kind: 'Redirect', status, location, responseHeaders }, notChosen: [] };
    }
    case 'Routable': {
      const { request, authority } = arrival;
      const { table } = entry;
      const { scheme } = sent;
      const routing = { gateway, listener, table, chain: entry.chain, scheme, authority, request };
      const { outcome, rest } = routeRequest(routing);
      return { ...base, ...chain, ...rest, outcome };
    }
  }
}

/** How well an outcome answers the question which Gateway is meant: the lower, the better. */
function rank({ route, outcome, virtualHost }: Explanation): number {
  if (route !== undefined) return 0;
  if (virtualHost !== undefined) return outcome.kind === 'Misdirected' ? 2 : 1;
  if (outcome.kind === 'Stream' && outcome.route !== undefined) return 1;
  return outcome.kind === 'TlsRefused' ? 4 : 3;
}

/**
 * Explains a request for each Gateway that listens on its port, the one that serves it best first. Where there is none,
 * the only explanation says so. It walks the IR as Envoy walks the configuration made from it.
 */
export function explainRequest(
  { ir, losses }: Explainable,
  request: HttpRequest,
  options: ExplainOptions = {},
): readonly Explanation[] {
  const asked = ir.gateways.filter(({ name }) => options.gateway === undefined || name === options.gateway);
  const explanations = asked.flatMap((gateway) => {
    const listener = findListener(gateway, request.port);
    if (listener === undefined) return [];
    const explanation = explainAt(gateway, listener, request);
    const lost = lossesOf(losses, gateway, request.port);
    const { route, notChosen } = explanation;
    // Where nothing was met, what is not attached is the likeliest to be looked for.
    return [{ ...explanation, notChosen: route === undefined ? [...lost, ...notChosen] : [...notChosen, ...lost] }];
  });
  if (explanations.length > 0) return explanations.sort((a, b) => rank(a) - rank(b));
  const { gateway } = options;
  const ports = [...new Set(asked.flatMap(({ listeners }) => listeners.map(({ port }) => port)))].sort((a, b) => a - b);
  const served = ports.length === 0 ? '' : `; there is port ${ports.join(', ')}`;
  let why = `no Gateway listens on port ${request.port}${served}`;
  if (gateway !== undefined) {
    const known = ir.gateways.some(({ name }) => name === gateway);
    why = known
      ? `Gateway ${gateway} does not listen on port ${request.port}${served}`
      : `no Gateway ${gateway} is served`;
  }
  const notChosen = asked
    .flatMap((entry) => lossesOf(losses, entry, request.port))
    .filter(({ kind }) => kind === 'Listener');
  return [{ request, outcome: { kind: 'NoListener', why }, notChosen }];
}
