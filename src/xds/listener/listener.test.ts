import { expect, it } from 'vitest';
import { parseObjects } from '../../../test/fixture/view.ts';
import { clusterType, listenerType } from '../../ads/type-url.ts';
import { createPipeline } from '../../control/pipeline.ts';
import { applyChanges, emptySnapshot } from '../../snapshot/snapshot.ts';
import { standaloneOptions } from '../../translate/options.ts';
import { debianOptions } from '../options.ts';

const yaml = `kind: Gateway
metadata: {name: gw}
spec:
  gatewayClassName: sallyport
  listeners:
    - {name: tcp, port: 80, protocol: TCP}
    - {name: udp, port: 53, protocol: UDP}
    - {name: tls, port: 443, protocol: TLS, tls: {mode: Passthrough}}
---
kind: Service
metadata: {name: a}
spec: {ports: [{name: tcp, port: 80}, {name: udp, port: 53, protocol: UDP}]}
---
${['TCPRoute', 'UDPRoute', 'TLSRoute']
  .map(
    (kind) => `kind: ${kind}
metadata: {name: r}
spec:
  parentRefs: [{name: gw}]
  ${kind === 'TLSRoute' ? 'hostnames: [a.test]' : ''}
  rules: [{backendRefs: [{name: a, port: ${kind === 'UDPRoute' ? 53 : 80}}]}]`,
  )
  .join('\n---\n')}`;

it('is sent after the clusters that its streams and datagrams go to', () => {
  const changes = parseObjects(yaml).map((object) => ({ kind: 'put', object }) as const);
  const pipeline = createPipeline(standaloneOptions, debianOptions);
  const { resources } = pipeline.run(applyChanges(emptySnapshot, changes), new Map());
  const [ours] = resources.values();
  const clusters = ours?.get(clusterType) ?? new Map<string, unknown>();
  const listeners = [...(ours?.get(listenerType)?.values() ?? [])];
  expect(listeners).toHaveLength(3);
  const required = listeners.flatMap(({ requires }) => requires);
  for (const { typeUrl, name } of required) expect([typeUrl, clusters.has(name)]).toEqual([clusterType, true]);
  expect(listeners.every(({ requires }) => requires.length === 1)).toBe(true);
});
