import { describe, expect, it } from 'vitest';
import { caYaml, createTestCertificate, secretYaml } from '../../../test/fixture/certificate.ts';
import { parseObjects, readerOf, viewOf } from '../../../test/fixture/view.ts';
import { clusterOptions, standaloneOptions, type TranslateOptions } from '../options.ts';
import { type GatewayTranslation, translateGateway } from './gateway.ts';

const pair = createTestCertificate(['a.example.com'], { notAfter: '2030-01-01T00:00:00Z' });
const rsa = createTestCertificate(['a.example.com'], { algorithm: 'rsa' });

function translate(spec: string, others: readonly string[] = [], options: Partial<TranslateOptions> = {}) {
  const gateway = `kind: Gateway
metadata: {name: gw, namespace: default, generation: 7}
spec: {gatewayClassName: sallyport, ${spec}}`;
  const view = viewOf(parseObjects([gateway, ...others].join('\n---\n')));
  const [object] = view.Gateway.values();
  if (object === undefined) throw new Error('no Gateway');
  return translateGateway(readerOf(view), object, { ...standaloneOptions, ...options });
}

function ours(
  spec: string,
  others: readonly string[] = [],
  options: Partial<TranslateOptions> = {},
): GatewayTranslation {
  const translation = translate(spec, others, options);
  if (translation === undefined) throw new Error('not ours');
  return translation;
}

type Conditions = GatewayTranslation['conditions'];

