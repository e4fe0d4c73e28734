import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createValidator } from './validator.ts';

const validate = createValidator();

/** What is said of an object, as `Reason field`, or `ok`. */
function verdict(text: string): readonly string[] {
  const validation = validate(parse(text));
  if (validation.kind === 'Object') return ['ok'];
  return validation.diagnostics.map(({ reason, field }) => `${reason} ${field ?? ''}`.trim());
}

function messages(text: string): string {
  return validate(parse(text))
    .diagnostics.map(({ message }) => message)
    .join('\n');
}

const gateway = (listener: string, rest = '') =>
  `{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: g}, spec: {gatewayClassName: sallyport, listeners: [${listener}]${rest}}}`;
const route = (rule: string) =>
  `{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: r}, spec: {parentRefs: [{name: g}], rules: [${rule}]}}`;
const ingress = (spec: string) =>
  `{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: i}, spec: ${spec}}`;
const ingressPath = (path: string) => ingress(`{rules: [{http: {paths: [${path}]}}]}`);
const service = (spec: string) => `{apiVersion: v1, kind: Service, metadata: {name: s}, spec: ${spec}}`;
const slice = (rest: string) => `{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: e}, ${rest}}`;
const egress = (rule: string, from = '{podSelector: {}}') =>
  `{apiVersion: sallyport.dev/v1alpha1, kind: Egress, metadata: {name: e}, spec: {from: ${from}, rules: [${rule}]}}`;
const to = (destination: string) => `{name: r, to: [${destination}]}`;
const https = '{hosts: [a.example], ports: [{port: 443, protocol: HTTPS}]}';

interface Case {
  readonly rule: string;
  readonly text: string;
  readonly expected: string;
}

function cases(rule: string, ...of: readonly (readonly [text: string, expected: string])[]): readonly Case[] {
  return of.map(([text, expected]) => ({ rule, text, expected }));
}

