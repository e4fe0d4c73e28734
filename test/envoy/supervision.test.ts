import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Standalone } from '../../src/control/standalone.ts';
import { askAdmin } from '../../src/infra/host/admin-client.ts';
import { object } from '../property/object.ts';
import { freePort } from './envoy-under-test.ts';
import { until } from '../fixture/until.ts';
import { startStandalone } from './standalone.ts';

const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

async function start(port: number, routes: number, maxConnections: number): Promise<Standalone> {
  const namespace = 'shop';
  const gateway = object({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { namespace, name: 'public', generation: 1 },
    spec: {
      gatewayClassName: 'sallyport',
      listeners: [{ name: 'http', port, protocol: 'HTTP', allowedRoutes: { namespaces: { from: 'Same' } } }],
    },
  });
  const many = Array.from({ length: routes }, (_, index) =>
    ['Service', 'HTTPRoute'].map((kind) =>
      object(
        kind === 'Service'
          ? { apiVersion: 'v1', kind, metadata: { namespace, name: `s${index}` }, spec: { ports: [{ port: 80 }] } }
          : {
              apiVersion: 'gateway.networking.k8s.io/v1',
              kind,
              metadata: { namespace, name: `r${index}`, generation: 1 },
              spec: {
                parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'public' }],
                hostnames: [`h${index}.example.com`],
                rules: [{ backendRefs: [{ group: '', kind: 'Service', name: `s${index}`, port: 80, weight: 1 }] }],
              },
            },
      ),
    ),
  ).flat();
  const standalone = startStandalone([gateway, ...many], maxConnections);
  await until('all is ready', async () => (await standalone.waitingFor()).length === 0);
  return standalone;
}

/** Resolves when the connection is closed by the other side, or has answered. */
function open(port: number): Promise<'answered' | 'closed'> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nhost: x.example\r\n\r\n'));
    sockets.push(socket);
    socket.on('data', () => resolve('answered'));
    socket.on('close', () => resolve('closed'));
    socket.on('error', () => resolve('closed'));
  });
}

describe('an Envoy of this host', () => {
  it('takes as many connections as it is told, and can be looked into all the same', async () => {
    const port = await freePort();
    const standalone = await start(port, 1, 3);
    const outcomes = [await open(port), await open(port), await open(port), await open(port)];
    expect(outcomes).toEqual(['answered', 'answered', 'answered', 'closed']);
    const [envoy] = standalone.envoys();
    expect((await askAdmin(envoy?.adminSocket ?? '', 'GET', '/ready')).status).toBe(200);
  });

  it('counts under 500 series with 1,000 routes and as many clusters, and goes on taking updates', async () => {
    const port = await freePort();
    const standalone = await start(port, 1_000, 100);
    expect(await open(port)).toBe('answered');
    const [envoy] = standalone.envoys();
    const { body } = await askAdmin(envoy?.adminSocket ?? '', 'GET', '/stats/prometheus');
    const series = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(series.length).toBeGreaterThan(10);
    expect(series.length).toBeLessThan(500);
  });
});