function short(conditions: Conditions): readonly string[] {
  return conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`);
}

function listenerConditions(gateway: GatewayTranslation, name: string): readonly string[] {
  return short(gateway.listeners.find((listener) => listener.name === name)?.conditions ?? []);
}

const http = '{name: http, port: 80, protocol: HTTP}';

describe('translateGateway, classes', () => {
  const gatewayClass = (name: string, controller: string, more = '') =>
    `kind: GatewayClass\nmetadata: {name: ${name}}\nspec: {controllerName: ${controller}${more}}`;

  it.each([
    ['implicit', [], {}, 'Ingress'],
    ['absent, in a cluster', [], { implicitClasses: false }, undefined],
    ['of ours', [gatewayClass('sallyport', standaloneOptions.controllerName)], { implicitClasses: false }, 'Ingress'],
    ['of another controller', [gatewayClass('sallyport', 'x.dev/y')], {}, undefined],
  ])('knows a class that is %s', (_, objects, options, role) => {
    expect(translate(`listeners: [${http}]`, objects, options)?.role).toBe(role);
  });

  it.each([
    [
      'its class',
      '',
      [gatewayClass('sallyport', standaloneOptions.controllerName, ', parametersRef: {group: x, kind: Y, name: z}')],
    ],
    ['itself', 'infrastructure: {parametersRef: {group: x, kind: Y, name: z}}, ', []],
  ])('refuses parameters of %s', (_, spec, objects) => {
    const gateway = ours(`${spec}listeners: [${http}]`, objects);
    expect(short(gateway.conditions)).toContain('Accepted=False InvalidParameters');
    expect(gateway.accepted).toBe(false);
    // What ran before goes on.
    expect(gateway.sections).toHaveLength(1);
    expect(gateway.addresses).toEqual(['127.0.0.1']);
  });
});

describe('translateGateway, HTTP', () => {
  it('makes a section and says so', () => {
    const gateway = ours(
      'infrastructure: {labels: {a: b}, annotations: {c: d}}, listeners: [{name: http, port: 80, protocol: HTTP, hostname: "*.Example.com"}]',
    );
    expect(gateway.name).toBe('default/gw');
    expect(gateway.addresses).toEqual(['127.0.0.1']);
    expect(gateway.sections).toEqual([
      {
        name: 'http',
        port: 80,
        hostname: '*.example.com',
        protocol: { kind: 'Http' },
        origins: ['Gateway/default/gw'],
      },
    ]);
    expect(short(gateway.conditions)).toEqual([
      'Accepted=True Accepted',
      'Programmed=True Programmed',
      'ResolvedRefs=True ResolvedRefs',
    ]);
    expect(gateway.conditions[0]?.observedGeneration).toBe(7);
    expect(listenerConditions(gateway, 'http')).toEqual([
      'Accepted=True Accepted',
      'Programmed=True Programmed',
      'ResolvedRefs=True ResolvedRefs',
      'Conflicted=False NoConflicts',
    ]);
    expect(gateway.listeners[0]?.supportedKinds.map(({ kind }) => kind)).toEqual(['HTTPRoute', 'GRPCRoute']);
    expect(gateway.diagnostics).toEqual([]);
  });

  it.each(['SCTP', 'example.com/other'])('refuses protocol %s beside one that is served', (protocol) => {
    const gateway = ours(`listeners: [${http}, {name: other, port: 81, protocol: ${protocol}}]`);
    expect(listenerConditions(gateway, 'other')).toContain('Accepted=False UnsupportedProtocol');
    expect(listenerConditions(gateway, 'other')).toContain('Programmed=False Invalid');
    expect(gateway.listeners[1]?.supportedKinds).toEqual([]);
    expect(short(gateway.conditions)).toContain('Accepted=True ListenersNotValid');
    expect(short(gateway.conditions)).toContain('Programmed=True Programmed');
  });

  it('refuses a Gateway without a listener that is valid', () => {
    const gateway = ours('listeners: [{name: other, port: 81, protocol: SCTP}]');
    expect(short(gateway.conditions)).toEqual([
      'Accepted=False ListenersNotValid',
      'Programmed=False Invalid',
      'ResolvedRefs=True ResolvedRefs',
    ]);
  });

  it.each([
    ['tls', '{name: http, port: 80, protocol: HTTP, tls: {mode: Terminate}}', 'UnsupportedValue'],
    [
      'a selector of an unknown operator',
      '{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: Selector, selector: {matchExpressions: [{key: a, operator: Like}]}}}}',
      'UnsupportedValue',
    ],
    [
      'a missing selector',
      '{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: Selector}}}',
      'UnsupportedValue',
    ],
    ['a port that the offset lifts too high', '{name: http, port: 60000, protocol: HTTP}', 'PortUnavailable'],
  ])('refuses %s', (_, listener, reason) => {
    const gateway = ours(`listeners: [${listener}]`, [], { portOffset: 10_000 });
    expect(listenerConditions(gateway, 'http')[0]).toBe(`Accepted=False ${reason}`);
    expect(gateway.sections).toEqual([]);
  });
});

describe('translateGateway, conflicts', () => {
  it('lets none of two protocols on one port win', () => {
    const gateway = ours(
      `listeners: [${http}, {name: https, port: 80, protocol: HTTPS, tls: {certificateRefs: [{name: a}]}}, {name: ok, port: 81, protocol: HTTP}]`,
      [secretYaml('a', pair)],
    );
    for (const name of ['http', 'https']) {
      expect(listenerConditions(gateway, name)).toContain('Conflicted=True ProtocolConflict');
      expect(listenerConditions(gateway, name)).toContain('Accepted=False ProtocolConflict');
      expect(listenerConditions(gateway, name)).toContain('Programmed=False ProtocolConflict');
    }
    expect(gateway.sections.map((section) => section.name)).toEqual(['ok']);
    expect(short(gateway.conditions)).toContain('Accepted=True ListenersNotValid');
  });

  it.each([
    ['equal', 'a.example.com', 'A.example.com', true],
    ['different', 'a.example.com', 'b.example.com', false],
    ['wildcard and exact', '*.example.com', 'a.example.com', false],
  ])('compares hostnames of one port: %s', (_, one, other, conflict) => {
    const gateway = ours(
      `listeners: [{name: one, port: 80, protocol: HTTP, hostname: "${one}"}, {name: other, port: 80, protocol: HTTP, hostname: "${other}"}]`,
    );
    const expected = conflict ? 'Conflicted=True HostnameConflict' : 'Conflicted=False NoConflicts';
    expect(listenerConditions(gateway, 'one')).toContain(expected);
    expect(listenerConditions(gateway, 'other')).toContain(expected);
  });

  it('does not let a protocol that is not served conflict', () => {
    const gateway = ours(`listeners: [${http}, {name: other, port: 80, protocol: SCTP}]`);
    expect(listenerConditions(gateway, 'http')).toContain('Programmed=True Programmed');
  });
});

describe('translateGateway, allowedRoutes.kinds', () => {
  it.each([
    ['HTTPRoute', '[{kind: HTTPRoute}]', 1, 'ResolvedRefs=True ResolvedRefs'],
    ['another kind', '[{kind: TCPRoute}]', 0, 'ResolvedRefs=False InvalidRouteKinds'],
    ['another group', '[{group: x.dev, kind: HTTPRoute}]', 0, 'ResolvedRefs=False InvalidRouteKinds'],
    ['both', '[{kind: TCPRoute}, {kind: HTTPRoute}]', 1, 'ResolvedRefs=False InvalidRouteKinds'],
  ])('reads %s', (_, kinds, count, condition) => {
    const gateway = ours(`listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {kinds: ${kinds}}}]`);
    expect(gateway.listeners[0]?.supportedKinds).toHaveLength(count);
    expect(listenerConditions(gateway, 'http')).toContain(condition);
  });
});

describe('translateGateway, HTTPS', () => {
  const https = (tls: string) => `listeners: [{name: https, port: 443, protocol: HTTPS, tls: ${tls}}]`;

  it('sends the certificates and tells when they end', () => {
    const gateway = ours(https('{certificateRefs: [{name: a}, {name: b}, {name: a}]}'), [
      secretYaml('a', pair),
      secretYaml('b', rsa),
    ]);
    expect(gateway.sections[0]?.protocol).toEqual({
      kind: 'Https',
      certificates: ['Secret/default/a', 'Secret/default/b'],
    });
    expect(gateway.secrets.map((secret) => secret.name)).toEqual(['Secret/default/a', 'Secret/default/b']);
    expect(gateway.certificates[0]).toEqual({
      object: { kind: 'Secret', namespace: 'default', name: 'a' },
      secret: 'Secret/default/a',
      notBefore: '2020-01-01T00:00:00.000Z',
      notAfter: '2030-01-01T00:00:00.000Z',
    });
  });

  it('shows no key in a dump', () => {
    const gateway = ours(https('{certificateRefs: [{name: a}]}'), [secretYaml('a', pair)]);
    expect(JSON.stringify(gateway)).not.toContain('PRIVATE KEY');
  });

  it.each([
    ['a Secret that is not there', '{certificateRefs: [{name: x}]}', 'InvalidCertificateRef'],
    ['an unknown kind', '{certificateRefs: [{kind: ConfigMap, name: a}]}', 'InvalidCertificateRef'],
    ['an unknown group', '{certificateRefs: [{group: x.dev, name: a}]}', 'InvalidCertificateRef'],
    ['a key of another certificate', '{certificateRefs: [{name: mixed}]}', 'InvalidCertificateRef'],
    ['a malformed Secret', '{certificateRefs: [{name: empty}]}', 'InvalidCertificateRef'],
    ['another namespace', '{certificateRefs: [{name: a, namespace: shop}]}', 'RefNotPermitted'],
    ['no certificate at all', '{}', 'InvalidCertificateRef'],
  ])('is not programmed with %s', (_, tls, reason) => {
    const secrets = [
      secretYaml('a', pair),
      secretYaml('a', pair, 'shop'),
      secretYaml('mixed', { ...pair, key: rsa.key }),
      'kind: Secret\nmetadata: {name: empty, namespace: default}',
    ];
    const gateway = ours(https(tls), secrets);
    expect(listenerConditions(gateway, 'https').slice(0, 3)).toEqual([
      'Accepted=True Accepted',
      'Programmed=False Invalid',
      `ResolvedRefs=False ${reason}`,
    ]);
    expect(short(gateway.conditions)).toContain('ResolvedRefs=False ListenersNotResolved');
    expect(gateway.secrets).toEqual([]);
  });

  it('keeps the good certificate beside a bad one', () => {
    const gateway = ours(https('{certificateRefs: [{name: x}, {name: a}]}'), [secretYaml('a', pair)]);
    expect(listenerConditions(gateway, 'https').slice(1, 3)).toEqual([
      'Programmed=True Programmed',
      'ResolvedRefs=False InvalidCertificateRef',
    ]);
    expect(gateway.sections[0]?.protocol).toMatchObject({ certificates: ['Secret/default/a'] });
  });

  it('takes a certificate of another namespace with a grant', () => {
    const grant = `kind: ReferenceGrant
