import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callAbsolute } from './egress-client.ts';
import { outside, startEgressGateway, type EgressGateway } from './egress-gateway.ts';
import { startServer, type OutsideServer } from './outside-server.ts';

let gateway: EgressGateway;
let server: OutsideServer;

const pod = (name: string, address: string, account: string) => `
kind: Pod
metadata: {name: ${name}}
spec: {serviceAccountName: ${account}, containers: []}
status: {podIP: ${address}}
---`;

const egress = (port: number) => `
kind: Egress
metadata: {name: all}
spec:
  from: {podSelector: {}}
  rules:
  - name: together
    to:
    - {hosts: [a.test, b.test], ports: [{port: ${port}, protocol: HTTP}]}
    http: [{path: {value: /x}}, {path: {value: /y}}]
    rateLimit: {requests: 3, per: Hour}
  - name: each
    to: [{hosts: [c.test], ports: [{port: ${port}, protocol: HTTP}]}]
    rateLimit: {requests: 2, per: Hour, key: SourceIP}
  - name: account
    to: [{hosts: [d.test], ports: [{port: ${port}, protocol: HTTP}]}]
    rateLimit: {requests: 2, per: Hour, key: ServiceAccount}
  - name: free
    to: [{hosts: [e.test], ports: [{port: ${port}, protocol: HTTP}]}]
`;

const call = (host: string, path = '/', from = '127.0.0.11') =>
  callAbsolute({ port: gateway.ports['http'] ?? 0, url: `http://${host}:${server.port}${path}`, from });

const statuses = async (...calls: readonly (readonly [string, string?, string?])[]) => {
  const found: number[] = [];
  for (const one of calls) found.push((await call(...one)).status);
  return found;
};

beforeAll(async () => {
  server = await startServer(outside.first);
  gateway = await startEgressGateway({
    listeners: [{ name: 'http' }],
    objects: () =>
      [
        pod('one', '127.0.0.11', 'first'),
        pod('two', '127.0.0.12', 'first'),
        pod('three', '127.0.0.13', 'second'),
        egress(server.port),
      ].join(''),
  });
  for (const name of ['a', 'b', 'c', 'd', 'e']) gateway.dns.answer(`${name}.test`, outside.first);
});

afterAll(async () => {
  await gateway?.stop();
  await server?.stop();
});

describe('the limit of a rule', () => {
  it('counts all hosts, paths and callers of the rule together', async () => {
    expect(
      await statuses(
        ['a.test', '/x'],
        ['b.test', '/x'],
        ['a.test', '/y', '127.0.0.13'],
        ['b.test', '/y'],
        ['a.test', '/x', '127.0.0.12'],
      ),
    ).toEqual([200, 200, 200, 429, 429]);
    const reply = await call('a.test', '/x');
    expect(reply.headers['x-sallyport-egress']).toBe('limited; rule default/all/together allows no more calls now');
    expect(reply.headers['retry-after']).toBeDefined();
    expect(JSON.parse(reply.body)).toMatchObject({
      why: 'rule default/all/together allows no more calls now',
      pod: 'default/one',
    });
  });

  it('counts each address apart with key SourceIP', async () => {
    expect(
      await statuses(
        ['c.test'],
        ['c.test'],
        ['c.test'],
        ['c.test', '/', '127.0.0.12'],
        ['c.test', '/', '127.0.0.12'],
        ['c.test', '/', '127.0.0.12'],
      ),
    ).toEqual([200, 200, 429, 200, 200, 429]);
  });

  it('counts the pods of a service account together with key ServiceAccount', async () => {
    expect(
      await statuses(['d.test'], ['d.test', '/', '127.0.0.12'], ['d.test'], ['d.test', '/', '127.0.0.13']),
    ).toEqual([200, 200, 429, 200]);
  });

  it('does not hold up the other rules', async () => {
    expect(await statuses(['e.test'], ['e.test'], ['e.test'])).toEqual([200, 200, 200]);
  });
});
