import type { ExternalAuth } from '../ir/filter.ts';
import { unreachable } from '../lib/never.ts';
import { describeMatch } from './describe-match.ts';
import type { Explanation, NotChosen, Outcome } from './explanation.ts';
import { grpcStatusOf } from './grpc-status.ts';
import { isGrpc } from './match.ts';
import { objectName } from './not-chosen.ts';
import { alignRows, createPaint } from './paint.ts';
import { outcomeRows, type Row } from './render-outcome.ts';
import type { HttpRequest } from './request.ts';

export interface RenderOptions {
  readonly colors: boolean;
  /** How many of what was not chosen are shown; absent: all. */
  readonly notChosen?: number;
}

function describeRule(rule: number, ruleName: string | undefined): string {
  return ruleName === undefined ? `rules[${rule}]` : `rule ${ruleName}`;
}

function urlOf({ scheme, authority, port, path, query }: HttpRequest): string {
  const own = /:\d+$/.test(authority) || port === (scheme === 'https' ? 443 : 80);
  return `${scheme}://${authority}${own ? '' : `:${port}`}${path}${query === undefined ? '' : `?${query}`}`;
}

function authRows(auth: ExternalAuth | undefined): readonly Row[] {
  if (auth === undefined) return [];
  const by = auth.protocol === 'Grpc' ? 'gRPC' : 'HTTP';
  const body = auth.maxBodyBytes === undefined ? '' : `, with up to ${auth.maxBodyBytes} bytes of the body`;
  return [['asks', `${auth.cluster} by ${by} first${body}; what it does not allow is denied`]];
}

function placeRows({ gateway, listener, chain, section, virtualHost, route }: Explanation): readonly Row[] {
  const where = section ?? chain?.name;
  const port = listener === undefined ? '' : `:${listener.port}`;
  const asked =
    chain?.clientCertificate === 'NotAsked' ? '' : `, client certificate ${chain?.clientCertificate.toLowerCase()}`;
  return [
    ...(gateway === undefined ? [] : [['Gateway', gateway] as const]),
    ...(listener === undefined
      ? []
      : [
          [
            'listener',
            `${where === undefined ? '' : `${where} `}(${port}, bound to ${listener.bind.address}:${listener.bind.port})`,
          ] as const,
        ]),
    ...(chain === undefined
      ? []
      : [['certificate', `${chain.certificates.join(', ')} for ${chain.serverName ?? 'every name'}${asked}`] as const]),
    ...(virtualHost === undefined ? [] : [['host', virtualHost.domain] as const]),
    ...(route === undefined
      ? []
      : [
          [
            route.origin.startsWith('Ingress/') ? 'ingress' : 'route',
            `${objectName(route.origin)}  ${describeRule(route.rule, route.ruleName)}: ${describeMatch(route.match)}`,
          ] as const,
        ]),
    ...authRows(route?.externalAuth),
  ];
}

/** The statuses that the proxy answers by itself. */
function ownStatuses(outcome: Outcome): readonly number[] {
  switch (outcome.kind) {
    case 'Forward':
      return [...new Set(outcome.shares.flatMap((share) => share.answers ?? []))];
    case 'Stream':
    case 'TlsRefused':
    case 'NoListener':
      return [];
    case 'Redirect':
    case 'DirectResponse':
    case 'Preflight':
    case 'NoRoute':
    case 'Misdirected':
      return [outcome.status];
    default:
      return unreachable(outcome);
  }
}

/** A gRPC client sees no HTTP status of the proxy, but its own. */
function grpcRows({ request, outcome }: Explanation): readonly Row[] {
  if (!isGrpc(request.headers)) return [];
  return ownStatuses(outcome).map((status): Row => ['gRPC', `a client is told ${grpcStatusOf(status)} for ${status}`]);
}

function losersRows(entries: readonly NotChosen[]): readonly Row[] {
  return entries.map(({ kind, name, rule, ruleName, why }) => {
    if (kind === 'Listener') return [`listener ${name}`, why];
    return [rule === undefined ? name : `${name} ${describeRule(rule, ruleName)}`, why];
  });
}

/** An explanation for people: what the request meets from outside in, then what it does not and why. */
export function renderExplanation(explanation: Explanation, options: RenderOptions): string {
  const paint = createPaint(options.colors);
  const { request, notChosen } = explanation;
  const limit = options.notChosen ?? notChosen.length;
  const lines = [
    paint.bold(`${request.method} ${urlOf(request)}`),
    ...alignRows([...placeRows(explanation), ...outcomeRows(explanation.outcome), ...grpcRows(explanation)]),
  ];
  if (notChosen.length > 0 && limit > 0) {
    lines.push(paint.bold('Not chosen'), ...alignRows(losersRows(notChosen.slice(0, limit))).map(paint.dim));
    if (notChosen.length > limit) lines.push(paint.dim(`  and ${notChosen.length - limit} more`));
  }
  return `${lines.join('\n')}\n`;
}
