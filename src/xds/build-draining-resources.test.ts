import { fromBinary, toJson, type JsonObject } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { gateway, section, table, virtualHost, answers, prefix, route } from '../../test/fixture/ir.ts';
import { ListenerSchema } from '../../gen/envoy/envoy/config/listener/v3/listener_pb.js';
import { TcpProxySchema } from '../../gen/envoy/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js';
import { listenerType } from '../ads/type-url.ts';
import { filterChainName, listenerName, originOf, secretName } from '../ir/name.ts';
import { createMemo } from '../lib/memo.ts';
import { buildDrainingResources } from './build-draining-resources.ts';
import { buildResources } from './build-resources.ts';
import { encodedResource } from './encoded.ts';
import { debianOptions } from './options.ts';
import { encode, packAny } from './proto.ts';
import { envoyRegistry } from './registry.ts';
import type { XdsResource } from './resource.ts';

const routes = table([virtualHost('*', [route('r', prefix('/'), answers(200))])]);
const origins = [originOf('Gateway/default/gw')];
const bind = { address: '127.0.0.1', port: 80 };
const serving = buildResources(
  createMemo(),
  debianOptions,
  gateway({
    listeners: [
      { kind: 'Http', name: listenerName('http', '127.0.0.1', 80), bind, port: 80, routeTable: routes.name, origins },
      {
        kind: 'Tls',
        name: listenerName('tls', '127.0.0.1', 443),
        bind: { ...bind, port: 443 },
        port: 443,
        chains: ['a.test', 'b.test'].map((serverName) => ({
          kind: 'Terminate',
          name: filterChainName(serverName),
          section,
          serverName,
          certificates: [secretName('Secret', 'default', 'tls')],
          routeTable: routes.name,
        })),
        origins,
      },
    ],
    routeTables: [routes],
  }),
);

function json({ body }: XdsResource): JsonObject {
  return toJson(ListenerSchema, fromBinary(ListenerSchema, body), { registry: envoyRegistry }) as JsonObject;
}

/** Without the one field in which a draining listener differs. */
function without(text: string): string {
  return text.replaceAll('"maxRequestsPerConnection":1,', '').replaceAll(',"maxRequestsPerConnection":1', '');
}

test('every filter that speaks HTTP takes one request a connection, and nothing else differs', () => {
  const draining = buildDrainingResources(serving);
  for (const [typeUrl, resources] of serving) {
    if (typeUrl !== listenerType) expect(draining.get(typeUrl)).toBe(resources);
  }
  for (const [name, count] of [
    ['http/127.0.0.1:80', 1],
    ['tls/127.0.0.1:443', 2],
  ] as const) {
    const [before, after] = [serving, draining].map((all) => all.get(listenerType)?.get(name));
    if (before === undefined || after === undefined) throw new Error('both have the listener');
    const text = JSON.stringify(json(after));
    expect(text.split('"maxRequestsPerConnection":1')).toHaveLength(count + 1);
    expect(JSON.parse(without(text))).toEqual(json(before));
    expect(after).toMatchObject({ name, requires: before.requires });
    expect(after.version).not.toBe(before.version);
    expect([...after.fragments()].flatMap((fragment) => fragment.origins)).toEqual(origins);
  }
});

test('a listener without HTTP stays as it is', () => {
  const proxy = packAny(TcpProxySchema, { statPrefix: 'tcp', clusterSpecifier: { case: 'cluster', value: 'a' } });
  const bytes = encode(ListenerSchema, {
    name: 'tcp',
    filterChains: [{ filters: [{ name: 'tcp', configType: { case: 'typedConfig', value: proxy } }] }],
  });
  const tcp = encodedResource(listenerType, 'tcp', bytes, origins, []);
  const draining = buildDrainingResources(new Map([[listenerType, new Map([['tcp', tcp]])]]));
  expect(draining.get(listenerType)?.get('tcp')).toBe(tcp);
});
