import { describe, expect, it } from 'vitest';
import { parseObjects, readerOf, viewOf } from '../../../test/fixture/view.ts';
import { clusterName, ruleClusterName } from '../../ir/name.ts';
import { standaloneOptions } from '../options.ts';
import { translateEndpoints } from './endpoint.ts';

const request = {
  kind: 'ServicePort',
  name: clusterName('default', 'a', 80),
  namespace: 'default',
  service: 'a',
  port: 80,
} as const;

function service(port = 'port: 80', extra = ''): string {
  return `kind: Service\nmetadata: {name: a, namespace: default}\nspec: {${extra}ports: [{${port}}]}`;
}

function slice(name: string, endpoints: string, ports = '[{port: 8080}]', type = 'IPv4'): string {
  return `kind: EndpointSlice
metadata: {name: ${name}, namespace: default, labels: {kubernetes.io/service-name: a}}
addressType: ${type}
ports: ${ports}
endpoints: ${endpoints}`;
}

function translate(documents: readonly string[], allowLocalEndpoints = true) {
  const options = { ...standaloneOptions, allowLocalEndpoints };
  return translateEndpoints(readerOf(viewOf(parseObjects(documents.join('\n---\n')))), request, options);
}

function addresses(documents: readonly string[], allowLocalEndpoints = true): readonly string[] {
  const { endpoints } = translate(documents, allowLocalEndpoints);
  return (endpoints.localities[0]?.endpoints ?? []).map(({ address, port }) => `${address}:${port}`);
}

describe('translateEndpoints', () => {
  it('sorts the endpoints of all slices and names each once', () => {
    const one = slice('one', '[{addresses: [10.0.0.2]}, {addresses: [10.0.0.1]}]');
    const two = slice('two', '[{addresses: [10.0.0.2]}]');
    const six = slice('six', '[{addresses: ["FD00::1"]}]', undefined, 'IPv6');
    expect(addresses([service(), one, six, two])).toEqual(['10.0.0.1:8080', '10.0.0.2:8080', 'fd00::1:8080']);
  });

  it.each([
    [
      'port names',
      service('name: web, port: 80'),
      '[{name: web, port: 8080}, {name: admin, port: 9090}]',
      ['10.0.0.1:8080'],
    ],
    ['an absent port name', service('name: web, port: 80'), '[{name: admin, port: 9090}]', []],
    ['protocols', service(), '[{port: 53, protocol: UDP}, {port: 8080, protocol: TCP}]', ['10.0.0.1:8080']],
    [
      'named target ports, which the slice has resolved',
      service('name: web, port: 80, targetPort: http'),
      '[{name: web, port: 3000}]',
      ['10.0.0.1:3000'],
    ],
    ['a port without a number', service('port: 80, targetPort: 3000'), '[{}]', ['10.0.0.1:3000']],
  ])('goes by %s', (_, yaml, ports, expected) => {
    expect(addresses([yaml, slice('s', '[{addresses: [10.0.0.1]}]', ports)])).toEqual(expected);
  });

  it('refuses the addresses of nodes where endpoints may not be local', () => {
    const node =
      'apiVersion: v1\nkind: Node\nmetadata: {name: n}\nstatus: {addresses: [{type: InternalIP, address: 192.0.2.1}]}';
    const yaml = slice('s', '[{addresses: [192.0.2.1]}, {addresses: [10.0.0.1]}]');
    expect(addresses([node, service(), yaml], false)).toEqual(['10.0.0.1:8080']);
    expect(translate([node, service(), yaml], false).diagnostics).toMatchObject([
      { message: '192.0.2.1 is the address of a node of this cluster.', object: { name: 's' } },
    ]);
    expect(addresses([node, service(), yaml])).toEqual(['10.0.0.1:8080', '192.0.2.1:8080']);
  });

  it.each([
    ['ready', '{ready: true}', true],
    ['not ready', '{ready: false}', false],
    ['without conditions', '{}', true],
    ['ending but still serving', '{ready: false, serving: true, terminating: true}', false],
  ])('beside a ready endpoint, uses one that is %s: %s', (_, conditions, used) => {
    const yaml = slice('s', `[{addresses: [10.0.0.9]}, {addresses: [10.0.0.1], conditions: ${conditions}}]`);
    expect(addresses([service(), yaml]).includes('10.0.0.1:8080')).toBe(used);
  });

  it('falls back on endpoints that end but still serve, and on no others', () => {
    const ending = '{addresses: [10.0.0.1], conditions: {ready: false, serving: true, terminating: true}}';
    const dead = '{addresses: [10.0.0.2], conditions: {ready: false, serving: false, terminating: true}}';
    const starting = '{addresses: [10.0.0.3], conditions: {ready: false, serving: false}}';
    expect(addresses([service(), slice('s', `[${ending}, ${dead}, ${starting}]`)])).toEqual(['10.0.0.1:8080']);
  });

  it('takes headless Services', () => {
    expect(
      addresses([
        service('port: 80, targetPort: 3000', 'clusterIP: None, '),
        slice('s', '[{addresses: [10.0.0.1]}]', '[{port: 3000}]'),
      ]),
    ).toEqual(['10.0.0.1:3000']);
  });

  it('refuses FQDN slices and addresses of the wrong family', () => {
    const { endpoints, diagnostics } = translate([
      service(),
      slice('f', '[{addresses: [x.example.com]}]', undefined, 'FQDN'),
      slice('w', '[{addresses: [example]}]'),
    ]);
    expect(endpoints.localities[0]?.endpoints).toEqual([]);
    expect(diagnostics.map(({ object, reason }) => [object?.name, reason])).toEqual([
      ['f', 'UnsupportedValue'],
      ['w', 'UnsupportedValue'],
    ]);
  });

  it('refuses addresses of the host only where they are not allowed', () => {
    const documents = [service(), slice('s', '[{addresses: [127.0.0.1]}, {addresses: [10.0.0.1]}]')];
    expect(addresses(documents)).toEqual(['10.0.0.1:8080', '127.0.0.1:8080']);
    expect(addresses(documents, false)).toEqual(['10.0.0.1:8080']);
    expect(translate(documents, false).diagnostics).toHaveLength(1);
  });

  it('gives each backend of a rule its locality and weight', () => {
    const name = ruleClusterName('HTTPRoute/default/r', 0);
    const backends = [
      { namespace: 'default', service: 'a', port: 80, weight: 3 },
      { namespace: 'default', service: 'b', port: 80, weight: 1 },
    ];
    const read = readerOf(viewOf(parseObjects([service(), slice('s', '[{addresses: [10.0.0.1]}]')].join('\n---\n'))));
    const { endpoints } = translateEndpoints(
      read,
      { kind: 'Rule', name, protocol: 'Http1', backends },
      standaloneOptions,
    );
    expect(endpoints).toEqual({
      cluster: name,
      localities: [
        { name: 'default/a:80', weight: 3, endpoints: [{ address: '10.0.0.1', port: 8080 }] },
        { name: 'default/b:80', weight: 1, endpoints: [] },
      ],
    });
  });
});
