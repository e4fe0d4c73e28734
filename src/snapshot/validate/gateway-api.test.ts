import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createValidator } from './validator.ts';

const validate = createValidator();

function findings(text: string): readonly (readonly [field: string, message: string])[] {
  return validate(parse(text)).diagnostics.map(({ field = '', message }) => [field, message]);
}

const object = (kind: string, spec: string) =>
  `{apiVersion: gateway.networking.k8s.io/v1, kind: ${kind}, metadata: {name: o}, spec: {${spec}}}`;
const route = (spec: string) => object('HTTPRoute', spec);
const rule = (of: string) => route(`rules: [{${of}}]`);
const filter = (of: string) => rule(`filters: [{${of}}]`);
const path = (value: string, type = 'PathPrefix') => rule(`matches: [{path: {type: ${type}, value: "${value}"}}]`);
const gateway = (spec: string) => object('Gateway', `gatewayClassName: c, ${spec}`);
const listeners = (...of: readonly string[]) => gateway(`listeners: [${of.map((one) => `{${one}}`).join(', ')}]`);
const policy = (validation: string, targets = '{group: "", kind: Service, name: s}') =>
  object('BackendTLSPolicy', `targetRefs: [${targets}], validation: {hostname: a.example, ${validation}}`);
const system = 'wellKnownCACertificates: System';

const redirect = 'type: RequestRedirect, requestRedirect: {scheme: https}';
const rewrite = 'type: URLRewrite, urlRewrite: {hostname: a.example}';
const prefix = 'path: {type: ReplacePrefixMatch, replacePrefixMatch: /b}';
const target = '{group: "", kind: Service, name: s}';
const http = 'port: 80, protocol: HTTP';
const certificate = 'certificateRefs: [{name: t}]';

/** Of each rule an object that breaks it, and the field that it is reported at. */
const breaking: readonly (readonly [message: string, field: string, text: string])[] = [
  [
    'sectionName or port must be specified when parentRefs includes 2 or more references to the same parent',
    'spec.parentRefs',
    route('parentRefs: [{name: g}, {name: g, sectionName: a}]'),
  ],
  [
    'sectionName or port must be unique when parentRefs includes 2 or more references to the same parent',
    'spec.parentRefs',
    route('parentRefs: [{name: g, sectionName: a}, {name: g, sectionName: a}]'),
  ],
  ['Rule name must be unique within the route', 'spec.rules', route('rules: [{name: a}, {name: a}]')],
  [
    'RequestRedirect filter must not be used together with backendRefs',
    'spec.rules[0]',
    rule(`filters: [{${redirect}}], backendRefs: [{name: s, port: 80}]`),
  ],
  [
    'When using RequestRedirect filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified',
    'spec.rules[0]',
    rule(
      `matches: [{path: {type: Exact, value: /}}], filters: [{type: RequestRedirect, requestRedirect: {${prefix}}}]`,
    ),
  ],
  [
    'When using URLRewrite filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified',
    'spec.rules[0]',
    rule(`matches: [{path: {type: Exact, value: /}}], filters: [{type: URLRewrite, urlRewrite: {${prefix}}}]`),
  ],
  ['Must have port for Service reference', 'spec.rules[0].backendRefs[0]', rule('backendRefs: [{name: s}]')],
  [
    'May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both',
    'spec.rules[0].filters',
    rule(`filters: [{${redirect}}, {${rewrite}}]`),
  ],
  ['URLRewrite filter cannot be repeated', 'spec.rules[0].filters', rule(`filters: [{${rewrite}}, {${rewrite}}]`)],
  ...(
    [
      ['RequestHeaderModifier', 'requestHeaderModifier', '{remove: [a]}'],
      ['ResponseHeaderModifier', 'responseHeaderModifier', '{remove: [a]}'],
      ['RequestMirror', 'requestMirror', '{backendRef: {name: s, port: 80}}'],
      ['RequestRedirect', 'requestRedirect', '{scheme: https}'],
      ['URLRewrite', 'urlRewrite', '{hostname: a.example}'],
      ['ExtensionRef', 'extensionRef', '{group: a.example, kind: K, name: n}'],
      ['CORS', 'cors', '{allowOrigins: ["*"]}'],
    ] as const
  ).flatMap(([type, field, value]) => {
    const other = type === 'URLRewrite' ? redirect : rewrite;
    return [
      [
        `filter.${field} must be specified for ${type} filter.type`,
        'spec.rules[0].filters[0]',
        filter(`type: ${type}`),
      ],
      [
        `filter.${field} must be nil if the filter.type is not ${type}`,
        'spec.rules[0].filters[0]',
        filter(`${other}, ${field}: ${value}`),
      ],
    ] as const;
  }),
  [
    'Only one of percent or fraction may be specified in HTTPRequestMirrorFilter',
    'spec.rules[0].filters[0].requestMirror',
    filter(
      'type: RequestMirror, requestMirror: {backendRef: {name: s, port: 80}, percent: 1, fraction: {numerator: 1}}',
    ),
  ],
  [
    'numerator must be less than or equal to denominator',
    'spec.rules[0].filters[0].requestMirror.fraction',
    filter('type: RequestMirror, requestMirror: {backendRef: {name: s, port: 80}, fraction: {numerator: 101}}'),
  ],
  [
    "replaceFullPath must be specified when type is set to 'ReplaceFullPath'",
    'spec.rules[0].filters[0].requestRedirect.path',
    filter('type: RequestRedirect, requestRedirect: {path: {type: ReplaceFullPath}}'),
  ],
  [
    "type must be 'ReplacePrefixMatch' when replacePrefixMatch is set",
    'spec.rules[0].filters[0].urlRewrite.path',
    filter('type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: /, replacePrefixMatch: /}}'),
  ],
  [
    "value must be an absolute path and start with '/' when type one of ['Exact', 'PathPrefix']",
    'spec.rules[0].matches[0].path',
    path('a', 'Exact'),
  ],
  ...['//', '/./', '/../', '%2f', '%2F', '#'].map(
    (part) =>
      [
        `must not contain '${part}' when type one of ['Exact', 'PathPrefix']`,
        'spec.rules[0].matches[0].path',
        path(`/a${part}b`),
      ] as const,
  ),
  ...['/..', '/.'].map(
    (part) =>
      [
        `must not end with '${part}' when type one of ['Exact', 'PathPrefix']`,
        'spec.rules[0].matches[0].path',
        path(`/a${part}`),
      ] as const,
  ),
  [
    'backendRequest timeout cannot be longer than request timeout',
    'spec.rules[0].timeouts',
    rule('timeouts: {request: 1s, backendRequest: 1001ms}'),
  ],
  [
    "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']",
    'spec.listeners',
    listeners(`name: a, ${http}, tls: {${certificate}}`),
  ],
  [
    'tls mode must be Terminate for protocol HTTPS',
    'spec.listeners',
    listeners('name: a, port: 443, protocol: HTTPS, tls: {mode: Passthrough}'),
  ],
  [
    "hostname must not be specified for protocols ['TCP', 'UDP']",
    'spec.listeners',
    listeners('name: a, port: 80, protocol: TCP, hostname: a.example'),
  ],
  [
    'Combination of port, protocol and hostname must be unique for each listener',
    'spec.listeners',
    listeners(`name: a, ${http}`, `name: b, ${http}`),
  ],
  [
    'certificateRefs or options must be specified when mode is Terminate',
    'spec.listeners[0].tls',
    listeners('name: a, port: 443, protocol: HTTPS, tls: {mode: Terminate}'),
  ],
  [
    'IPAddress values must be unique',
    'spec.addresses',
    gateway(`listeners: [{name: a, ${http}}], addresses: [{value: 192.0.2.1}, {value: 192.0.2.1}]`),
  ],
  [
    'sectionName must be specified when targetRefs includes 2 or more references to the same target',
    'spec.targetRefs',
    policy(system, `${target}, {group: "", kind: Service, name: s, sectionName: a}`),
  ],
  [
    'sectionName must be unique when targetRefs includes 2 or more references to the same target',
    'spec.targetRefs',
    policy(
      system,
      '{group: "", kind: Service, name: s, sectionName: a}, {group: "", kind: Service, name: s, sectionName: a}',
    ),
  ],
  [
    'must not contain both CACertificateRefs and WellKnownCACertificates',
    'spec.validation',
    policy(`${system}, caCertificateRefs: [{group: "", kind: ConfigMap, name: c}]`),
  ],
  ['must specify either CACertificateRefs or WellKnownCACertificates', 'spec.validation', policy('')],
  [
    'SubjectAltName element must contain Hostname, if Type is set to Hostname',
    'spec.validation.subjectAltNames[0]',
    policy(`${system}, subjectAltNames: [{type: Hostname}]`),
  ],
  [
    'SubjectAltName element must contain URI, if Type is set to URI',
    'spec.validation.subjectAltNames[0]',
    policy(`${system}, subjectAltNames: [{type: URI}]`),
  ],
];

