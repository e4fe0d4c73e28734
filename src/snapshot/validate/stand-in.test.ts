import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { createValidator } from './validator.ts';

const validate = createValidator();

function standIn(kind: string, spec: string, apiVersion = 'gateway.networking.k8s.io/v1'): unknown {
  const metadata = '{name: p, namespace: shop, generation: 3, creationTimestamp: "2026-01-02T00:00:00Z", labels: 7}';
  const validation = validate(
    parse(`{apiVersion: ${apiVersion}, kind: ${kind}, metadata: ${metadata}, spec: ${spec}}`),
  );
  return validation.kind === 'Invalid' ? validation.standIn : validation.kind;
}

const metadata = { name: 'p', namespace: 'shop', generation: 3, creationTimestamp: '2026-01-02T00:00:00Z' };

it('says what a policy that can not be read is about, and that no certificate passes', () => {
  const targets =
    '[{group: "", kind: Service, name: a, extra: 1}, {name: b, sectionName: web}, 7, {name: 7}, {kind: Pod, name: c}]';
  expect(standIn('BackendTLSPolicy', `{targetRefs: ${targets}, validation: {hostname: 7}}`)).toEqual({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'BackendTLSPolicy',
    metadata,
    spec: {
      targetRefs: [
        { group: '', kind: 'Service', name: 'a' },
        { group: '', kind: 'Service', name: 'b', sectionName: 'web' },
      ],
      validation: { hostname: '', caCertificateRefs: [] },
    },
    unreadable: expect.stringContaining('spec.validation.hostname: '),
  });
});

it('names no target where none can be read', () => {
  for (const spec of ['{targetRefs: all}', '7', '{}']) {
    expect(standIn('BackendTLSPolicy', spec)).toMatchObject({ spec: { targetRefs: [] } });
  }
});

it('is there for a version that is not read', () => {
  const spec = '{targetRefs: [{group: "", kind: Service, name: a}]}';
  expect(standIn('BackendTLSPolicy', spec, 'gateway.networking.k8s.io/v1alpha2')).toMatchObject({
    spec: { targetRefs: [{ name: 'a' }] },
    unreadable: expect.stringContaining('v1alpha2'),
  });
});

it('is there for what routes or Services lead to, and not where absence denies', () => {
  const x = 'gateway.networking.x-k8s.io/v1alpha1';
  const targets = '{targetRefs: [{group: "", kind: Service, name: a}], retryConstraint: 7}';
  expect(standIn('XBackendTrafficPolicy', targets, x)).toMatchObject({ spec: { targetRefs: [{ name: 'a' }] } });
  expect(standIn('XBackend', '{type: Other, port: {port: 443}}', x)).toMatchObject({ spec: { port: { port: 443 } } });
  expect(standIn('XBackend', '{type: Other}', x)).toMatchObject({ spec: { port: { port: 0 } } });
  expect(standIn('TCPRoute', '{rules: 7}')).toBeUndefined();
});

const slash = [{ path: { type: 'PathPrefix', value: '/' } }];

it('says whose requests a route takes that can not be read, as far as that can be', () => {
  const admin = { path: { type: 'Exact', value: '/admin' } };
  const rules = [
    '{name: admin, matches: [{path: {type: Exact, value: /admin}}, {caller: me}], filters: [{type: Passkey}]}',
    '{matches: [{caller: me}], timeouts: 7}',
    '{matches: 7}',
    '{matches: [], backendRefs: [{name: a, port: 80}]}',
    '{name: "-", retry: {attempts: 2}}',
    '7',
    // A rule of the definition, which is looked at once the structure is sound.
    '{matches: [{path: {type: Exact, value: "/a//b"}}, {path: {value: /b}}]}',
  ];
  const spec = `{parentRefs: [{name: gw}], hostnames: [a.example, "-"], rules: [${rules.join(', ')}], more: 1}`;
  expect(standIn('HTTPRoute', spec)).toMatchObject({
    metadata,
    spec: {
      parentRefs: [{ name: 'gw' }],
      hostnames: ['a.example'],
      rules: [
        { name: 'admin', matches: [admin] },
        { matches: [] },
        { matches: [] },
        { matches: slash },
        { matches: slash },
        { matches: [] },
        { matches: [{ path: { type: 'PathPrefix', value: '/b' } }] },
      ],
    },
    unreadable: expect.stringContaining('spec.more'),
  });
  const method = { type: 'Exact', service: 'shop.Admin' };
  expect(standIn('GRPCRoute', '{rules: [{matches: [{method: {service: shop.Admin}}], passkey: {}}]}')).toMatchObject({
    spec: { rules: [{ matches: [{ method }] }] },
  });
  expect(standIn('HTTPRoute', '{hostnames: null, more: 1}')).toMatchObject({ spec: { rules: [{ matches: slash }] } });
});

