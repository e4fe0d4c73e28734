import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { parseObjects } from '../../test/fixture/view.ts';
import { createPipeline } from '../control/pipeline.ts';
import { applyChanges, emptySnapshot } from '../snapshot/snapshot.ts';
import { standaloneOptions } from '../translate/options.ts';
import { debianOptions } from '../xds/options.ts';
import { demonstrations } from './demonstration.ts';
import { close, findTakenPort, listen, startExampleServers } from './example-servers.ts';
import { runQuickstart } from './quickstart.ts';
import { renderDemonstrations } from './screen.ts';
import { readServerPlan } from './server-plan.ts';

const folder = fileURLToPath(new URL('../../examples/quickstart', import.meta.url));
const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function takePort(): Promise<number> {
  const server = createServer();
  await listen(server, '127.0.0.1', 0, 'the test');
  cleanups.push(() => close(server));
  // A server that listens on a port has an address with a port.
  return (server.address() as AddressInfo).port;
}

async function findFreePort(): Promise<number> {
  const port = await takePort();
  await cleanups.pop()?.();
  return port;
}

describe('the server plan', () => {
  it('plays every endpoint of the example and the host outside', () => {
    const { servers, gatewayPorts } = readServerPlan(folder);
    expect(servers.map(({ name, address, port }) => `${name} ${address}:${port}`)).toEqual([
      'payments.localhost 127.0.0.1:9191',
      'cart 127.0.0.31:9001',
      'cart 127.0.0.32:9001',
      'cart-canary 127.0.0.33:9001',
      'checkout-v1 127.0.0.34:9001',
      'checkout-v2 127.0.0.35:9001',
      'blog 127.0.0.36:9001',
    ]);
    expect(gatewayPorts.map(({ port }) => port)).toEqual([3128, 8080, 8443]);
  });
});

describe("the example's servers", () => {
  it('say who they are and what they got', async () => {
    const port = await findFreePort();
    const servers = await startExampleServers([{ name: 'cart', address: '127.0.0.1', port }]);
    if (!servers.ok) throw new Error(servers.error);
    cleanups.push(() => servers.value.stop());
    const response = await fetch(`http://127.0.0.1:${port}/cart/7?x=1`);
    expect(await response.text()).toBe('cart on 127.0.0.1 got GET /cart/7?x=1\n');
  });

  it('say in one line which port is taken, and leave none of them running', async () => {
    const taken = await takePort();
    const free = await findFreePort();
    const servers = await startExampleServers([
      { name: 'first', address: '127.0.0.1', port: free },
      { name: 'second', address: '127.0.0.1', port: taken },
    ]);
    const line = `127.0.0.1:${taken}, which the example's server second needs, is taken by another program.`;
    expect(servers).toEqual({ ok: false, error: line });
    expect(await findTakenPort('127.0.0.1', [{ gateway: 'a/b', port: free }])).toBeUndefined();
  });

  it('are not alone in needing ports', async () => {
    const port = await takePort();
    const line = `127.0.0.1:${port}, which Gateway edge/public needs, is taken by another program.`;
    expect(await findTakenPort('127.0.0.1', [{ gateway: 'edge/public', port }])).toBe(line);
  });
});

describe('the page', () => {
  const list = demonstrations('examples/quickstart');

  it('has colours on a terminal only', () => {
    expect(renderDemonstrations(list, 'examples/quickstart', 1234, false)).not.toContain('\u001b');
    expect(renderDemonstrations(list, 'examples/quickstart', 1234, true)).toContain('\u001b[1mcurl');
  });

  it('shows every command with what is expected', () => {
    const page = renderDemonstrations(list, 'examples/quickstart', 1234, false);
    for (const { command, expected } of list) {
      expect(page).toContain(command);
      expect(page).toContain(expected);
    }
  });
});

