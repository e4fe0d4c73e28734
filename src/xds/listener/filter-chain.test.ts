import { fromBinary } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { ListenerSchema } from '../../../gen/envoy/envoy/config/listener/v3/listener_pb.js';
import type { TerminatingChain, TlsListener } from '../../ir/listener.ts';
import { filterChainName, listenerName, routeTableName, secretName, sectionName } from '../../ir/name.ts';
import { createIdentityCache } from '../../lib/identity-cache.ts';
import { createChainEncoder } from './filter-chain.ts';
import { buildListener } from './listener.ts';

function chain(serverName: string): TerminatingChain {
  return {
    kind: 'Terminate',
    name: filterChainName(serverName),
    section: sectionName(serverName),
    serverName,
    certificates: [secretName('Secret', 'default', serverName)],
    routeTable: routeTableName('https', 443),
  };
}

function listener(...chains: readonly TerminatingChain[]): TlsListener {
  const bind = { address: '127.0.0.1', port: 443 };
  return { kind: 'Tls', name: listenerName('tls', '127.0.0.1', 443), bind, port: 443, chains, origins: [] };
}

it('joins a Listener from chains that are encoded apart', () => {
  const encodeChain = createChainEncoder(createIdentityCache());
  const resource = buildListener(listener(chain('a.test'), chain('b.test')), encodeChain);
  const { name, filterChains } = fromBinary(ListenerSchema, resource.body);
  expect(name).toBe('tls/127.0.0.1:443');
  expect(filterChains.map((entry) => [entry.name, entry.filterChainMatch?.serverNames])).toEqual([
    ['a.test', ['a.test']],
    ['b.test', ['b.test']],
  ]);
  for (const { filters } of filterChains) {
    expect(filters.map((filter) => filter.name)).toEqual([
      'envoy.filters.network.set_filter_state',
      'envoy.filters.network.http_connection_manager',
    ]);
  }
  expect(resource.requires.map((requirement) => requirement.name)).toEqual([
    'Secret/default/a.test',
    'Secret/default/b.test',
  ]);
});

it('encodes a chain once for each front, and gives a Listener another version where a chain differs', () => {
  const encodeChain = createChainEncoder(createIdentityCache());
  const kept = chain('a.test');
  const front = { proxyProtocol: true, trustedHops: 1 };
  expect(encodeChain(kept)).toBe(encodeChain(kept));
  expect(encodeChain(kept, front)).toBe(encodeChain(kept, { ...front }));
  expect(encodeChain(kept, front).hash).not.toBe(encodeChain(kept).hash);
  const one = buildListener(listener(kept), encodeChain);
  expect(buildListener(listener(chain('a.test')), encodeChain).version).toBe(one.version);
  expect(buildListener(listener(kept, chain('b.test')), encodeChain).version).not.toBe(one.version);
});