const table: readonly Case[] = [
  ...cases(
    'names are DNS names',
    ['{apiVersion: v1, kind: Namespace, metadata: {name: a-1}}', 'ok'],
    ['{apiVersion: v1, kind: Namespace, metadata: {name: A}}', 'InvalidValue metadata.name'],
    ['{apiVersion: v1, kind: ConfigMap, metadata: {name: a.b}}', 'ok'],
    ['{apiVersion: v1, kind: ConfigMap, metadata: {name: -a}}', 'InvalidValue metadata.name'],
    ['{apiVersion: v1, kind: ConfigMap, metadata: {}}', 'RequiredField metadata.name'],
    [`{apiVersion: v1, kind: ConfigMap, metadata: {name: ${'x'.repeat(253)}}}`, 'ok'],
    [`{apiVersion: v1, kind: ConfigMap, metadata: {name: ${'x'.repeat(254)}}}`, 'InvalidValue metadata.name'],
  ),
  ...cases(
    'an object is of a kind and a version that is served',
    ['{kind: Gateway, metadata: {name: g}}', 'UnsupportedKind apiVersion'],
    ['[]', 'UnsupportedKind'],
  ),
  ...cases(
    'a Gateway keeps the rules of its CRD',
    [gateway('{name: http, port: 80, protocol: HTTP}'), 'ok'],
    [gateway('{name: http, port: 0, protocol: HTTP}'), 'InvalidValue spec.listeners[0].port'],
    [gateway('{name: http, port: "80", protocol: HTTP}'), 'InvalidValue spec.listeners[0].port'],
    [gateway('{name: http, port: 80}'), 'RequiredField spec.listeners[0].protocol'],
    [gateway('{name: a, port: 80, protocol: HTTP, hostname: "a..b"}'), 'InvalidValue spec.listeners[0].hostname'],
    [gateway('{name: a, port: 80, protocol: HTTP, tls: {mode: Terminate}}'), 'RuleViolated spec.listeners'],
    [
      gateway('{name: a, port: 80, protocol: HTTP}, {name: a, port: 81, protocol: HTTP}'),
      'DuplicateValue spec.listeners[1]',
    ],
  ),
  ...cases(
    'an HTTPRoute keeps the rules of its CRD',
    [route('{backendRefs: [{name: s, port: 80}]}'), 'ok'],
    [route('{matches: [{path: {type: PathPrefix, value: x}}]}'), 'RuleViolated spec.rules[0].matches[0].path'],
    [route('{matches: [{path: {type: Prefix, value: /}}]}'), 'UnsupportedValue spec.rules[0].matches[0].path.type'],
    [route('{timeouts: {request: 1s, backendRequest: 2s}}'), 'RuleViolated spec.rules[0].timeouts'],
    [route('{timeouts: {request: 1 second}}'), 'InvalidValue spec.rules[0].timeouts.request'],
    [route('{filters: [{type: RequestRedirect}]}'), 'RuleViolated spec.rules[0].filters[0]'],
    [route('{backendRefs: [{name: s}]}'), 'RuleViolated spec.rules[0].backendRefs[0]'],
    [route('{matchs: []}'), 'UnknownField spec.rules[0].matchs'],
  ),
  ...cases(
    'an Ingress keeps the rules that the API server has written down',
    [ingressPath('{path: /, pathType: Prefix, backend: {service: {name: s, port: {number: 80}}}}'), 'ok'],
    [ingress('{}'), 'RequiredField spec'],
    [
      ingressPath('{path: /, backend: {service: {name: s, port: {number: 80}}}}'),
      'RequiredField spec.rules[0].http.paths[0].pathType',
    ],
    [
      ingressPath('{path: x, pathType: Prefix, backend: {service: {name: s, port: {number: 80}}}}'),
      'InvalidValue spec.rules[0].http.paths[0].path',
    ],
    [
      ingressPath('{path: /a//b, pathType: Exact, backend: {service: {name: s, port: {number: 80}}}}'),
      'InvalidValue spec.rules[0].http.paths[0].path',
    ],
    [
      ingressPath('{path: /, pathType: Prefix, backend: {service: {name: s, port: {number: 80, name: http}}}}'),
      'InvalidValue spec.rules[0].http.paths[0].backend.service.port',
    ],
    [
      ingressPath('{path: /, pathType: Prefix, backend: {service: {name: s, port: {}}}}'),
      'InvalidValue spec.rules[0].http.paths[0].backend.service.port',
    ],
    [
      ingressPath(
        '{path: /, pathType: Prefix, backend: {service: {name: s, port: {number: 1}}, resource: {kind: B, name: b}}}',
      ),
      'InvalidValue spec.rules[0].http.paths[0].backend',
    ],
    [ingress('{rules: [{host: 10.0.0.1}]}'), 'InvalidValue spec.rules[0].host'],
    [ingress('{rules: [{host: "a.*.b"}]}'), 'InvalidValue spec.rules[0].host'],
    [ingress('{rules: [{host: "*.a.b"}]}'), 'ok'],
  ),
  ...cases(
    'a Service has ports that can be told apart',
    [service('{ports: [{port: 80}]}'), 'ok'],
    [service('{ports: [{port: 80}, {port: 81}]}'), 'RequiredField spec.ports[0].name'],
    [service('{ports: [{port: 80, name: a}, {port: 81, name: a}]}'), 'DuplicateValue spec.ports[1].name'],
    [service('{ports: [{port: 65536}]}'), 'InvalidValue spec.ports[0].port'],
    [service('{ports: [{port: 80, targetPort: 0}]}'), 'InvalidValue spec.ports[0].targetPort'],
    [service('{ports: [{port: 80, targetPort: web}]}'), 'ok'],
    [service('{clusterIP: None}'), 'ok'],
    [service('{type: ExternalName}'), 'RequiredField spec.externalName'],
  ),
  ...cases(
    'the addresses of an EndpointSlice are of its type',
    [slice('addressType: IPv4, endpoints: [{addresses: [10.0.0.1]}], ports: [{port: 80}]'), 'ok'],
    [slice('addressType: IPv6, endpoints: [{addresses: [10.0.0.1]}]'), 'InvalidValue endpoints[0].addresses[0]'],
    [slice('addressType: IPv4, endpoints: [{addresses: [not-an-address]}]'), 'InvalidValue endpoints[0].addresses[0]'],
    [slice('addressType: IPv4, endpoints: [{addresses: []}]'), 'RequiredField endpoints[0].addresses'],
    [slice('addressType: IPv4, endpoints: [], ports: [{port: 70000}]'), 'InvalidValue ports[0].port'],
  ),
  ...cases(
    'a Secret holds what its type says, in base64',
    ['{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {a: b}}', 'ok'],
    [
      '{apiVersion: v1, kind: Secret, metadata: {name: s}, type: kubernetes.io/tls, data: {tls.crt: YQ==}}',
      "RequiredField data['tls.key']",
    ],
    ['{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {a: "not base64!"}}', 'InvalidValue data.a'],
  ),
  ...cases(
    'an Egress says whom it is about, and combines nothing that excludes each other',
    [egress(to(https)), 'ok'],
    [egress(to(https), '{}'), 'RuleViolated spec.from'],
    [egress(to('{ports: [{port: 443, protocol: HTTPS}]}')), 'RuleViolated spec.rules[0].to[0]'],
    [
      egress(to('{hosts: [10.0.0.1], ports: [{port: 443, protocol: HTTPS}]}')),
      'RuleViolated spec.rules[0].to[0].hosts[0]',
    ],
    [egress(`{name: r, to: [${https}], http: [{methods: [GET]}]}`), 'RuleViolated spec.rules[0]'],
    [egress(`{name: r, to: [${https}], tls: {mode: Originate}, http: [{methods: [GET]}]}`), 'ok'],
    [egress(`{name: r, to: [${https}], tls: {mode: Originate}, http: [{}]}`), 'RuleViolated spec.rules[0].http[0]'],
    [
      egress(`{name: r, to: [${https}], tls: {mode: Originate}, http: [{path: {type: PathPrefix, value: x}}]}`),
      'RuleViolated spec.rules[0].http[0].path',
    ],
    [
      egress(`{name: r, to: [${https}], tls: {mode: Passthrough, wellKnownCACertificates: System}}`),
      'RuleViolated spec.rules[0].tls',
    ],
    [
      egress(
        `{name: r, to: [${https}], tls: {mode: Originate, wellKnownCACertificates: System, caCertificateRefs: [{kind: ConfigMap, name: c}]}}`,
      ),
      'RuleViolated spec.rules[0].tls',
    ],
    [egress(`{name: r, to: [${https}], retries: {attempts: 1}}`), 'RuleViolated spec.rules[0]'],
    [
      egress('{name: r, to: [{hosts: [a.example], ports: [{port: 80, protocol: HTTP}]}], tls: {mode: Originate}}'),
      'RuleViolated spec.rules[0]',
    ],
    [
      egress('{name: r, to: [{cidrs: [10.0.0.0/8], ports: [{port: 443, protocol: HTTPS}]}], tls: {mode: Originate}}'),
      'RuleViolated spec.rules[0]',
    ],
    [
      egress(`{name: r, action: Deny, to: [${https}], rateLimit: {requests: 1, per: Second}}`),
      'RuleViolated spec.rules[0]',
    ],
    [egress(`${to(https)}, ${to(https)}`), 'DuplicateValue spec.rules[1]'],
  ),
];

