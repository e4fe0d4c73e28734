import { afterAll, beforeAll, expect, it } from 'vitest';
import { decideEgress, type EgressCall } from '../../src/explain/egress.ts';
import type { EgressListener } from '../../src/ir/egress.ts';
import { callAbsolute, openTunnel } from './egress-client.ts';
import { outside, parseRefusal, startEgressGateway, type EgressGateway } from './egress-gateway.ts';
import { startServer, type OutsideServer } from './outside-server.ts';

let gateway: EgressGateway;
let servers: readonly OutsideServer[];

/** Numbers that look random and are the same in every run. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const hosts = ['a.test', 'b.a.test', 'c.b.a.test', 'b.test', 'x.b.test', 'else.example', '127.0.0.20', '127.0.0.21'];
const patterns = ['a.test', 'b.a.test', '*.a.test', '*.b.a.test', '*.test', 'b.test', '*.b.test'];
const cidrs = ['127.0.0.20', '127.0.0.20/31', '127.0.0.16/28'];
const paths = ['/', '/a', '/a/b', '/ab', '/c/1'];
const prefixes = [
  '{type: PathPrefix, value: /a}',
  '{type: PathPrefix, value: /}',
  '{type: Exact, value: /a/b}',
  '{type: RegularExpression, value: "/c/[0-9]+"}',
];
const methods = ['GET', 'POST', 'PUT'];
const callers = ['127.0.0.11', '127.0.0.12', '127.0.0.13', '127.0.0.14'];

const pods = `
kind: Pod
metadata: {name: one, labels: {app: one, team: x}}
spec: {containers: []}
status: {podIP: 127.0.0.11}
---
kind: Pod
metadata: {name: two, labels: {app: two, team: x}}
spec: {containers: []}
status: {podIP: 127.0.0.12}
---
kind: Pod
metadata: {name: three, labels: {app: three}}
spec: {containers: []}
status: {podIP: 127.0.0.13}
`;

const selectors = ['{matchLabels: {app: one}}', '{matchLabels: {team: x}}', '{}', '{matchLabels: {app: two}}'];

function randomRule(random: (below: number) => number, index: number, ports: readonly number[]): string {
  const pick = <T>(from: readonly T[]) => from[random(from.length)];
  const deny = random(4) === 0;
  const protocol = pick(['HTTP', 'HTTP', 'HTTP', 'TCP']);
  const readable = protocol === 'HTTP' && random(3) > 0;
  const to =
    random(4) === 0
      ? `cidrs: [${pick(cidrs)}]`
      : `hosts: ["${pick(patterns)}"${random(3) === 0 ? `, "${pick(['q.test', 'r.test'])}"` : ''}]`;
  const http = [`path: ${pick(prefixes)}`, ...(random(2) === 0 ? [`methods: [${pick(methods)}]`] : [])];
  return `
  - name: r${index}${deny ? '\n    action: Deny' : ''}
    to: [{${to}, ports: [{port: ${pick(ports)}, protocol: ${protocol}}]}]${readable ? `\n    http: [{${http.join(', ')}}]` : ''}`;
}

function randomObjects(random: (below: number) => number, ports: readonly number[]): string {
  const egresses = Array.from({ length: 4 }, (_, i) => {
    const rules = Array.from({ length: 4 + random(5) }, (__, index) => randomRule(random, index, ports));
    return `
---
kind: Egress
metadata: {name: e${i}}
spec:
  from: {podSelector: ${selectors[random(selectors.length)]}}
  rules:${rules.join('')}`;
  });
  return `${pods}${egresses.join('')}`;
}

function randomCall(random: (below: number) => number, ports: readonly number[]): EgressCall {
  const pick = <T>(from: readonly T[]): T => {
    const picked = from[random(from.length)];
    if (picked === undefined) throw new Error('nothing to pick from');
    return picked;
  };
  const base = { caller: { address: pick(callers) }, host: pick(hosts), port: pick([...ports, ...ports, 9]) };
  if (random(4) === 0) return { ...base, form: 'Tunnel' };
  return { ...base, form: 'Request', method: pick(methods), path: pick(paths) };
}

interface Outcome {
  readonly status: number;
  readonly why?: string;
}

async function make(call: EgressCall): Promise<Outcome> {
  const port = gateway.ports['http'] ?? 0;
  const from = 'address' in call.caller ? call.caller.address : '';
  const authority = `${call.host}:${call.port}`;
  const reply =
    call.form === 'Tunnel'
      ? await openTunnel(port, authority, from)
      : await callAbsolute({ port, url: `http://${authority}${call.path}`, from, method: call.method ?? 'GET' });
  if ('socket' in reply) {
    reply.socket.destroy();
    return { status: 200 };
  }
  if (reply.status !== 403) return { status: reply.status };
  const { why } = parseRefusal(reply.body);
  // What Envoy says of the resolution stands behind our own words.
  return { status: 403, why: why.replace(/: dns_resolution_failure.*/, '') };
}