describe('runQuickstart', () => {
  async function writeExample() {
    const [gateway, server] = [await findFreePort(), await findFreePort()];
    const place = mkdtempSync(join(tmpdir(), 'quickstart-'));
    cleanups.push(async () => rmSync(place, { recursive: true }));
    const objects = `kind: Gateway
metadata: {namespace: edge, name: public}
spec: {listeners: [{name: http, port: ${gateway}, protocol: HTTP}]}
---
kind: EndpointSlice
metadata: {name: web}
ports: [{port: ${server}}]
endpoints: [{addresses: [127.0.0.1]}]
`;
    writeFileSync(join(place, 'objects.yaml'), objects);
    return { place, gateway, server };
  }

  it('shows the page once ready, and stops everything at the signal', async () => {
    const { place, server } = await writeExample();
    const controller = new AbortController();
    const events: string[] = [];
    const run = async () => {
      const response = await fetch(`http://127.0.0.1:${server}/`);
      events.push((await response.text()).trim());
      return { ready: Promise.resolve(), stop: async () => void events.push('stopped') };
    };
    const write = (text: string) => {
      events.push(text.includes('curl') ? 'page' : text);
      controller.abort();
    };
    const screen = { write, colours: false };
    const { signal } = controller;
    const ended = await runQuickstart({ folder: place, bindAddress: '127.0.0.1', run, screen, signal, now: () => 0 });
    expect(ended.ok).toBe(true);
    expect(events).toEqual(['web on 127.0.0.1 got GET /', 'page', 'stopped']);
    await expect(fetch(`http://127.0.0.1:${server}/`)).rejects.toThrow();
  });

  it('starts nothing where a port of a Gateway is taken', async () => {
    const { place, gateway } = await writeExample();
    const blocker = createServer();
    await listen(blocker, '127.0.0.1', gateway, 'the test');
    cleanups.push(() => close(blocker));
    const run = () => Promise.reject(new Error('started'));
    const screen = { write: () => undefined, colours: false };
    const { signal } = new AbortController();
    const ended = await runQuickstart({ folder: place, bindAddress: '127.0.0.1', run, screen, signal, now: () => 0 });
    expect(ended).toMatchObject({ ok: false, error: expect.stringContaining('Gateway edge/public') });
  });

  it('stops its servers where Sallyport does not start', async () => {
    const { place, server } = await writeExample();
    const run = () => Promise.reject(new Error('no Envoy'));
    const screen = { write: () => undefined, colours: false };
    const { signal } = new AbortController();
    const ended = runQuickstart({ folder: place, bindAddress: '127.0.0.1', run, screen, signal, now: () => 0 });
    await expect(ended).rejects.toThrow('no Envoy');
    await expect(fetch(`http://127.0.0.1:${server}/`)).rejects.toThrow();
  });
});

describe('the example', () => {
  it('is translated without a diagnostic', () => {
    const files = readdirSync(folder).filter((file) => file.endsWith('.yaml') && file !== 'tests.yaml');
    const objects = files.flatMap((file) => parseObjects(readFileSync(`${folder}/${file}`, 'utf8')));
    const snapshot = applyChanges(
      emptySnapshot,
      objects.map((object) => ({ kind: 'put', object })),
    );
    const { translation } = createPipeline(standaloneOptions, debianOptions).run(snapshot, new Map());
    expect(translation.diagnostics).toEqual([]);
  });

  it('has the certificate of its Secret in a file for curl', () => {
    const documents = parseAllDocuments(readFileSync(`${folder}/blog.yaml`, 'utf8'));
    const secret = documents
      .map(
        (document) =>
          document.toJS() as { readonly kind: string; readonly stringData?: { readonly 'tls.crt': string } },
      )
      .find((object) => object.kind === 'Secret');
    const own = new X509Certificate(secret?.stringData?.['tls.crt'] ?? '');
    expect(own.fingerprint256).toBe(new X509Certificate(readFileSync(`${folder}/blog.localhost.crt`)).fingerprint256);
  });
});
