import { describe, expect, it } from 'vitest';
import { createTestCertificate, secretYaml } from '../../test/fixture/certificate.ts';
import { translateYaml } from '../../test/explain/fixture.ts';
import { explainRequest } from './explain.ts';
import { renderExplanation } from './render-explanation.ts';
import { parseRequest, type RequestOptions } from './request.ts';

const backend = '[{backendRefs: [{name: a, port: 80, weight: 3}, {name: gone, port: 80}]}]';
const translation = translateYaml(`
kind: Gateway
metadata: {name: gw, namespace: default}
spec:
  gatewayClassName: sallyport
  listeners:
  - {name: tcp, port: 5432, protocol: TCP}
  - {name: idle, port: 5433, protocol: TCP}
  - {name: udp, port: 5434, protocol: UDP}
  - {name: pass, port: 443, protocol: TLS, hostname: "*.a.test", tls: {mode: Passthrough}}
  - {name: end, port: 443, protocol: TLS, hostname: end.a.test, tls: {mode: Terminate, certificateRefs: [{name: cert}]}}
  - {name: web, port: 443, protocol: HTTPS, hostname: web.a.test, tls: {certificateRefs: [{name: cert}]}}
---
${secretYaml('cert', createTestCertificate(['web.a.test']))}
---
kind: Service
metadata: {name: a, namespace: default}
spec: {ports: [{port: 80}]}
---
kind: TCPRoute
metadata: {name: db, namespace: default}
spec: {parentRefs: [{name: gw, sectionName: tcp}], rules: ${backend}}
---
kind: TLSRoute
metadata: {name: wide, namespace: default}
spec: {parentRefs: [{name: gw, sectionName: pass}], hostnames: ["*.a.test"], rules: ${backend}}
---
kind: TLSRoute
metadata: {name: ended, namespace: default}
spec: {parentRefs: [{name: gw, sectionName: end}], hostnames: [end.a.test], rules: ${backend}}
---
kind: TLSRoute
metadata: {name: none, namespace: default}
spec: {parentRefs: [{name: gw, sectionName: pass}], hostnames: [none.a.test], rules: [{backendRefs: [{name: gone, port: 80}]}]}
`);

function explain(url: string, options: RequestOptions = {}) {
  const request = parseRequest('GET', url, options);
  if (!request.ok) throw new Error(request.error);
  const [explanation] = explainRequest(translation, request.value);
  if (explanation === undefined) throw new Error('no explanation');
  return explanation;
}

describe('explainRequest, below HTTP', () => {
  it.each([
    [
      'http://db:5432/',
      'TCPRoute/default/db/0/0',
      [{ cluster: 'default/a:80/tcp', weight: 3 }],
      /reads no HTTP.*weight 1/,
    ],
    [
      'https://x.a.test/',
      'TLSRoute/default/wide/0/0',
      [{ cluster: 'default/a:80/tls', weight: 3 }],
      /without ending it/,
    ],
    ['https://end.a.test/', 'TLSRoute/default/ended/0/0', [{ cluster: 'default/a:80/tcp', weight: 3 }], /ends TLS/],
    ['http://idle:5433/', undefined, [], /no TCPRoute is attached/],
  ])('tells where the connection for %s goes', (url, route, clusters, why) => {
    const { outcome } = explain(url);
    if (outcome.kind !== 'Stream') throw new Error(outcome.kind);
    expect(outcome.route).toBe(route);
    expect(outcome.clusters).toEqual(clusters);
    expect(outcome.why).toMatch(why);
  });

  it('knows that a name without a backend is refused', () => {
    const why = 'no backend of TLSRoute/default/none/0/0 can be used';
    expect(explain('https://none.a.test/').outcome).toEqual({ kind: 'TlsRefused', why });
  });

  it('knows that a host of another section is misdirected to one for HTTPS', () => {
    expect(explain('https://x.a.test/', { sni: 'web.a.test' }).outcome).toMatchObject({
      kind: 'Misdirected',
      status: 421,
    });
  });

  it('has nothing that listens for connections where datagrams are taken', () => {
    expect(explain('http://udp:5434/').outcome.kind).toBe('NoListener');
  });

  it('shows the clusters', () => {
    const text = renderExplanation(explain('http://db:5432/'), { colors: false });
    expect(text).toContain('default/a:80/tcp (weight 3)');
    expect(text).toContain('port 5432 speaks TCP and reads no HTTP');
  });
});
