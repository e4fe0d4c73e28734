import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBackend, type Backend } from './backend.ts';
import { freePort, type EnvoyUnderTest } from './envoy-under-test.ts';
import { startManifests } from './manifest-gateway.ts';
import { send } from './request.ts';

const backends: Backend[] = [];
/** Answers that wait for the word to go; each is a 503. */
const held: ServerResponse[] = [];
let failing: Server;
let envoy: EnvoyUnderTest;
let port = 0;

/** A Service with an endpoint for each port of this host. */
function serviceOf(name: string, ports: readonly number[]): string {
  const slices = ports.map(
    (number) => `kind: EndpointSlice
metadata: {name: ${name}-${number}, labels: {kubernetes.io/service-name: ${name}}}
addressType: IPv4
ports: [{port: ${number}}]
endpoints: [{addresses: [127.0.0.1]}]`,
  );
  return [`kind: Service\nmetadata: {name: ${name}}\nspec: {ports: [{port: 80}]}`, ...slices].join('\n---\n');
}

const documents = () => [
  `kind: Gateway
metadata: {name: gw}
spec: {gatewayClassName: sallyport, listeners: [{name: http, port: ${port}, protocol: HTTP}]}`,
  serviceOf(
    'sticky',
    backends.map((backend) => backend.port),
  ),
  // A TCP server that listens has an address with a port.
  serviceOf('failing', [(failing.address() as AddressInfo).port]),
  `kind: XBackendTrafficPolicy
metadata: {name: sticky}
spec:
  targetRefs: [{group: "", kind: Service, name: sticky}]
  sessionPersistence: {type: Header, sessionName: x-session}`,
  `kind: XBackendTrafficPolicy
metadata: {name: failing}
spec:
  targetRefs: [{group: "", kind: Service, name: failing}]
  retryConstraint: {budget: {percent: 0}, minRetryRate: {count: 1, interval: 1s}}`,
  `kind: HTTPRoute
metadata: {name: r}
spec:
  parentRefs: [{name: gw}]
  rules:
    - {matches: [{path: {value: /failing}}], retry: {attempts: 3, codes: [503], backoff: 100ms},
       backendRefs: [{name: failing, port: 80}]}
    - backendRefs: [{name: sticky, port: 80}]`,
];

beforeAll(async () => {
  for (const name of ['a', 'b', 'c']) backends.push(await startBackend(name));
  failing = createServer((_request, response) => void held.push(response));
  await new Promise<void>((resolve) => failing.listen(0, '127.0.0.1', resolve));
  port = await freePort();
  envoy = await startManifests(documents(), [port]);
});

afterAll(async () => {
  await envoy?.stop();
  for (const backend of backends) await backend.stop();
  failing?.closeAllConnections();
  failing?.close();
});

async function whoAnswers(headers: Record<string, string>): Promise<{ backend: string; session: string }> {
  const reply = await send({ port, host: 'a.test', path: '/', headers });
  // A backend answers with what it saw.
  const { backend } = JSON.parse(reply.body) as { backend: string };
  return { backend, session: String(reply.headers['x-session'] ?? '') };
}

describe('XBackendTrafficPolicy on a real Envoy', () => {
  it('keeps the sessions of a Service', async () => {
    const first = await whoAnswers({});
    const later = await Promise.all(Array.from({ length: 12 }, () => whoAnswers({ 'x-session': first.session })));
    expect(new Set(later.map(({ backend }) => backend))).toEqual(new Set([first.backend]));
    const fresh = await Promise.all(Array.from({ length: 12 }, () => whoAnswers({})));
    expect(new Set(fresh.map(({ backend }) => backend)).size).toBe(3);
  });

  it('bounds how many requests are retried at a time', async () => {
    const asked = 20;
    let answered = 0;
    const replies = Array.from({ length: asked }, async () => {
      const { status } = await send({ port, host: 'a.test', path: '/failing' });
      answered++;
      return status;
    });
    const fail = () => {
      for (const response of held.splice(0)) response.writeHead(503).end();
    };
    await expect.poll(() => held.length).toBe(asked);
    fail();
    // One is tried again, and held; the others are over.
    await expect.poll(() => [answered, held.length]).toEqual([asked - 1, 1]);
    failing.on('request', fail);
    fail();
    expect(new Set(await Promise.all(replies))).toEqual(new Set([503]));
  });
});
