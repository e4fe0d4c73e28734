import { describe, expect, it } from 'vitest';
import { createTestCertificate, secretYaml } from '../../test/fixture/certificate.ts';
import { translateYaml } from '../../test/explain/fixture.ts';
import { explainRequest, type ExplainOptions } from './explain.ts';
import type { Explanation } from './explanation.ts';
import { parseRequest, type RequestOptions } from './request.ts';

const certificate = createTestCertificate(['x.a.test']);

const translation = translateYaml(`
kind: Gateway
metadata: {name: gw, namespace: default}
spec:
  gatewayClassName: sallyport
  listeners:
  - {name: any, port: 80, protocol: HTTP}
  - {name: a, port: 80, protocol: HTTP, hostname: "*.a.test", allowedRoutes: {namespaces: {from: Same}}}
  - {name: tls-a, port: 443, protocol: HTTPS, hostname: "*.a.test", tls: {certificateRefs: [{name: cert}]}}
  - {name: broken, port: 8443, protocol: HTTPS, tls: {certificateRefs: [{name: gone}]}}
  - {name: tls-x, port: 443, protocol: HTTPS, hostname: x.a.test, tls: {certificateRefs: [{name: cert}]}}
---
kind: Gateway
metadata: {name: other, namespace: default}
spec: {gatewayClassName: sallyport, listeners: [{name: http, port: 8080, protocol: HTTP}]}
---
${secretYaml('cert', certificate)}
---
kind: HTTPRoute
metadata: {name: shop, namespace: default, creationTimestamp: "2026-01-01T00:00:00Z"}
spec:
  parentRefs: [{name: gw}]
  hostnames: [x.a.test]
  rules:
  - {name: site, matches: [{path: {type: PathPrefix, value: /}}], filters: [{type: RequestRedirect, requestRedirect: {statusCode: 301, path: {type: ReplaceFullPath, replaceFullPath: /s}}}]}
  - {matches: [{path: {type: PathPrefix, value: /cart}}], filters: [{type: RequestRedirect, requestRedirect: {statusCode: 302, hostname: c.test}}]}
  - {matches: [{path: {type: PathPrefix, value: /cart}, headers: [{name: x-canary, value: "yes"}]}], filters: [{type: RequestRedirect, requestRedirect: {statusCode: 302, hostname: d.test}}]}
---
kind: HTTPRoute
metadata: {name: younger, namespace: default, creationTimestamp: "2026-02-01T00:00:00Z"}
spec:
  parentRefs: [{name: gw, sectionName: a}]
  hostnames: [x.a.test, "*.a.test"]
  rules:
  - {matches: [{path: {type: PathPrefix, value: /cart}}], filters: [{type: RequestRedirect, requestRedirect: {statusCode: 303}}]}
---
kind: HTTPRoute
metadata: {name: foreign, namespace: legacy}
spec: {parentRefs: [{name: gw, namespace: default, sectionName: a}]}
`);

function explain(url: string, options: RequestOptions = {}, asked: ExplainOptions = {}): readonly Explanation[] {
  const request = parseRequest('GET', url, options);
  if (!request.ok) throw new Error(request.error);
  return explainRequest(translation, request.value, asked);
}

function first(url: string, options?: RequestOptions): Explanation {
  const [explanation] = explain(url, options);
  if (explanation === undefined) throw new Error('no explanation');
  return explanation;
}

function whyNot(explanation: Explanation): readonly string[] {
  return explanation.notChosen.map(({ name, rule, why }) => `${name}${rule === undefined ? '' : ` ${rule}`}: ${why}`);
}