function expected(listener: EgressListener, call: EgressCall): Outcome {
  const decision = decideEgress(listener, { ...call, resolved: [outside.first] });
  return decision.allowed ? { status: 200 } : { status: 403, why: decision.why };
}

beforeAll(async () => {
  const first = await startServer(outside.first);
  const second = await startServer(outside.first);
  servers = [
    first,
    second,
    await startServer(outside.second, undefined, first.port),
    await startServer(outside.second, undefined, second.port),
  ];
  gateway = await startEgressGateway({ listeners: [{ name: 'http' }], objects: () => pods });
  for (const host of hosts) gateway.dns.answer(host, outside.first);
});

afterAll(async () => {
  await gateway?.stop();
  for (const server of servers ?? []) await server.stop();
});

const rounds = 8;
const callsPerRound = 80;

it(`the proxy does what decideEgress says, on ${rounds * callsPerRound} calls against ${rounds} configurations`, async () => {
  const ports = [servers[0]?.port ?? 0, servers[1]?.port ?? 0];
  const rules: string[] = [];
  const counts = { allowed: 0, refused: 0, noRule: 0, guarded: 0 };
  for (let round = 0; round < rounds; round++) {
    const random = createRandom(round + 1);
    const { gateways } = gateway.update(`${randomObjects(random, ports)}
---
kind: Egress
metadata: {name: marker-${round}}
spec:
  from: {podSelector: {}}
  rules:
  - name: marker-${round}
    action: Deny
    to: [{hosts: [marker.example], ports: [{port: ${ports[0]}, protocol: HTTP}]}]`);
    const listener = gateways[0]?.listeners[0];
    if (listener === undefined) throw new Error('no listener');
    // Routes, callers and listeners come apart from each other. The marker is met when both its routes and the callers
    // that its Egress selects are there; a call by each way out is allowed when the listener has all of them.
    const isLive = {
      caller: { address: '127.0.0.13' },
      form: 'Request',
      host: 'marker.example',
      port: ports[0] ?? 0,
      path: '/',
    } as const;
    await expect
      .poll(() => make(isLive))
      .toEqual({ status: 403, why: `rule default/marker-${round}/marker-${round} denies it` });
    const calls = Array.from({ length: callsPerRound }, () => randomCall(random, ports));
    const waysOut = new Set<string>();
    for (const call of calls) {
      const decision = decideEgress(listener, call);
      if (call.form !== 'Request' || !decision.allowed || expected(listener, call).status !== 200) continue;
      if (decision.route === undefined || decision.route.action.kind === 'Refuse') continue;
      const { name } = decision.route.action.upstream;
      if (waysOut.has(name)) continue;
      waysOut.add(name);
      await expect.poll(() => make(call)).toEqual({ status: 200 });
      rules.push(decision.rule);
    }
    for (const call of calls) {
      const wanted = expected(listener, call);
      const decision = decideEgress(listener, call);
      if (wanted.status === 200 && call.form === 'Request' && decision.allowed) rules.push(decision.rule);
      expect(await make(call), JSON.stringify(call)).toEqual(wanted);
      if (wanted.status === 200) counts.allowed += 1;
      else if (wanted.why?.includes('no address') === true) counts.guarded += 1;
      else if (wanted.why?.includes('denies') === true) counts.refused += 1;
      else counts.noRule += 1;
    }
  }
  expect(gateway.envoy.refusals).toEqual([]);
  const least = (rounds * callsPerRound) / 20;
  expect(Math.min(counts.allowed, counts.refused, counts.noRule), JSON.stringify(counts)).toBeGreaterThan(least);
  // Tunnels are logged when they end, so only requests are in order.
  const logged = () =>
    gateway
      .log()
      .filter((line) => line['status'] === 200 && line['method'] !== 'CONNECT')
      .map((line) => line['rule']);
  await expect.poll(() => logged().length).toBe(rules.length);
  expect(logged()).toEqual(rules);
}, 60_000);
