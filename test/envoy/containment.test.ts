import { describe, expect, it } from 'vitest';
import type { Standalone } from '../../src/control/standalone.ts';
import type { AnyObject } from '../../src/snapshot/object.ts';
import { freeze } from '../property/object.ts';
import { freePort } from './envoy-under-test.ts';
import { until } from '../fixture/until.ts';
import { startStandalone } from './standalone.ts';

/*
 * A regular expression that passes every check of ours and is too large for Envoy all the same: its program is larger
 * than the limit that the bootstrap sets.
 */
const tooLarge = '/\\pL{1000}\\pL{1000}\\pL{1000}\\pL{1000}\\pL{1000}';

function gateway(port: number): AnyObject {
  return freeze({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { namespace: 'shop', name: 'public', generation: 1 },
    spec: {
      gatewayClassName: 'sallyport',
      listeners: [{ name: 'http', port, protocol: 'HTTP', allowedRoutes: { namespaces: { from: 'Same' } } }],
    },
  });
}

function route(name: string, host: string, regularExpression?: string): AnyObject {
  const path =
    regularExpression === undefined
      ? { type: 'PathPrefix' as const, value: '/' }
      : { type: 'RegularExpression' as const, value: regularExpression };
  return freeze({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { namespace: 'shop', name, generation: 1 },
    spec: {
      parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'public' }],
      hostnames: [host],
      rules: [
        {
          matches: [{ path }],
          filters: [{ type: 'RequestRedirect', requestRedirect: { hostname: 'found.example', statusCode: 302 } }],
        },
      ],
    },
  });
}

async function status(port: number, host: string, path = '/'): Promise<number> {
  const { request } = await import('node:http');
  return new Promise((resolve) => {
    const sent = request({ host: '127.0.0.1', port, path, headers: { host }, agent: false }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('error', () => resolve(0));
    sent.end();
  });
}

function refusedNames(standalone: Standalone): readonly string[] {
  return (standalone.state()?.translation.diagnostics ?? [])
    .filter((diagnostic) => diagnostic.reason === 'RefusedByEnvoy')
    .map((diagnostic) => diagnostic.object?.name ?? '')
    .sort();
}

function accepted(standalone: Standalone, name: string): string | undefined {
  const found = standalone
    .state()
    ?.translation.statuses.find(({ ref }) => ref.kind === 'HTTPRoute' && ref.name === name);
  const status = found?.status as
    | { parents: { conditions: { type: string; status: string; reason: string }[] }[] }
    | undefined;
  const condition = status?.parents[0]?.conditions.find(({ type }) => type === 'Accepted');
  return `${condition?.status} ${condition?.reason}`;
}

describe('what Envoy refuses', () => {
  it('is found on a first configuration: three bad routes among many, all others serve', async () => {
    const port = await freePort();
    const bad = new Map([
      [17, 'bad-a'],
      [250, 'bad-b'],
      [499, 'bad-c'],
    ]);
    const routes = Array.from({ length: 500 }, (_, index) => {
      const name = bad.get(index);
      return name === undefined ? route(`r${index}`, `h${index}.example`) : route(name, `h${index}.example`, tooLarge);
    });
    const standalone = startStandalone([gateway(port), ...routes]);
    await until(
      'all is ready',
      async () => (await standalone.waitingFor()).length === 0 && refusedNames(standalone).length === 3,
    );
    expect(refusedNames(standalone)).toEqual(['bad-a', 'bad-b', 'bad-c']);
    expect(accepted(standalone, 'bad-a')).toBe('False UnsupportedValue');
    expect(accepted(standalone, 'r1')).toBe('True Accepted');
    await until('h498.example is served', async () => (await status(port, 'h498.example')) === 302);
    expect(await status(port, 'h0.example')).toBe(302);
    expect(await status(port, 'h17.example')).toBe(404);
  });

  it('leaves what served before alone, and comes back when it is mended', async () => {
    const port = await freePort();
    const standalone = startStandalone([gateway(port), route('good', 'good.example'), route('other', 'other.example')]);
    await until('good.example is served', async () => (await status(port, 'good.example')) === 302);
    standalone.apply([
      { kind: 'put', object: route('other', 'other.example', tooLarge) },
      { kind: 'put', object: route('late', 'late.example') },
    ]);
    await until('late.example is served', async () => (await status(port, 'late.example')) === 302);
    await until('one is left out', () => refusedNames(standalone).length === 1);
    expect(refusedNames(standalone)).toEqual(['other']);
    expect(await status(port, 'good.example')).toBe(302);
    standalone.apply([{ kind: 'put', object: route('other', 'other.example', '/ok') }]);
    await until('other.example is served', async () => (await status(port, 'other.example', '/ok')) === 302);
    expect(refusedNames(standalone)).toEqual([]);
  });
});
