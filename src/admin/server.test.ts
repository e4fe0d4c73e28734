import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type AdminServer, createHealthServer } from './server.ts';

let server: AdminServer;

beforeEach(async () => {
  const readiness = () => Promise.resolve({ ready: true, waitingFor: [] });
  server = await createHealthServer({ readiness, registry: new Registry() }, '127.0.0.1', 0);
});

afterEach(() => server.close());

/** Asks in raw words, as clients put paths in order themselves. */
async function ask(path: string): Promise<string> {
  const socket = connect(server.port, '127.0.0.1');
  socket.end(`GET ${path} HTTP/1.1\r\nhost: probe\r\nconnection: close\r\n\r\n`);
  return (await text(socket)).split('\r\n')[0] ?? '';
}

it('answers what is no path, and serves on', async () => {
  for (const path of ['//', 'http://', '//:1']) expect(await ask(path)).toBe('HTTP/1.1 400 Bad Request');
  expect(await ask('/readyz')).toBe('HTTP/1.1 200 OK');
});

it('shows nothing but health and metrics', async () => {
  expect(await ask('/metrics')).toBe('HTTP/1.1 200 OK');
  expect(await ask('/dump/snapshot')).toBe('HTTP/1.1 404 Not Found');
});