describe('what was not chosen', () => {
  it('is told rule by rule, with the reason that decided', () => {
    const explanation = first('http://x.a.test/cart/7', { headers: ['x-canary: yes'] });
    expect(explanation.route).toMatchObject({ origin: 'HTTPRoute/default/shop', rule: 2 });
    expect(whyNot(explanation)).toEqual(
      expect.arrayContaining([
        'default/shop 0: shorter path prefix (/ against /cart)',
        'default/shop 1: same path, fewer header matches',
        'default/younger 0: same path, fewer header matches',
        'default/younger 0: host x.a.test is more specific than *.a.test',
        'any: its hostname * on port 80 is not the most specific for x.a.test',
      ]),
    );
  });

  it('is told by what the request lacks', () => {
    expect(whyNot(first('http://x.a.test/cart'))).toEqual(
      expect.arrayContaining([
        'default/shop 2: wants header x-canary=yes, which is missing',
        'default/younger 0: default/shop ranks alike and is older, or first by name',
      ]),
    );
  });

  it('holds the routes that are not attached', () => {
    expect(whyNot(first('http://x.a.test/'))).toContainEqual(
      expect.stringMatching(/legacy\/foreign: not attached to listener a: .*namespace legacy/),
    );
  });
});

describe('listeners', () => {
  it('of one port answer for their hosts only', () => {
    expect(first('https://x.a.test/').chain).toMatchObject({
      serverName: 'x.a.test',
      certificates: ['Secret/default/cert'],
    });
    expect(first('https://y.a.test/').outcome).toMatchObject({ kind: 'NoRoute', status: 404 });
    expect(first('https://x.a.test/', { sni: 'y.a.test' }).outcome).toMatchObject({
      kind: 'Misdirected',
      section: 'tls-x',
    });
    expect(first('https://b.test/').outcome).toMatchObject({ kind: 'TlsRefused' });
    expect(whyNot(first('https://b.test/'))).toEqual(
      expect.arrayContaining([
        'tls-a: it takes server name *.a.test, not b.test',
        'tls-x: it takes server name x.a.test, not b.test',
      ]),
    );
    expect(first('https://x.a.test/', { sni: 'x.a.test', headers: ['host: b.test'] }).outcome).toMatchObject({
      kind: 'NoRoute',
    });
  });

  it('speak TLS or do not', () => {
    expect(first('https://x.a.test:80/').outcome.kind).toBe('TlsRefused');
    expect(first('http://x.a.test:443/').outcome.kind).toBe('TlsRefused');
  });

  it('that do not serve say why', () => {
    const explanation = first('https://x.a.test:8443/');
    expect(explanation.outcome.kind).toBe('NoListener');
    expect(whyNot(explanation)).toEqual([expect.stringMatching(/^broken: does not serve: .*gone/)]);
  });

  it('are chosen by the port, and by the Gateway that is asked', () => {
    expect(explain('http://x.a.test:8080/').map(({ gateway }) => gateway)).toEqual(['default/other']);
    expect(first('http://x.a.test:81/').outcome).toEqual({
      kind: 'NoListener',
      why: 'no Gateway listens on port 81; there is port 80, 443, 8080',
    });
    const asked = explain('http://x.a.test/', {}, { gateway: 'default/other' });
    expect(asked.map(({ outcome }) => outcome)).toEqual([
      { kind: 'NoListener', why: 'Gateway default/other does not listen on port 80; there is port 8080' },
    ]);
    const unknown = explain('http://x.a.test/', {}, { gateway: 'default/none' });
    expect(unknown[0]?.outcome).toEqual({ kind: 'NoListener', why: 'no Gateway default/none is served' });
  });
});

describe('what the edge does before routes are looked at', () => {
  it('refuses headers with underscores, and sends escaped slashes back', () => {
    expect(first('http://x.a.test/', { headers: ['x_a: 1'] }).outcome).toMatchObject({
      kind: 'DirectResponse',
      status: 400,
    });
    const connect = parseRequest('CONNECT', 'http://x.a.test/');
    expect(connect.ok && explainRequest(translation, connect.value)[0]?.outcome).toMatchObject({ status: 404 });
    expect(first('http://x.a.test/a%2Fb?c').outcome).toMatchObject({ status: 307, location: '/a/b?c' });
  });
});
