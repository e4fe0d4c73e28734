import { expect, it } from 'vitest';
import { parseObjects, viewOf } from '../../../test/fixture/view.ts';
import { createMemo } from '../../lib/memo.ts';
import { applyChanges, emptySnapshot, type Snapshot } from '../../snapshot/snapshot.ts';
import { createIndexer } from '../../snapshot/view.ts';
import { standaloneOptions } from '../options.ts';
import { nothingTranslated, type TranslationSources } from '../sources.ts';
import { translateEgressDirection } from './direction.ts';
import { defaultEgressOptions } from './options.ts';

const gateway = `
kind: Gateway
metadata: {name: out, namespace: shop}
spec:
  gatewayClassName: sallyport-egress
  listeners: [{name: proxy, port: 3128, protocol: HTTP}]
`;
const pod = (address: string) => `
kind: Pod
metadata: {name: one, namespace: shop, labels: {app: one}}
spec: {containers: []}
status: {podIP: ${address}}
`;
const egress = (name: string, host: string, cidr = '10.0.0.0/8') => `
kind: Egress
metadata: {name: ${name}, namespace: shop}
spec:
  from: {podSelector: {}}
  rules:
  - {name: r, to: [{hosts: [${host}], cidrs: [${cidr}], ports: [{port: 443, protocol: HTTPS}, {port: 80, protocol: HTTP}]}]}
  - {name: d, action: Deny, to: [{hosts: ["*.${host}"], ports: [{port: 443, protocol: HTTPS}]}]}
`;
const deny = (cidr: string) => `
kind: Egress
metadata: {name: deny, namespace: shop}
spec:
  from: {podSelector: {}}
  rules: [{name: r, action: Deny, to: [{cidrs: [${cidr}], ports: [{port: 80, protocol: HTTP}]}]}]
`;

function put(snapshot: Snapshot, ...texts: readonly string[]): Snapshot {
  return applyChanges(
    snapshot,
    parseObjects(texts.join('---')).map((object) => ({ kind: 'put', object })),
  );
}

const forwardProxy = (direction: ReturnType<typeof translateEgressDirection>) => {
  const listener = direction.gateways[0]?.listeners[0];
  if (listener?.kind !== 'ForwardProxy') throw new Error('no forward proxy');
  return listener;
};

it('does again only what a change speaks of, with what starting from scratch would give', () => {
  const memo = createMemo<TranslationSources>();
  const indexer = createIndexer();
  const run = (snapshot: Snapshot) => {
    const direction = translateEgressDirection(
      memo,
      { ...indexer.update(snapshot), ...nothingTranslated },
      standaloneOptions,
      defaultEgressOptions,
    );
    memo.sweep();
    const fresh = viewOf(Object.values(snapshot.collections).flatMap((collection) => [...collection.values()]));
    const scratch = translateEgressDirection(
      createMemo<TranslationSources>(),
      { ...fresh, ...nothingTranslated },
      standaloneOptions,
      defaultEgressOptions,
    );
    expect(direction.gateways).toEqual(scratch.gateways);
    expect(direction.statuses).toEqual(scratch.statuses);
    return { direction, proxy: forwardProxy(direction) };
  };
  const first = put(
    emptySnapshot,
    gateway,
    pod('10.0.0.1'),
    egress('a', 'a.example'),
    egress('b', 'b.example', '192.168.0.0/16'),
  );
  const before = run(first);
  expect(run(first).direction.gateways[0]).toBe(before.direction.gateways[0]);

  const moved = run(put(first, pod('10.0.0.2')));
  expect(moved.proxy).not.toBe(before.proxy);
  expect(moved.proxy.targets).toBe(before.proxy.targets);

  const changed = run(put(first, egress('b', 'c.example', '192.168.0.0/16')));
  const same = changed.proxy.targets.filter((target) => before.proxy.targets.includes(target));
  expect(same.length).toBeGreaterThan(0);
  expect(same).toEqual(before.proxy.targets.filter((target) => !JSON.stringify(target).includes('shop/b/')));

  // A Deny for addresses guards every name of the namespace on its port, so those targets are made again.
  const denied = run(put(first, deny('203.0.113.0/24')));
  expect(denied.proxy.targets.filter((target) => target.port === 80 && before.proxy.targets.includes(target))).toEqual(
    [],
  );
  const again = run(put(first, deny('198.51.100.0/24')));
  expect(JSON.stringify(again.proxy.targets)).not.toContain('203.0.113.0/24');
});