metadata: {name: g, namespace: shop}
spec: {from: [{group: gateway.networking.k8s.io, kind: Gateway, namespace: default}], to: [{group: "", kind: Secret, name: a}]}`;
    const gateway = ours(https('{certificateRefs: [{name: a, namespace: shop}]}'), [
      secretYaml('a', pair, 'shop'),
      grant,
    ]);
    expect(gateway.sections[0]?.protocol).toMatchObject({ certificates: ['Secret/shop/a'] });
  });

  it.each([
    ['Passthrough', '{mode: Passthrough}'],
    ['options', '{certificateRefs: [{name: a}], options: {x.dev/y: z}}'],
  ])('refuses %s', (_, tls) => {
    const gateway = ours(https(tls), [secretYaml('a', pair)]);
    expect(listenerConditions(gateway, 'https')[0]).toBe('Accepted=False UnsupportedValue');
    expect(gateway.sections).toEqual([]);
  });

  it('warns of hostnames that overlap', () => {
    const listener = (name: string, hostname: string) =>
      `{name: ${name}, port: 443, protocol: HTTPS, hostname: "${hostname}", tls: {certificateRefs: [{name: a}]}}`;
    const gateway = ours(
      `listeners: [${listener('a', 'foo.example.com')}, ${listener('b', 'foo.example.org')}, ${listener('c', '*.example.com')}]`,
      [secretYaml('a', pair)],
    );
    expect(listenerConditions(gateway, 'a')).toContain('OverlappingTLSConfig=True OverlappingHostnames');
    expect(listenerConditions(gateway, 'b').join()).not.toContain('OverlappingTLSConfig');
    expect(listenerConditions(gateway, 'c')).toContain('OverlappingTLSConfig=True OverlappingHostnames');
  });
});

describe('translateGateway, client certificates', () => {
  const ca = caYaml('ConfigMap', 'ca', pair.chain);
  const ref = '{group: "", kind: ConfigMap, name: ca}';
  const listeners = `listeners: [${http}, {name: https, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: a}]}}, {name: other, port: 8443, protocol: HTTPS, tls: {certificateRefs: [{name: a}]}}]`;
  const withTls = (frontend: string, objects: readonly string[] = []) =>
    ours(`tls: {frontend: ${frontend}}, ${listeners}`, [secretYaml('a', pair), ca, ...objects]);
  const validationOf = (gateway: GatewayTranslation, name: string) => {
    const protocol = gateway.sections.find((section) => section.name === name)?.protocol;
    return protocol?.kind === 'Https' ? protocol.clientValidation : undefined;
  };

  it('checks clients by the default, and by the port where it has an entry', () => {
    const gateway = withTls(`{default: {validation: {caCertificateRefs: [${ref}]}}, perPort: [{port: 8443, tls: {}}]}`);
    expect(validationOf(gateway, 'https')).toEqual({ caSecret: 'ConfigMap/default/ca/ca.crt', mode: 'AllowValidOnly' });
    expect(validationOf(gateway, 'other')).toBeUndefined();
    expect(gateway.secrets.map((secret) => secret.name)).toEqual(['ConfigMap/default/ca/ca.crt', 'Secret/default/a']);
    expect(gateway.conditions.some(({ type }) => type === 'InsecureFrontendValidationMode')).toBe(false);
  });

  it('says when clients without a valid certificate are let in', () => {
    const gateway = withTls(
      `{default: {}, perPort: [{port: 8443, tls: {validation: {caCertificateRefs: [${ref}], mode: AllowInsecureFallback}}}]}`,
    );
    expect(validationOf(gateway, 'other')?.mode).toBe('AllowInsecureFallback');
    expect(short(gateway.conditions)).toContain('InsecureFrontendValidationMode=True ConfigurationChanged');
  });

  it.each([
    ['by default', 'default: {validation: {caCertificateRefs: [REF], mode: AllowInsecureFallback}}'],
    [
      'on a port',
      'default: {}, perPort: [{port: 9000, tls: {validation: {caCertificateRefs: [REF], mode: AllowInsecureFallback}}}]',
    ],
  ])('says so %s where only ListenerSets could listen', (_, frontend) => {
    const gateway = ours(`tls: {frontend: {${frontend.replace('REF', ref)}}}, listeners: [${http}]`);
    expect(short(gateway.conditions)).toContain('InsecureFrontendValidationMode=True ConfigurationChanged');
  });

  it.each([
    ['that is not there', '{group: "", kind: ConfigMap, name: x}', 'InvalidCACertificateRef'],
    ['without ca.crt', '{group: "", kind: ConfigMap, name: empty}', 'InvalidCACertificateRef'],
    ['of an unknown kind', '{group: x.dev, kind: Bundle, name: ca}', 'InvalidCACertificateKind'],
    ['of another namespace', '{group: "", kind: ConfigMap, name: ca, namespace: shop}', 'RefNotPermitted'],
  ])('serves no HTTPS with a CA %s', (_, bad, reason) => {
    const gateway = withTls(`{default: {validation: {caCertificateRefs: [${bad}]}}}`, [
      'kind: ConfigMap\nmetadata: {name: empty, namespace: default}\ndata: {}',
    ]);
    expect(gateway.sections.map((section) => section.name)).toEqual(['http']);
    expect(listenerConditions(gateway, 'https').slice(0, 3)).toEqual([
      'Accepted=False NoValidCACertificate',
      'Programmed=False Invalid',
      `ResolvedRefs=False ${reason}`,
    ]);
    expect(listenerConditions(gateway, 'http')).toContain('ResolvedRefs=True ResolvedRefs');
  });

  it('keeps the good CA beside a bad one', () => {
    const gateway = withTls(
      `{default: {validation: {caCertificateRefs: [${ref}, {group: "", kind: ConfigMap, name: x}]}}}`,
    );
    expect(validationOf(gateway, 'https')?.caSecret).toBe('ConfigMap/default/ca/ca.crt');
    expect(listenerConditions(gateway, 'https')).toContain('ResolvedRefs=False InvalidCACertificateRef');
  });

  it('joins several CAs', () => {
    const second = caYaml('Secret', 'more', rsa.chain);
    const gateway = withTls(
      `{default: {validation: {caCertificateRefs: [${ref}, {group: "", kind: Secret, name: more}]}}}`,
      [second],
    );
    const name = validationOf(gateway, 'https')?.caSecret;
    const bundle = gateway.secrets.find((secret) => secret.name === name);
    expect(bundle?.kind === 'CaBundle' && bundle.bundle.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  });
});

describe('translateGateway, tls.backend', () => {
  it('shows the client certificate to backends', () => {
    const gateway = ours(`tls: {backend: {clientCertificateRef: {name: a}}}, listeners: [${http}]`, [
      secretYaml('a', pair),
    ]);
    expect(gateway.backendClientCertificate).toBe('Secret/default/a');
    expect(gateway.secrets.map((secret) => secret.name)).toEqual(['Secret/default/a']);
  });

  it.each([
    ['{name: x}', 'InvalidClientCertificateRef'],
    ['{name: a, kind: ConfigMap}', 'InvalidClientCertificateRef'],
    ['{name: a, namespace: shop}', 'RefNotPermitted'],
  ])('says that %s can not be used, and serves', (ref, reason) => {
    const gateway = ours(`tls: {backend: {clientCertificateRef: ${ref}}}, listeners: [${http}]`, [
      secretYaml('a', pair),
    ]);
    expect(short(gateway.conditions)).toEqual([
      'Accepted=True Accepted',
      'Programmed=True Programmed',
      `ResolvedRefs=False ${reason}`,
    ]);
  });
});

describe('translateGateway, addresses', () => {
  it.each([
    ['none', '', ['127.0.0.1']],
    ['an empty list', 'addresses: [], ', ['127.0.0.1']],
    ['one without a value', 'addresses: [{type: IPAddress}], ', ['127.0.0.1']],
    ['several', 'addresses: [{value: 127.0.0.5}, {type: IPAddress, value: "::1"}], ', ['127.0.0.5', '::1']],
  ])('binds %s', (_, spec, addresses) => expect(ours(`${spec}listeners: [${http}]`).addresses).toEqual(addresses));

  it.each(['Hostname', 'x.dev/fake'])('refuses type %s', (type) => {
    const gateway = ours(`addresses: [{type: ${type}, value: x}], listeners: [${http}]`);
    expect(short(gateway.conditions)).toContain('Accepted=False UnsupportedAddress');
    expect(gateway.sections).toEqual([]);
  });

  it('serves on in Pods, which bind their own', () => {
    const options = { ...clusterOptions, implicitClasses: true };
    const gateway = ours(`addresses: [{type: Hostname, value: x}], listeners: [${http}]`, [], options);
    expect(gateway.accepted).toBe(false);
    expect(gateway.addresses).toEqual([clusterOptions.bindAddress]);
    expect(gateway.sections).toHaveLength(1);
    expect(short(gateway.conditions)).not.toContain('Programmed=True Programmed');
  });

  it('is not programmed with a value that is no address', () => {
    const gateway = ours(`addresses: [{value: 300.1.1.1}], listeners: [${http}]`);
    expect(short(gateway.conditions)).toContain('Accepted=True Accepted');
    expect(short(gateway.conditions)).toContain('Programmed=False AddressNotUsable');
    expect(gateway.addresses).toEqual([]);
  });
});

describe('translateGateway, fields without effect', () => {
  it.each(['allowedListeners: {namespaces: {from: Selector}}'])('says so of %s', (field) => {
    const gateway = ours(`${field}, listeners: [${http}]`);
    expect(short(gateway.conditions)).toContain('sallyport.dev/UnsupportedFields=True UnsupportedValue');
    expect(gateway.diagnostics).toMatchObject([{ severity: 'warning', reason: 'UnsupportedValue' }]);
    expect(gateway.sections).toHaveLength(1);
  });
});