describe('what the API server would refuse', () => {
  for (const { rule, text, expected } of table) {
    it(`${rule}: ${expected}: ${text.slice(0, 160)}`, () => expect(verdict(text)).toContain(expected));
  }
});

describe('defaults', () => {
  it('are filled in as the API server does', () => {
    const validation = validate(parse(route('{backendRefs: [{name: s, port: 80}]}')));
    expect(validation).toMatchObject({
      kind: 'Object',
      object: {
        metadata: { namespace: 'default' },
        spec: {
          parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'g' }],
          rules: [
            {
              matches: [{ path: { type: 'PathPrefix', value: '/' } }],
              backendRefs: [{ group: '', kind: 'Service', weight: 1 }],
            },
          ],
        },
      },
    });
  });

  it('hold for listeners too', () => {
    expect(validate(parse(gateway('{name: http, port: 80, protocol: HTTP}')))).toMatchObject({
      object: { spec: { listeners: [{ allowedRoutes: { namespaces: { from: 'Same' } } }] } },
    });
  });

  it('put stringData over data', () => {
    const text = '{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {a: YQ==, b: YQ==}, stringData: {a: new}}';
    expect(validate(parse(text))).toMatchObject({
      object: { data: { a: Buffer.from('new').toString('base64'), b: 'YQ==' } },
    });
  });
});

describe('kinds', () => {
  it('of others are passed over; a kind that is misspelt is not', () => {
    expect(validate({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' } })).toEqual({
      kind: 'Ignored',
      diagnostics: [],
    });
    const misspelt = validate({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRuote',
      metadata: { name: 'r' },
    });
    expect(misspelt.diagnostics[0]?.message).toContain('HTTPRoute');
  });
});

describe('messages', () => {
  it('say how a field is written', () => {
    expect(messages(route('{backendRefs: [{nmae: s, port: 80}]}'))).toContain('name');
  });
});

describe('anything at all', () => {
  it('gets an answer, and where it is refused a reason', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const validation = validate(JSON.parse(text));
        if (validation.kind === 'Invalid') expect(validation.diagnostics.length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });
});
