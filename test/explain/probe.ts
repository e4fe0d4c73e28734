import type { HttpRequest } from '../../src/explain/request.ts';
import type { Random } from './random.ts';
import { methods, type Match, type Rule } from './rule.ts';
import type { Ports, Route, World } from './world.ts';

const hosts: Readonly<Record<string, readonly string[]>> = {
  'x.a.test': ['x.a.test', 'X.A.test'],
  '*.a.test': ['x.a.test', 'y.a.test', 'q.y.a.test', 'w.a.test.'],
  'y.a.test': ['y.a.test'],
  'b.test': ['b.test'],
  '*.test': ['c.test', 'd.c.test', 'x.a.test'],
  '*.b.test': ['z.b.test', 'y.z.b.test'],
  '*.y.a.test': ['q.y.a.test', 'r.q.y.a.test'],
};
const anyHost = ['x.a.test', 'y.a.test', 'c.test', 'else.example', 'a.test', 'one.i.test', 'two.one.i.test'];
const anyPath = ['/', '/a', '/a/b/c', '/nowhere', '/i/x', '/i/exact', '/a%2Fb', '/e/..%2F', '/c/7/', '/a/../../c'];
const origins = ['https://shop.test', 'http://shop.test:8080', 'https://eu.shop.test', 'https://bad.test', 'null'];

const certificates = ['None', 'Trusted', 'Trusted', 'Untrusted'] as const;

interface Draft {
  host: string;
  method: string;
  path: string;
  readonly query: string[];
  readonly headers: { name: string; value: string }[];
}

/** A request that meets a match, unless another rule takes it. */
function meet(random: Random, route: Route, match: Match): Draft {
  const hostname = route.hostnames.length === 0 ? undefined : random.pick(route.hostnames);
  return {
    host: random.pick(hostname === undefined ? anyHost : (hosts[hostname] ?? anyHost)),
    method: match.method ?? 'GET',
    path: random.pick(match.path.meets),
    query: match.queryParams.map(({ name, meets }) => `${name}=${random.pick(meets)}`),
    headers: match.headers.map(({ name, meets }) => ({ name: name.toLowerCase(), value: random.pick(meets) })),
  };
}

/** Changes one thing about a request, which then meets another rule or none. */
function disturb(random: Random, draft: Draft): void {
  switch (random.below(6)) {
    case 0:
      draft.path = random.pick(anyPath);
      return;
    case 1:
      draft.method = random.pick(methods);
      return;
    case 2:
      draft.headers.pop();
      return;
    case 3:
      draft.query.unshift(random.pick(['q=1', 'q=x', 's', 'q=1&q=2', 'R=x+y']));
      return;
    case 4: {
      // Also another value of a header that is compared: each value counts by itself.
      const names = [...draft.headers.map(({ name }) => name), random.pick(['x-one', 'x-two', 'x-three'])];
      const header = { name: random.pick(names), value: random.pick(['1', '9', 'a', 'B c']) };
      if (random.chance(50)) draft.headers.push(header);
      else draft.headers.unshift(header);
      return;
    }
    default:
      draft.host = random.pick(anyHost);
  }
}

function addOrigin(random: Random, rule: Rule, draft: Draft): void {
  if (!random.chance(rule.cors ? 75 : 5)) return;
  draft.headers.push({ name: 'origin', value: random.pick(origins) });
  if (!random.chance(40)) return;
  draft.method = 'OPTIONS';
  draft.headers.push({ name: 'access-control-request-method', value: random.pick(['PUT', 'GET']) });
  if (random.chance(60)) draft.headers.push({ name: 'access-control-request-headers', value: 'x-one' });
}

function address(random: Random, ports: Ports, host: string) {
  const narrow = host.endsWith('.b.test') && random.chance(50);
  const tls = !narrow && random.chance(35);
  const guarded = tls && random.chance(15);
  const secure = guarded ? ports.guarded : ports.https;
  const port = narrow ? ports.narrow : tls ? secure : ports.http;
  const authority = random.chance(30) ? `${host}:${random.pick([port, 8080])}` : host;
  const named = host.toLowerCase().replace(/\.$/, '');
  const sni = random.chance(15) ? random.pick(anyHost) : named;
  const scheme: HttpRequest['scheme'] = tls ? 'https' : 'http';
  const clientCertificate = random.pick(guarded ? certificates : (['None'] as const));
  return { scheme, port, authority, clientCertificate, ...(tls && { sni }) };
}

/** A request for a world; most aim at a rule of it. */
export function createProbe(random: Random, world: World, ports: Ports): HttpRequest {
  const route = random.pick(world.routes);
  const rule = random.pick(route.rules);
  const draft = meet(random, route, random.pick(rule.matches));
  if (random.chance(28)) disturb(random, draft);
  addOrigin(random, rule, draft);
  const { host, method, path, query, headers } = draft;
  return {
    ...address(random, ports, host),
    method,
    path,
    headers,
    ...(query.length > 0 && { query: query.join('&') }),
  };
}
