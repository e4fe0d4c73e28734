import type { EgressRoute } from '../ir/egress.ts';
import type { EgressDecision } from './egress.ts';
import type { EgressExplanation } from './explain-egress.ts';
import { alignRows, createPaint } from './paint.ts';
import type { RenderOptions } from './render-explanation.ts';
import type { Row } from './render-outcome.ts';

function title({ call, port }: EgressExplanation): string {
  const host = call.host.includes(':') ? `[${call.host}]` : call.host;
  const authority = call.port === undefined ? host : `${host}:${call.port}`;
  switch (call.form) {
    case 'Request':
      return `${call.method ?? 'GET'} ${call.scheme ?? 'http'}://${authority}${call.path ?? '/'}`;
    case 'Tunnel':
      return `CONNECT ${authority}`;
    case 'ServerName':
      return `TLS to ${host} on port ${port}`;
  }
}

function callerRows({ call, decision }: EgressExplanation): readonly Row[] {
  const { caller } = decision;
  if (caller !== undefined) {
    const selected =
      caller.egresses.length === 0 ? 'selected by no Egress' : `selected by ${caller.egresses.join(', ')}`;
    return [['caller', `${caller.pod} (${caller.address}), service account ${caller.serviceAccount}, ${selected}`]];
  }
  return [
    ['caller', 'address' in call.caller ? `${call.caller.address}, no known pod` : call.caller.egresses.join(', ')],
  ];
}

function routeRows(route: EgressRoute | undefined): readonly Row[] {
  if (route === undefined || route.action.kind === 'Refuse') return [];
  const { action } = route;
  const tls = action.upstream.tls === undefined ? '' : ', TLS is spoken for the caller';
  const limit = action.rateLimit;
  return [
    ['leaves', `${action.kind === 'Tunnel' ? 'by a tunnel' : 'as a request'}${tls}`],
    ...(limit === undefined
      ? []
      : [['limit', `${limit.requests} requests in ${limit.perMs} ms for each ${limit.key}`] as const]),
  ];
}

function decisionRows(decision: EgressDecision): readonly Row[] {
  if (decision.allowed) return [['allowed', `by rule ${decision.rule}`], ...routeRows(decision.route)];
  const rule = decision.rule === undefined ? [] : [['rule', decision.rule] as const];
  return [['denied', `${decision.reason}: ${decision.why}`], ...rule];
}

const missing = {
  Caller: 'its Egress does not select the caller',
  Form: 'it is for the other form of call',
  Scheme: 'it is for another scheme',
  Method: 'it is for other methods',
  Path: 'it is for other paths',
} as const;

/** A call that goes out, for people: who calls, what allows it or what is missing, and which rules came near. */
export function renderEgress(explanation: EgressExplanation, options: RenderOptions): string {
  const paint = createPaint(options.colors);
  const { gateway, port, decision } = explanation;
  const rows: readonly Row[] = [
    ['Gateway', `${gateway}  port ${port}`],
    ...callerRows(explanation),
    ...decisionRows(decision),
  ];
  const lines = [paint.bold(title(explanation)), ...alignRows(rows)];
  if (decision.misses.length > 0) {
    const misses = decision.misses.map(({ rule, part }): Row => [rule, missing[part]]);
    lines.push(paint.bold('Not chosen'), ...alignRows(misses).map(paint.dim));
  }
  return `${lines.join('\n')}\n`;
}
