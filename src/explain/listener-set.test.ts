import { expect, it } from 'vitest';
import { translateYaml } from '../../test/explain/fixture.ts';
import { explainRequest } from './explain.ts';
import type { Explanation } from './explanation.ts';
import { parseRequest } from './request.ts';

const translation = translateYaml(`
kind: Gateway
metadata: {name: gw, namespace: infra}
spec:
  gatewayClassName: sallyport
  allowedListeners: {namespaces: {from: Selector, selector: {matchLabels: {sets: allowed}}}}
  listeners: [{name: http, port: 80, protocol: HTTP, hostname: gateway.test}]
---
kind: Namespace
metadata: {name: shop, labels: {sets: allowed}}
---
kind: ListenerSet
metadata: {name: set, namespace: shop}
spec:
  parentRef: {namespace: infra, name: gw}
  listeners:
  - {name: http, port: 80, protocol: HTTP, hostname: shop.test}
  - {name: taken, port: 80, protocol: HTTP, hostname: gateway.test}
---
kind: ListenerSet
metadata: {name: refused, namespace: other}
spec: {parentRef: {namespace: infra, name: gw}, listeners: [{name: http, port: 80, protocol: HTTP, hostname: x.test}]}
---
kind: HTTPRoute
metadata: {name: here, namespace: shop}
spec: {parentRefs: [{kind: ListenerSet, name: set}], rules: [{filters: [{type: RequestRedirect, requestRedirect: {hostname: a.test}}]}]}
---
kind: HTTPRoute
metadata: {name: there, namespace: infra}
spec: {parentRefs: [{kind: ListenerSet, name: set, namespace: shop}]}
`);

function explain(url: string): Explanation {
  const request = parseRequest('GET', url, {});
  const [explanation] = request.ok ? explainRequest(translation, request.value, {}) : [];
  if (explanation === undefined) throw new Error('no explanation');
  return explanation;
}

it('names the ListenerSet whose listener answers', () => {
  expect(explain('http://shop.test/')).toMatchObject({
    section: 'listenerset/shop/set/http',
    route: { origin: 'HTTPRoute/shop/here' },
  });
});

it('tells what of the ListenerSets does not serve, and what does not attach to them', () => {
  const told = explain('http://x.test/').notChosen.map(({ name, why }) => `${name}: ${why}`);
  expect(told).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^listenerset\/shop\/set\/taken: does not serve: .*same hostname/),
      expect.stringMatching(/^ListenerSet other\/refused: not attached: .*allowedListeners/),
      expect.stringMatching(/^HTTPRoute infra\/there: not attached to listener listenerset\/shop\/set\/http: .*infra/),
    ]),
  );
});
