import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPipeline } from '../../src/control/pipeline.ts';
import { gatewayName } from '../../src/ir/name.ts';
import { applyChanges, emptySnapshot } from '../../src/snapshot/snapshot.ts';
import { standaloneOptions } from '../../src/translate/options.ts';
import { debianOptions } from '../../src/xds/options.ts';
import { createTestCertificate, type TestCertificate } from '../fixture/certificate.ts';
import { parseObjects } from '../fixture/view.ts';
import { startBackend, type Backend } from './backend.ts';
import { freePort, startEnvoy, type EnvoyUnderTest } from './envoy-under-test.ts';
import { send, type Reply } from './request.ts';

const own = createTestCertificate(['own.test']);
const fallback = createTestCertificate(['a.wild.test', 'b.a.wild.test', 'broken.test']);
let backend: Backend;
let envoy: EnvoyUnderTest;
let http = 0;
let https = 0;

/** The backend knows a Service by the path that it is asked for, so all Services share one server. */
const services = ['web', 'exact', 'long', 'wild', 'rest', 'everything'];

function service(name: string): string {
  return `
kind: Service
metadata: {namespace: shop, name: ${name}}
spec: {ports: [{name: http, port: 80}]}
---
kind: EndpointSlice
metadata: {namespace: shop, name: ${name}, labels: {kubernetes.io/service-name: ${name}}}
addressType: IPv4
ports: [{name: http, port: ${backend.port}}]
endpoints: [{addresses: [127.0.0.1]}]
---`;
}

function secret(namespace: string, name: string, pair: TestCertificate): string {
  const block = (text: string) =>
    text
      .trim()
      .split('\n')
      .map((line) => `    ${line}`)
      .join('\n');
  return `
kind: Secret
metadata: {namespace: ${namespace}, name: ${name}}
type: kubernetes.io/tls
stringData:
  tls.crt: |
${block(pair.chain)}
  tls.key: |
${block(pair.key)}
---`;
}

const objects = () => `
kind: IngressClass
metadata: {name: edge}
spec:
  controller: sallyport.dev/gateway-controller
  parameters: {apiGroup: gateway.networking.k8s.io, kind: Gateway, scope: Namespace, namespace: infra, name: edge}
---
kind: Gateway
metadata: {namespace: infra, name: edge}
spec:
  gatewayClassName: sallyport
  listeners:
    - {name: http, port: ${http}, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}
    - name: https
      port: ${https}
      protocol: HTTPS
      tls: {certificateRefs: [{name: default}]}
      allowedRoutes: {namespaces: {from: All}}
---
kind: Ingress
metadata: {namespace: shop, name: web}
spec:
  ingressClassName: edge
  defaultBackend: {service: {name: rest, port: {number: 80}}}
  tls: [{hosts: [own.test], secretName: own}, {hosts: [broken.test], secretName: gone}]
  rules:
    - host: own.test
      http:
        paths:
          - {path: /foo, pathType: Exact, backend: {service: {name: exact, port: {name: http}}}}
          - {path: /foo/, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
          - {path: /foo/long, pathType: Prefix, backend: {service: {name: long, port: {number: 80}}}}
          - {path: /gone, pathType: Prefix, backend: {service: {name: gone, port: {number: 80}}}}
          - {path: /files, pathType: Prefix, backend: {resource: {kind: Bucket, name: files}}}
    - host: broken.test
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
---
kind: Ingress
metadata: {namespace: shop, name: wild}
spec:
  ingressClassName: edge
  rules:
    - host: "*.wild.test"
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: wild, port: {number: 80}}}}]}
---
`;

beforeAll(async () => {
  backend = await startBackend('all');
  [http, https] = [await freePort(), await freePort()];
  const text =
    objects() + services.map(service).join('') + secret('shop', 'own', own) + secret('infra', 'default', fallback);
  const snapshot = applyChanges(
    emptySnapshot,
    parseObjects(text).map((object) => ({ kind: 'put', object })),
  );
  const { resources } = createPipeline(standaloneOptions, debianOptions).run(snapshot, new Map());
  const served = resources.get(gatewayName('infra', 'edge'));
  if (served === undefined) throw new Error('the Gateway is not served');
  envoy = await startEnvoy(served);
  await envoy.listening(http);
  await envoy.listening(https);
});

afterAll(async () => {
  await envoy?.stop();
  await backend?.stop();
});

function plain(host: string, path: string): Promise<Reply> {
  return send({ port: http, host, path });
}

function secure(host: string, path: string): Promise<Reply> {
  return send({
    port: https,
    host,
    path,
    tls: { ca: [own.chain, fallback.chain], servername: host.replace(/:.*/, '') },
  });
}

/** The cluster that the access log names for the request of this path, which no other request has. */
async function clusterOf(path: string): Promise<string | undefined> {
  for (let tries = 0; tries < 200; tries += 1) {
    const line = envoy
      .output()
      .split('\n')
      .find((entry) => entry.includes(`${path}"`));
    if (line !== undefined) return services.find((name) => line.includes(`shop/${name}:80`));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return undefined;
}

describe('an Ingress on a real Envoy', () => {
  afterAll(() => expect(envoy.refusals).toEqual([]));

  it.each([
    ['own.test', '/foo', 200],
    ['own.test', '/foo/', 200],
    ['own.test', '/gone/here', 503],
    ['own.test', '/files/here', 500],
    ['own.test', '/foobar', 200],
    ['nobody.test', '/', 200],
    ['a.wild.test', '/', 200],
    ['A.wild.test:8080', '/', 200],
    ['b.a.wild.test', '/', 404],
    ['wild.test', '/', 200],
    ['broken.test', '/', 200],
  ])('answers %s%s over plain HTTP with %d', async (host, path, status) => {
    expect((await plain(host, path)).status).toBe(status);
  });

  it.each([
    ['own.test', '/foo?exact', 'exact'],
    ['own.test', '/foo/?slash', 'web'],
    ['own.test', '/foo/bar?longer', 'web'],
    ['own.test', '/foo/long/er?longest', 'long'],
    ['own.test', '/foo/longer?element', 'web'],
    ['own.test', '/foobar?default', 'rest'],
    ['own.test', '/Foo?case', 'rest'],
    ['nobody.test', '/?any', 'rest'],
    ['wild.test', '/?zero', 'rest'],
    ['a.wild.test', '/?one', 'wild'],
  ])('sends %s%s to %s', async (host, path, name) => {
    expect((await plain(host, path)).status).toBe(200);
    expect(await clusterOf(path)).toBe(name);
  });

  it('serves a host with its own certificate', async () => {
    expect((await secure('own.test', '/foo')).status).toBe(200);
  });

  it('serves other hosts with the default certificate, and a wildcard for one label only', async () => {
    expect((await secure('a.wild.test', '/')).status).toBe(200);
    expect((await secure('b.a.wild.test', '/')).status).toBe(404);
  });

  it('answers nothing of a host over TLS whose Secret is missing', async () => {
    expect((await secure('broken.test', '/')).status).toBe(503);
  });
});
