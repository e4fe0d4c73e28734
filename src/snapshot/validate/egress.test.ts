import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createValidator } from './validator.ts';

const validate = createValidator();

const definition = readFileSync(join(import.meta.dirname, '../../../crds/sallyport.dev_egresses.yaml'), 'utf8');

/** The messages of all rules of a parsed CustomResourceDefinition. */
function messagesIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]: [string, unknown]) =>
    key === 'x-kubernetes-validations' && Array.isArray(member)
      ? member.map((rule: { readonly message: string }) => rule.message)
      : messagesIn(member),
  );
}

const http = 'to: [{hosts: [a.example], ports: [{port: 80, protocol: HTTP}]}]';
const https = 'to: [{hosts: [a.example], ports: [{port: 443, protocol: HTTPS}]}]';
const tcp = 'to: [{cidrs: [192.0.2.0/24], ports: [{port: 5432, protocol: TCP}]}]';
const originate = 'tls: {mode: Originate}';

const egress = (rule: string, from = '{podSelector: {}}') =>
  `{apiVersion: sallyport.dev/v1alpha1, kind: Egress, metadata: {name: e}, spec: {from: ${from}, rules: [{name: r, ${rule}}]}}`;
const selecting = (expression: string) => egress(https, `{podSelector: {matchExpressions: [${expression}]}}`);

const badSelector = 'spec.from.podSelector.matchExpressions[0]';
const operators = 'operators In and NotIn need values; Exists and DoesNotExist take none';
const authorities = 'caCertificateRefs: [{name: ca}]';

/** Objects that break one rule each: the rule's message, the field it is reported at, the object. */
const breaking: readonly (readonly [message: string, field: string, text: string])[] = [
  [operators, badSelector, selecting('{key: a, operator: In}')],
  [operators, badSelector, selecting('{key: a, operator: NotIn, values: []}')],
  [operators, badSelector, selecting('{key: a, operator: Exists, values: [b]}')],
  [
    'from needs podSelector or serviceAccounts; an empty podSelector selects every pod of the namespace',
    'spec.from',
    egress(https, '{}'),
  ],
  [
    'hosts takes names; put addresses into cidrs',
    'spec.rules[0].to[0].hosts[0]',
    egress('to: [{hosts: [192.0.2.1], ports: [{port: 80, protocol: HTTP}]}]'),
  ],
  ['a destination needs hosts or cidrs', 'spec.rules[0].to[0]', egress('to: [{ports: [{port: 80, protocol: HTTP}]}]')],
  ["a path must start with '/'", 'spec.rules[0].http[0].path', egress(`${http}, http: [{path: {value: a}}]`)],
  [
    'an http entry needs methods or path; leave http out to allow every request',
    'spec.rules[0].http[0]',
    egress(`${http}, http: [{}]`),
  ],
  [
    'caCertificateRefs, wellKnownCACertificates and clientCertificateRef need mode Originate; with Passthrough the workload does TLS itself',
    'spec.rules[0].tls',
    egress(`${https}, tls: {mode: Passthrough, clientCertificateRef: {name: c}}`),
  ],
  [
    'caCertificateRefs and wellKnownCACertificates exclude each other',
    'spec.rules[0].tls',
    egress(`${https}, tls: {mode: Originate, ${authorities}, wellKnownCACertificates: System}`),
  ],
  [
    "http needs every port of the rule to have protocol HTTP, or HTTPS with tls mode Originate, as the gateway can't read other traffic",
    'spec.rules[0]',
    egress(`${https}, http: [{methods: [GET]}]`),
  ],
  [
    'retries and timeouts.request need every port of the rule to have protocol HTTP, or HTTPS with tls mode Originate',
    'spec.rules[0]',
    egress(`${https}, retries: {attempts: 1}`),
  ],
  [
    'retries and timeouts.request need every port of the rule to have protocol HTTP, or HTTPS with tls mode Originate',
    'spec.rules[0]',
    egress(`${tcp}, timeouts: {request: 1s}`),
  ],
  ['tls needs a port with protocol HTTPS or TLS', 'spec.rules[0]', egress(`${http}, tls: {mode: Passthrough}`)],
  [
    'tls mode Originate works for HTTPS; ports with protocol TLS or TCP belong in a rule of their own',
    'spec.rules[0]',
    egress(`to: [{hosts: [a.example], ports: [{port: 443, protocol: TLS}]}], ${originate}`),
  ],
  [
    "tls mode Originate needs hosts, not cidrs, as the destination's certificate is checked against the name",
    'spec.rules[0]',
    egress(`to: [{hosts: [a.example], cidrs: [192.0.2.1], ports: [{port: 443, protocol: HTTPS}]}], ${originate}`),
  ],
  ...['rateLimit: {requests: 1, per: Second}', 'timeouts: {connect: 1s}', 'retries: {attempts: 1}'].map(
    (field) =>
      [
        'rateLimit, timeouts and retries have no meaning with action Deny',
        'spec.rules[0]',
        egress(`${http}, action: Deny, ${field}`),
      ] as const,
  ),
];

describe('an Egress', () => {
  for (const [message, field, text] of breaking) {
    it(`is told: ${message}: ${text.slice(90)}`, () => {
      const found = validate(parse(text)).diagnostics.map(({ reason, field: at, message: said }) => [reason, at, said]);
      expect(found).toEqual([['RuleViolated', field, message]]);
    });
  }

  it('has an example for each rule of its definition', () => {
    expect(new Set(breaking.map(([message]) => message))).toEqual(new Set(messagesIn(parse(definition))));
  });

  it('may say all that its rules allow', () => {
    const texts = [
      selecting('{key: a, operator: In, values: [b]}, {key: c, operator: Exists}'),
      egress(https, '{serviceAccounts: [a]}'),
      egress('to: [{hosts: ["*.a.example"], cidrs: [192.0.2.1, "2001:db8::1"], ports: [{port: 443, protocol: TLS}]}]'),
      egress(`${http}, http: [{methods: [GET]}, {path: {type: RegularExpression, value: a.*}}]`),
      egress(`${https}, tls: {mode: Passthrough}`),
      egress(`${https}, tls: {mode: Originate, ${authorities}, clientCertificateRef: {name: c}}`),
      egress(`${https}, ${originate}, http: [{path: {value: /a}}], retries: {attempts: 1}, timeouts: {request: 1s}`),
      egress(`${tcp}, timeouts: {connect: 1s}, rateLimit: {requests: 1, per: Second}`),
      egress(`${tcp}, action: Deny`),
    ];
    for (const text of texts) expect(validate(parse(text)).diagnostics, text).toEqual([]);
  });

  it('gets its defaults', () => {
    expect(validate(parse(egress(`${https}, ${originate}, http: [{path: {value: /a}}]`)))).toMatchObject({
      object: { spec: { rules: [{ action: 'Allow', http: [{ path: { type: 'PathPrefix', value: '/a' } }] }] } },
    });
  });
});
