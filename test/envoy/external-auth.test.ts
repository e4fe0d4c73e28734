import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGrpcAuth, startHttpAuth, type AuthServer } from './auth-server.ts';
import { startBackend, type Backend, type Seen } from './backend.ts';
import { freePort, type EnvoyUnderTest } from './envoy-under-test.ts';
import { resourcesOf, serviceYaml, startManifests } from './manifest-gateway.ts';
import { send, type Reply, type Sent } from './request.ts';

let backend: Backend;
let overHttp: AuthServer;
let overGrpc: AuthServer;
let envoy: EnvoyUnderTest;
let port = 0;
let dead = 0;

const to = 'backendRefs: [{name: a, port: 80}]';

function guarded(path: string, auth: string, more = ''): string {
  const filter = `{type: ExternalAuth, externalAuth: {${auth}}}`;
  return `{matches: [{path: {value: ${path}}}], filters: [${filter}${more}], ${to}}`;
}

const http = (name: string, settings = '', more = '') =>
  `protocol: HTTP, backendRef: {name: ${name}, port: 80}, http: {${settings}}${more}`;
const grpc = (settings = '', more = '') =>
  `protocol: GRPC, backendRef: {name: grpc-auth, port: 80}, grpc: {${settings}}${more}`;
const cors = ', {type: CORS, cors: {allowOrigins: ["https://a.example"], allowMethods: [PUT]}}';
const elsewhere = `{matches: [{path: {value: /redirect}}], filters: [
  {type: ExternalAuth, externalAuth: {${http('auth')}}},
  {type: RequestRedirect, requestRedirect: {path: {type: ReplaceFullPath, replaceFullPath: /in}}}]}`;

const rules = () =>
  [
    guarded('/http', http('auth')),
    guarded('/list', http('auth', 'path: /check, allowedHeaders: [X-Tenant], allowedResponseHeaders: [X-User]')),
    guarded('/body', http('auth', '', ', forwardBody: {maxSize: 8}')),
    guarded('/dead', http('dead')),
    guarded('/gone', http('gone')),
    guarded('/cors', http('auth'), cors),
    guarded('/grpc', grpc('', ', forwardBody: {maxSize: 8}')),
    guarded('/key', grpc('allowedHeaders: [X-Key]')),
    elsewhere,
    `{matches: [{path: {value: /open}}], ${to}}`,
  ].join(', ');

const documents = (more = '') => [
  `kind: Gateway
metadata: {name: gw}
spec: {gatewayClassName: sallyport, listeners: [{name: http, port: ${port}, protocol: HTTP}]}`,
  serviceYaml('a', backend.port),
  serviceYaml('auth', overHttp.port),
  serviceYaml('grpc-auth', overGrpc.port),
  serviceYaml('dead', dead),
  `kind: HTTPRoute
metadata: {name: r}
spec: {parentRefs: [{name: gw}], rules: [${rules()}${more}]}`,
];

beforeAll(async () => {
  backend = await startBackend('a');
  overHttp = await startHttpAuth();
  overGrpc = await startGrpcAuth();
  port = await freePort();
  dead = await freePort();
  envoy = await startManifests(documents(), [port]);
});

afterAll(async () => {
  await envoy?.stop();
  await backend?.stop();
  overHttp?.stop();
  overGrpc?.stop();
});

const ask = (path: string, rest: Partial<Sent> = {}): Promise<Reply> => send({ port, host: 'a.test', path, ...rest });
const allowed = { authorization: 'let-me-in' };

/** What the backend saw of a request that it answered. */
function seenIn(reply: Reply): Seen {
  expect(reply.status).toBe(200);
  // A backend answers with what it saw.
  return JSON.parse(reply.body) as Seen;
}