it('takes the parents of a route that can be read, and names that are there once', () => {
  const spec = `{parentRefs: [{name: gw}, {name: other, listenerSelector: {}}], useDefaultGateways: Some, rules: [{name: a}, {name: a}]}`;
  expect(standIn('HTTPRoute', spec)).toMatchObject({
    spec: { parentRefs: [{ name: 'gw' }], rules: [{ matches: slash }, { matches: slash }] },
  });
});

it('says what an Egress denies that can not be read, and more rather than less', () => {
  const deny = (to: string) => `{name: d, action: Deny, to: ${to}, http: [{methods: [FETCH]}]}`;
  // More than a rule may have.
  const hosts = Array.from({ length: 40 }, (_, index) => `h${index}.example`);
  const rules = [
    '{name: open, to: [{hosts: [a.example], ports: [{port: 443, protocol: HTTPS}]}]}',
    deny(
      '[{hosts: [B.example, "-"], cidrs: [10.0.0.0/8, x], ports: [{port: 80, protocol: QUIC}, {port: 0}], geo: DE}]',
    ),
    deny(
      '[{hosts: ["-"], ports: [{port: 80, protocol: HTTP}]}, {cidrs: [10.0.0.0/8], ports: [{port: 22, protocol: TCP}]}]',
    ),
    deny('[{hosts: [c.example], ports: 7}]'),
    `{action: Denny, to: [{hosts: [${hosts.join(', ')}], ports: [{port: 443, protocol: TLS}]}]}`,
  ];
  const standInOf = (from: string) =>
    standIn('Egress', `{gatewayRef: {name: 7}, from: ${from}, rules: [${rules.join(', ')}]}`, 'sallyport.dev/v1alpha1');
  const tcp = (port: number) => [{ port, protocol: 'TCP' }];
  const expected = [
    { name: 'deny-1', action: 'Deny', to: [{ hosts: ['b.example'], cidrs: ['0.0.0.0/0', '::/0'], ports: tcp(80) }] },
    { name: 'deny-2', action: 'Deny', to: [{ cidrs: ['10.0.0.0/8'], ports: tcp(22) }] },
    { name: 'deny-4', action: 'Deny', to: [{ hosts, ports: tcp(443) }] },
  ];
  expect(standInOf('{podSelector: {matchLabels: {a: b}}, zone: x}')).toMatchObject({
    spec: { from: { podSelector: { matchLabels: { a: 'b' } } }, rules: expected },
    unreadable: expect.stringContaining('spec.from.zone'),
  });
  // Of all Pods where it can't be read of which.
  expect(standInOf('{podSelector: 7}')).toMatchObject({ spec: { from: { podSelector: {} }, rules: expected } });
  const open = `{from: {podSelector: {}}, rules: [${rules[0]}], more: 1}`;
  expect(standIn('Egress', open, 'sallyport.dev/v1alpha1')).toBeUndefined();
});

it.each([
  '7',
  '{rules: 7}',
  '{hostnames: a.example, rules: []}',
  '{hostnames: ["-"]}',
  '{parentRefs: [{name: gw, listenerSelector: {}}]}',
  '{parentRefs: 7}',
])('takes no requests of others where it can not be read whose are meant: %s', (spec) => {
  expect(standIn('HTTPRoute', spec.replace('{', '{more: 1, '))).toBeUndefined();
});