describe('the rules of the Gateway API', () => {
  for (const [message, field, text] of breaking) {
    it(`say: ${message}`, () => expect(findings(text)).toContainEqual([field, message]));
  }

  it('allow what does not break them', () => {
    const texts = [
      route('parentRefs: [{name: g, sectionName: a}, {name: g, sectionName: b}, {name: h}]'),
      route('rules: [{name: a}, {name: b}, {}]'),
      rule(`matches: [{path: {value: /a}}], filters: [{type: RequestRedirect, requestRedirect: {${prefix}}}]`),
      rule('timeouts: {request: 1s, backendRequest: 1000ms}'),
      rule('timeouts: {request: 0s, backendRequest: 1s}'),
      path('/a/%20b;c=1'),
      path('(a|b)#//', 'RegularExpression'),
      listeners(`name: a, ${http}`, `name: b, ${http}, hostname: a.example`),
      listeners(`name: a, port: 443, protocol: HTTPS, tls: {${certificate}}`),
      policy(`${system}, subjectAltNames: [{type: URI, uri: "spiffe://a/b"}]`),
      object(
        'ReferenceGrant',
        'from: [{group: gateway.networking.k8s.io, kind: Gateway, namespace: a}], to: [{group: "", kind: Secret}]',
      ),
      object('GatewayClass', 'controllerName: sallyport.dev/gateway'),
    ];
    for (const text of texts) expect(findings(text), text).toEqual([]);
  });

  it('ask of a ReferenceGrant whom it trusts, and with what', () => {
    const fields = (text: string) => findings(text).map(([field]) => field);
    expect(fields(object('ReferenceGrant', 'from: [], to: []'))).toEqual(['spec.from', 'spec.to']);
    expect(fields(object('ReferenceGrant', 'from: [{group: g, kind: K}], to: [{group: ""}]'))).toEqual([
      'spec.from[0].namespace',
      'spec.to[0].kind',
    ]);
  });
});
