import { afterAll, beforeAll, expect, it } from 'vitest';
import { admitRequest } from '../../src/explain/arrival.ts';
import { startBackend, type Backend, type Seen } from '../envoy/backend.ts';
import { startHttpGateway, type HttpGateway } from '../envoy/http-gateway.ts';
import { cluster, endpoints, forward, prefix, route, weighted } from '../fixture/ir.ts';

let backend: Backend;
let gateway: HttpGateway;

beforeAll(async () => {
  backend = await startBackend('a');
  gateway = await startHttpGateway({
    hosts: { '*': [route('all', prefix('/'), forward([weighted('a')]))] },
    clusters: [cluster('a')],
    endpoints: [endpoints('a', backend.port)],
  });
});

afterAll(async () => {
  await gateway?.stop();
  await backend?.stop();
});

/** Status, then the path that the backend saw or that the client is sent to. */
async function observed(path: string): Promise<string> {
  const reply = await gateway.get(path);
  if (reply.status === 200) return `200 ${(JSON.parse(reply.body) as Seen).path}`;
  return reply.headers.location === undefined ? `${reply.status}` : `${reply.status} ${reply.headers.location}`;
}

function explained(path: string): string {
  const [before = '', query] = path.split('?');
  const arrival = admitRequest({
    method: 'GET',
    scheme: 'http',
    port: 80,
    authority: 'a.test',
    path: before,
    headers: [],
    clientCertificate: 'None',
    ...(query !== undefined && { query }),
  });
  switch (arrival.kind) {
    case 'Routable':
      return `200 ${arrival.request.path}${query === undefined ? '' : `?${query}`}`;
    case 'Redirected':
      return `${arrival.status} ${arrival.location}`;
    case 'Refused':
      return String(arrival.status);
  }
}

const hex = (byte: number): string => byte.toString(16).padStart(2, '0');
const escaped = Array.from({ length: 256 }, (_, byte) => [`/x/%${hex(byte)}`, `/x/%${hex(byte).toUpperCase()}y`]);
const written = Array.from({ length: 126 - 33 }, (_, index) => String.fromCharCode(33 + index))
  .filter((char) => char !== '?' && char !== '#')
  .map((char) => `/x/${char}y`);
const dotted = [
  '/a/./b',
  '/a/../b',
  '/a/..',
  '/a/.',
  '/a/b/../../..',
  '/../../a',
  '/a//b',
  '/a///b//',
  '//a',
  '/a//../b',
  '/a/%2e/b',
  '/a/%2E%2e/b',
  '/a/.%2e',
  '/a/...',
  '/a/.b',
  '/a;x/../b',
  '/a/b;/./c',
  '/a%2fb',
  '/a/..%2Fb',
  '/a%5Cb',
  '/a%2f..%2fb?x=%2f',
  '/a/?q=%2f..',
  '/a?q=//b/../c',
  '/%',
  '/%2',
  '/%zz',
  '/a%252fb',
];

it('agree on what becomes of a path before routes are looked at', async () => {
  for (const path of [...escaped.flat(), ...written, ...dotted]) {
    expect.soft(explained(path), path).toBe(await observed(path));
  }
});