describe('ExternalAuth over HTTP, on a real Envoy', () => {
  it('denies with what the server answers, and asks nobody else', async () => {
    const before = backend.seen.length;
    const { status, headers, body } = await ask('/http/x');
    expect({ status, body, asks: headers['www-authenticate'] }).toEqual({
      status: 401,
      body: 'who are you?',
      asks: 'Basic realm="test"',
    });
    expect(backend.seen.length).toBe(before);
  });

  it('lets through with all that the server says, but for what describes its own answer', async () => {
    const headers = { ...allowed, 'content-type': 'text/plain', 'x-user': 'mallory' };
    const seen = seenIn(await ask('/http/x?q=1', { method: 'POST', body: 'hello', headers }));
    expect(seen.headers).toMatchObject({ 'x-user': 'alice', 'x-group': 'admins', 'content-type': 'text/plain' });
    expect(seen.headers).toMatchObject({ host: 'a.test' });
  });

  it('shows the server method, path, host, length and authorization, and no more', async () => {
    await ask('/http/x?q=1', { method: 'PUT', body: 'hello', headers: { ...allowed, 'x-tenant': 't', cookie: 'c=1' } });
    const asked = overHttp.asked.at(-1);
    expect(asked).toMatchObject({ method: 'PUT', path: '/http/x?q=1', body: '' });
    const own = Object.keys(asked?.headers ?? {}).filter((name) => !name.startsWith('x-envoy-'));
    expect(own.sort()).toEqual(['authorization', 'content-length', 'host']);
    expect(asked?.headers).toMatchObject({ host: 'a.test', 'content-length': '0' });
  });

  it('shows and copies the headers that are listed, under the path', async () => {
    const seen = seenIn(await ask('/list/x', { headers: { ...allowed, 'x-tenant': 't', 'x-other': 'o' } }));
    expect(overHttp.asked.at(-1)).toMatchObject({ path: '/check/list/x', headers: { 'x-tenant': 't' } });
    expect(overHttp.asked.at(-1)?.headers).not.toHaveProperty('x-other');
    expect(seen.headers).toMatchObject({ 'x-user': 'alice' });
    expect(seen.headers).not.toHaveProperty('x-group');
  });

  it('shows a body that is not too long, and refuses one that is', async () => {
    seenIn(await ask('/body', { method: 'POST', body: '12345678', headers: allowed }));
    expect(overHttp.asked.at(-1)).toMatchObject({ body: '12345678', headers: { 'content-length': '8' } });
    expect((await ask('/body', { method: 'POST', body: '123456789', headers: allowed })).status).toBe(413);
  });

  it('denies where the server is down or missing, and serves the rest', async () => {
    expect((await ask('/dead', { headers: allowed })).status).toBe(403);
    expect((await ask('/gone', { headers: allowed })).status).toBe(500);
    seenIn(await ask('/open'));
  });

  it('guards a redirect', async () => {
    expect((await ask('/redirect')).status).toBe(401);
    const { status, headers } = await ask('/redirect', { headers: allowed });
    expect({ status, location: headers.location }).toEqual({ status: 302, location: `http://a.test:${port}/in` });
  });

  it('answers a CORS preflight, which carries no credentials, without asking', async () => {
    const before = overHttp.asked.length;
    const headers = { origin: 'https://a.example', 'access-control-request-method': 'PUT' };
    const reply = await ask('/cors', { method: 'OPTIONS', headers });
    expect(reply.headers['access-control-allow-origin']).toBe('https://a.example');
    expect(overHttp.asked.length).toBe(before);
    expect((await ask('/cors', { method: 'PUT', headers })).status).toBe(401);
  });
});

describe('ExternalAuth over gRPC, on a real Envoy', () => {
  it('shows the server all headers and the body, and copies what it says', async () => {
    const headers = { ...allowed, 'x-tenant': 't' };
    const seen = seenIn(await ask('/grpc/x', { method: 'POST', body: 'hello', headers }));
    expect(overGrpc.asked.at(-1)).toMatchObject({ method: 'POST', path: '/grpc/x', body: 'hello', headers });
    expect(seen.headers).toMatchObject({ 'x-user': 'alice' });
    expect((await ask('/grpc', { method: 'POST', body: '123456789', headers })).status).toBe(413);
  });

  it('shows the headers that are listed only', async () => {
    expect((await ask('/key', { headers: allowed })).status).toBe(403);
    expect(overGrpc.asked.at(-1)?.headers).toEqual({});
    seenIn(await ask('/key', { headers: { 'x-key': 'let-me-in' } }));
    expect(overGrpc.asked.at(-1)?.headers).toEqual({ 'x-key': 'let-me-in' });
  });

  it('denies what the server denies', async () => expect((await ask('/grpc')).status).toBe(403));
});

it('needs no other listener where a rule begins to ask a server', () => {
  const listenersOf = (more: string) =>
    [...resourcesOf(documents(more)).values()]
      .flatMap((byName) => [...byName.values()])
      .filter(({ typeUrl }) => typeUrl.endsWith('.Listener'));
  const versions = (more: string) => listenersOf(more).map(({ version }) => version);
  expect(versions(`, ${guarded('/more', grpc('allowedHeaders: [x-new]'))}`)).toEqual(versions(''));
});
