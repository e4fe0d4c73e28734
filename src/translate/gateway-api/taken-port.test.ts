import { describe, expect, it } from 'vitest';
import { parseObjects, readerOf, viewOf } from '../../../test/fixture/view.ts';
import { standaloneOptions } from '../options.ts';
import { translateGateway } from './gateway.ts';
import { findTakenPorts } from './taken-port.ts';

function gateway(name: string, ports: readonly number[], addresses = '', created = '2026-01-01T00:00:00Z'): string {
  const listeners = ports.map((port) => `{name: l${port}, port: ${port}, protocol: HTTP}`).join(', ');
  const list = addresses === '' ? '' : `addresses: [${addresses}], `;
  return `kind: Gateway
metadata: {name: ${name}, namespace: default, creationTimestamp: "${created}"}
spec: {gatewayClassName: sallyport, ${list}listeners: [${listeners}]}`;
}

function taken(documents: readonly string[], sharedHost = true) {
  const view = viewOf(parseObjects(documents.join('\n---\n')));
  const ports = findTakenPorts(readerOf(view), [...view.Gateway.values()], { ...standaloneOptions, sharedHost });
  return Object.fromEntries([...ports].map(([name, map]) => [name, Object.fromEntries(map)]));
}

describe('findTakenPorts', () => {
  it.each([
    ['different ports', [gateway('a', [80]), gateway('b', [81])], {}],
    ['different addresses', [gateway('a', [80]), gateway('b', [80], '{value: 127.0.0.2}')], {}],
    [
      'one port: the first by name',
      [gateway('b', [80, 81]), gateway('a', [80])],
      { 'default/b': { 'tcp:80': 'default/a' } },
    ],
    [
      'one port: the oldest',
      [gateway('a', [80], '', '2026-01-02T00:00:00Z'), gateway('b', [80])],
      { 'default/a': { 'tcp:80': 'default/b' } },
    ],
    [
      'one of several addresses',
      [gateway('a', [80]), gateway('b', [80], '{value: 127.0.0.2}, {value: 127.0.0.1}')],
      { 'default/b': { 'tcp:80': 'default/a' } },
    ],
    [
      'all addresses and one of them',
      [gateway('a', [80], '{value: 0.0.0.0}'), gateway('b', [80])],
      { 'default/b': { 'tcp:80': 'default/a' } },
    ],
    ['one number for TCP and for UDP', [gateway('a', [80]), gateway('b', [80]).replace('HTTP', 'UDP')], {}],
    ['a Gateway of another controller', [gateway('a', [80]).replace('sallyport', 'other'), gateway('b', [80])], {}],
  ])('looks at %s', (_, documents, expected) => expect(taken(documents)).toEqual(expected));

  it('has nothing to say where each Gateway has a host of its own', () => {
    expect(taken([gateway('a', [80]), gateway('b', [80])], false)).toEqual({});
  });

  it('takes the port away and leaves the others', () => {
    const view = viewOf(parseObjects([gateway('a', [80]), gateway('b', [80, 81])].join('\n---\n')));
    const read = readerOf(view);
    const ports = findTakenPorts(read, [...view.Gateway.values()], standaloneOptions);
    const [, second] = view.Gateway.values();
    if (second === undefined) throw new Error('no Gateway');
    const translation = translateGateway(read, second, standaloneOptions, [...ports.values()][0]);
    expect(translation?.sections.map(({ name }) => name)).toEqual(['l81']);
    expect(translation?.listeners[0]?.conditions[0]).toMatchObject({
      type: 'Accepted',
      status: 'False',
      reason: 'PortUnavailable',
    });
  });
});
