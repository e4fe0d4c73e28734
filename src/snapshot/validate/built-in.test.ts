import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createValidator } from './validator.ts';

const validate = createValidator();

/** What is wrong with an object, each as `Reason field`. */
function wrong(text: string): readonly string[] {
  return validate(parse(text)).diagnostics.map(({ reason, field }) => `${reason} ${field ?? ''}`.trim());
}

const labelled = (metadata: string) => `{apiVersion: v1, kind: ConfigMap, metadata: {name: c, ${metadata}}}`;
const configMap = (rest: string) => `{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, ${rest}}`;
const secret = (rest: string) => `{apiVersion: v1, kind: Secret, metadata: {name: s}, ${rest}}`;
const service = (spec: string) => `{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {${spec}}}`;
const slice = (rest: string) => `{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: e}, ${rest}}`;
const ingress = (spec: string) =>
  `{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: i}, spec: {${spec}}}`;
const byDefault = (backend: string) => ingress(`defaultBackend: {${backend}}`);
const path = (of: string) =>
  ingress(`rules: [{http: {paths: [{${of}, backend: {service: {name: s, port: {number: 80}}}}]}}]`);
const host = (name: string) => ingress(`rules: [{host: ${name}}]`);
const tls = (of: string) => ingress(`rules: [{}], tls: [{${of}}]`);

type Case = readonly [rule: string, good: readonly string[], bad: readonly (readonly [text: string, said: string])[]];

const label = (key: string) => `metadata.labels${key}`;
const firstPath = 'spec.rules[0].http.paths[0]';
const l63 = 'a'.repeat(63);
const mebibyte = 1024 * 1024;

const cases: readonly Case[] = [
  [
    'labels are qualified names with short values',
    [`labels: {a: ""}`, `labels: {example.com/A_b.c-d: X_y.z-1}`, `labels: {${l63}: ${l63}}`].map(labelled),
    [
      [labelled('labels: {a: -b}'), `InvalidValue ${label('.a')}`],
      [labelled(`labels: {a: ${l63}b}`), `InvalidValue ${label('.a')}`],
      [labelled('labels: {a/b/c: d}'), `InvalidValue ${label("['a/b/c']")}`],
      [labelled('labels: {/a: b}'), `InvalidValue ${label("['/a']")}`],
      [labelled('labels: {Example.com/a: b}'), `InvalidValue ${label("['Example.com/a']")}`],
      [labelled(`labels: {${l63}b: c}`), `InvalidValue ${label(`.${l63}b`)}`],
    ],
  ],
  [
    'annotations are qualified names, whatever the case of their domain, of 256 KiB in all',
    ['annotations: {Example.com/a: any thing}', `annotations: {a: ${'x'.repeat(256 * 1024 - 1)}}`].map(labelled),
    [
      [labelled('annotations: {a b: c}'), "InvalidValue metadata.annotations['a b']"],
      [labelled(`annotations: {a: ${'x'.repeat(256 * 1024)}}`), 'InvalidValue metadata.annotations'],
    ],
  ],
  [
    'a namespace is a DNS label',
    [labelled('namespace: a-1')],
    [[labelled('namespace: a.b'), 'InvalidValue metadata.namespace']],
  ],
  [
    'the keys of a ConfigMap name files, each in one place',
    ['data: {a.B_c-1: ""}', 'data: {.a: b}', 'data: {a: b}, binaryData: {b: YQ==}'].map(configMap),
    [
      [configMap('data: {"..": a}'), "InvalidValue data['..']"],
      [configMap('data: {"..a": a}'), "InvalidValue data['..a']"],
      [configMap('data: {".": a}'), "InvalidValue data['.']"],
      [configMap('data: {a/b: c}'), "InvalidValue data['a/b']"],
      [configMap('data: {a: b}, binaryData: {a: YQ==}'), 'DuplicateValue binaryData.a'],
      [configMap('binaryData: {a: "?"}'), 'InvalidValue binaryData.a'],
    ],
  ],
  [
    'a ConfigMap and a Secret hold 1 MiB',
    [
      configMap(`data: {a: ${'x'.repeat(mebibyte)}}`),
      secret(`data: {a: "${Buffer.alloc(mebibyte).toString('base64')}"}`),
      secret(`stringData: {a: ${'x'.repeat(mebibyte)}}`),
    ],
    [
      [configMap(`data: {a: ${'x'.repeat(mebibyte + 1)}}`), 'InvalidValue data'],
      [secret(`data: {a: "${Buffer.alloc(mebibyte + 1).toString('base64')}"}`), 'InvalidValue data'],
    ],
  ],
  [
    'a Secret of type kubernetes.io/tls has a certificate and a key',
    [
      secret('type: kubernetes.io/tls, data: {tls.crt: "", tls.key: ""}'),
      secret('type: kubernetes.io/tls, stringData: {tls.crt: a, tls.key: b}'),
    ],
    [[secret('type: kubernetes.io/tls, data: {tls.key: YQ==}'), "RequiredField data['tls.crt']"]],
  ],
  [
    'a Service has ports, unless it is headless or a name',
    ['clusterIP: None', 'type: ExternalName, externalName: a.example', 'ports: [{port: 65535}]'].map(service),
    [
      [service(''), 'RequiredField spec.ports'],
      [service('type: ExternalName, externalName: A_b'), 'InvalidValue spec.externalName'],
      [service('clusterIP: nowhere, ports: [{port: 80}]'), 'InvalidValue spec.clusterIP'],
      [service('ports: [{port: 0}]'), 'InvalidValue spec.ports[0].port'],
    ],
  ],
  [
    'the ports of a Service are told apart by name and by protocol',
    [service('ports: [{name: a, port: 53, protocol: UDP}, {name: b, port: 53}]')],
    [
      [service('ports: [{name: a, port: 53}, {name: b, port: 53}]'), 'DuplicateValue spec.ports[1]'],
      [service('ports: [{name: A, port: 53}]'), 'InvalidValue spec.ports[0].name'],
      [service('ports: [{port: 53, protocol: ICMP}]'), 'UnsupportedValue spec.ports[0].protocol'],
    ],
  ],
  [
    'a target port is a number or the name of one',
    ['1', '65535', 'web', 'a-1', '1a', 'abcdefghijklmno'].map((port) =>
      service(`ports: [{port: 1, targetPort: ${port}}]`),
    ),
    ['65536', '"80"', 'a--b', '-a', 'A', 'abcdefghijklmnop', '""'].map(
      (port) => [service(`ports: [{port: 1, targetPort: ${port}}]`), 'InvalidValue spec.ports[0].targetPort'] as const,
    ),
  ],
  [
    'an EndpointSlice has addresses of its type and ports with a name of their own',
    [
      slice('addressType: IPv6, endpoints: [{addresses: ["2001:db8::1"]}]'),
      slice('addressType: FQDN, endpoints: [{addresses: [a.example]}]'),
      slice('addressType: IPv4, endpoints: [], ports: [{port: 80}, {name: a, port: 80}]'),
    ],
    [
      [slice('addressType: IPv4, endpoints: [{addresses: ["::1"]}]'), 'InvalidValue endpoints[0].addresses[0]'],
      [slice('addressType: FQDN, endpoints: [{addresses: [A_b]}]'), 'InvalidValue endpoints[0].addresses[0]'],
      [slice('addressType: Other, endpoints: []'), 'UnsupportedValue addressType'],
      [slice('addressType: IPv4, endpoints: [], ports: [{port: 1}, {port: 2}]'), 'DuplicateValue ports[1].name'],
      [slice('addressType: IPv4, endpoints: [{addresses: []}]'), 'RequiredField endpoints[0].addresses'],
    ],
  ],
  [
    'the backend of an Ingress is a Service with one port, or a resource',
    [
      'service: {name: s, port: {number: 65535}}',
      'service: {name: s, port: {name: web}}',
      'resource: {apiGroup: a.example, kind: B, name: b}',
    ].map(byDefault),
    [
      [byDefault(''), 'InvalidValue spec.defaultBackend'],
      [byDefault('service: {name: s}'), 'InvalidValue spec.defaultBackend.service.port'],
      [byDefault('service: {name: s, port: {number: 65536}}'), 'InvalidValue spec.defaultBackend.service.port.number'],
      [byDefault('service: {name: s, port: {name: a_b}}'), 'InvalidValue spec.defaultBackend.service.port.name'],
      [byDefault('service: {name: a.b, port: {number: 80}}'), 'InvalidValue spec.defaultBackend.service.name'],
      [byDefault('service: {port: {number: 80}}'), 'RequiredField spec.defaultBackend.service.name'],
    ],
  ],
  [
    'the path of an Ingress is absolute and plain',
    [
      'path: /, pathType: Exact',
      'path: /a/.b/..c, pathType: Prefix',
      'pathType: ImplementationSpecific',
      'path: /a//b/%2f/.., pathType: ImplementationSpecific',
    ].map(path),
    [
      ...['/a//b', '/./a', '/../a', '/a%2fb', '/a%2Fb', '/a/..', '/a/.', 'a', '""'].map(
        (value) => [path(`path: ${value}, pathType: Prefix`), `InvalidValue ${firstPath}.path`] as const,
      ),
      [path('pathType: Exact'), `InvalidValue ${firstPath}.path`],
      [path('path: a, pathType: ImplementationSpecific'), `InvalidValue ${firstPath}.path`],
      [path('path: /, pathType: prefix'), `UnsupportedValue ${firstPath}.pathType`],
      [ingress('rules: [{http: {paths: []}}]'), 'RequiredField spec.rules[0].http.paths'],
    ],
  ],
  [
    'the host of an Ingress is a DNS name, with a wildcard for its first label alone',
    ['a.example', '"*.a.example"', '""'].map(host),
    [
      'A.example',
      '"*"',
      '"a.*"',
      '"*a.example"',
      '"*.*.example"',
      '192.0.2.1',
      'a.example:80',
      `"*.${'a'.repeat(252)}"`,
    ].map((name) => [host(name), 'InvalidValue spec.rules[0].host'] as const),
  ],
  [
    'the TLS of an Ingress names hosts and a Secret',
    ['hosts: [a.example, "*.a.example", 192.0.2.1], secretName: a.b', 'secretName: ""'].map(tls),
    [
      [tls('hosts: [A]'), 'InvalidValue spec.tls[0].hosts[0]'],
      [tls('hosts: [""]'), 'InvalidValue spec.tls[0].hosts[0]'],
      [tls('secretName: A'), 'InvalidValue spec.tls[0].secretName'],
    ],
  ],
];

describe('the written rules of Kubernetes', () => {
  for (const [rule, good, bad] of cases) {
    it(`say that ${rule}`, () => {
      for (const text of good) expect(wrong(text), text.slice(0, 200)).toEqual([]);
      for (const [text, said] of bad) expect(wrong(text), text.slice(0, 200)).toEqual([said]);
    });
  }
});
