import { describe, expect, it } from 'vitest';
import { createTestCertificate, secretYaml } from '../../test/fixture/certificate.ts';
import { parseObjects } from '../../test/fixture/view.ts';
import { gatewayName, originOf } from '../ir/name.ts';
import { createMemo } from '../lib/memo.ts';
import { applyChanges, emptySnapshot, type Snapshot } from '../snapshot/snapshot.ts';
import { createIndexer } from '../snapshot/view.ts';
import { translateHttpRoute } from './gateway-api/http-route.ts';
import { translateListenerSet } from './gateway-api/listener-set.ts';
import { standaloneOptions, type TranslateOptions } from './options.ts';
import type { Quarantine } from './quarantine.ts';
import type { TranslationSources } from './sources.ts';
import { translate } from './translate.ts';
import type { Translation } from './translation.ts';
import { assembleVirtualHost } from './virtual-host.ts';

function gateway(
  name: string,
  ports: readonly number[],
  more = 'allowedListeners: {namespaces: {from: All}}, ',
): string {
  const listeners = ports.map((port) => `{name: l${port}, port: ${port}, protocol: HTTP, hostname: ${name}.test}`);
  return `kind: Gateway
metadata: {name: ${name}, namespace: default, generation: 2}
spec: {gatewayClassName: sallyport, ${more}listeners: [${listeners.join(', ')}]}`;
}

function set(name: string, parent: string, ...listeners: readonly string[]): string {
  return `kind: ListenerSet
metadata: {name: ${name}, namespace: default, generation: 7}
spec: {parentRef: {name: ${parent}}, listeners: [${listeners.join(', ')}]}`;
}

const http = (name: string, hostname: string, port = 80) =>
  `{name: ${name}, port: ${port}, protocol: HTTP, hostname: ${hostname}}`;

function route(name: string, parent: string): string {
  return `kind: HTTPRoute
metadata: {name: ${name}, namespace: default}
spec: {parentRefs: [{kind: ListenerSet, name: ${parent}}], rules: [{filters: [{type: RequestRedirect, requestRedirect: {hostname: ${name}.test}}]}]}`;
}

function put(snapshot: Snapshot, ...documents: readonly string[]): Snapshot {
  return applyChanges(
    snapshot,
    parseObjects(documents.join('\n---\n')).map((object) => ({ kind: 'put', object })),
  );
}

function run(
  documents: readonly string[],
  options: TranslateOptions = standaloneOptions,
  quarantine: Quarantine = new Map(),
): Translation {
  const view = createIndexer().update(put(emptySnapshot, ...documents));
  return translate(createMemo<TranslationSources>(), view, options, quarantine);
}

interface Status {
  readonly conditions: readonly { readonly type: string; readonly status: string; readonly reason: string }[];
  readonly listeners: readonly Status[];
}

function statusOf({ statuses }: Translation, kind: string, name: string): Status {
  const found = statuses.find(({ ref }) => ref.kind === kind && ref.name === name);
  if (found === undefined) throw new Error(`no status of ${name}`);
  return found.status as Status;
}

function short({ conditions }: Status): readonly string[] {
  return conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`);
}

function hostsOf(translation: Translation, name: string): readonly string[] {
  const ir = translation.ir.gateways.find((entry) => entry.name === name);
  return (ir?.routeTables ?? []).flatMap(({ virtualHosts }) => virtualHosts.flatMap(({ domains }) => domains));
}

describe('ListenerSets', () => {
  it('carry their own generation', () => {
    const translation = run([gateway('a', [80]), set('s', 'a', http('x', 'x.test'))]);
    const { conditions, listeners } = statusOf(translation, 'ListenerSet', 's');
    const all = [...conditions, ...listeners.flatMap((listener) => listener.conditions)];
    expect(all).toEqual(all.map(() => expect.objectContaining({ observedGeneration: 7 })));
  });

  it('can have listeners of one name, each with routes of its own', () => {
    const translation = run([
      gateway('a', [80]),
      set('s', 'a', http('l80', 's.test')),
      set('t', 'a', http('l80', 't.test')),
      route('of-s', 's'),
      route('of-t', 't'),
    ]);
    expect(hostsOf(translation, 'default/a')).toEqual(['a.test', 's.test', 't.test']);
    const [table] = translation.ir.gateways[0]?.routeTables ?? [];
    expect(table?.virtualHosts.map(({ routes }) => routes.map(({ origin }) => origin))).toEqual([
      [],
      ['HTTPRoute/default/of-s'],
      ['HTTPRoute/default/of-t'],
    ]);
    expect(statusOf(translation, 'ListenerSet', 's').listeners).toMatchObject([{ attachedRoutes: 1 }]);
    expect(statusOf(translation, 'Gateway', 'a').listeners).toMatchObject([{ attachedRoutes: 0 }]);
  });

  it('are not programmed while their Gateway can not be reached', () => {
    const options: TranslateOptions = { ...standaloneOptions, addressSource: 'Services' };
    const translation = run([gateway('a', [80]), set('s', 'a', http('x', 'x.test'))], options);
    expect(short(statusOf(translation, 'ListenerSet', 's'))).toEqual([
      'Accepted=True Accepted',
      'Programmed=False ParentNotProgrammed',
    ]);
  });

  it('are served on where their Gateway is no longer accepted for its template, and say that', () => {
    const more =
      'infrastructure: {parametersRef: {group: x, kind: Y, name: z}}, allowedListeners: {namespaces: {from: All}}, ';
    const translation = run([gateway('a', [80], more), set('s', 'a', http('x', 'x.test')), route('r', 's')]);
    expect(hostsOf(translation, 'default/a')).toEqual(['a.test', 'x.test']);
    expect(short(statusOf(translation, 'ListenerSet', 's'))).toEqual([
      'Accepted=False ParentNotAccepted',
      'Programmed=False ParentNotProgrammed',
    ]);
  });

  it('are left out alone where Envoy refuses them', () => {
    const leftOut = new Map([[originOf('ListenerSet/default/s'), 'bad']]);
    const quarantine: Quarantine = new Map([[gatewayName('default', 'a'), leftOut]]);
    const documents = [gateway('a', [80]), set('s', 'a', http('x', 'x.test')), set('t', 'a', http('x', 'y.test'))];
    const translation = run(documents, standaloneOptions, quarantine);
    expect(hostsOf(translation, 'default/a')).toEqual(['a.test', 'y.test']);
    expect(short(statusOf(translation, 'ListenerSet', 's'))).toEqual([
      'Accepted=False Invalid',
      'Programmed=False Invalid',
    ]);
    expect(short(statusOf(translation, 'ListenerSet', 't'))[0]).toBe('Accepted=True Accepted');
  });
});

describe('ports of ListenerSets on one host', () => {
  it.each([
    ['an older Gateway', ['b', [81]], 'a', 81, 'PortUnavailable'],
    ['a younger Gateway', ['0', [81]], 'a', 81, 'PortUnavailable'],
    ['no other Gateway', ['b', [82]], 'a', 81, 'Accepted'],
  ] as const)('are taken where %s has them', (_, [name, ports], parent, port, reason) => {
    const translation = run([gateway('a', [80]), gateway(name, ports), set('s', parent, http('x', 'x.test', port))]);
    const [listener] = statusOf(translation, 'ListenerSet', 's').listeners;
    expect(listener?.conditions.find(({ type }) => type === 'Accepted')?.reason).toBe(reason);
  });

  it('are taken where a ListenerSet of an older Gateway has them, and shared within a Gateway', () => {
    const translation = run([
      gateway('a', [80]),
      gateway('b', [82]),
      set('s', 'a', http('x', 'x.test', 81)),
      set('t', 'b', http('x', 'y.test', 81), http('ok', 'y.test', 82)),
      set('u', 'a', http('x', 'z.test', 81)),
    ]);
    const accepted = (name: string) =>
      statusOf(translation, 'ListenerSet', name).listeners.map((listener) => short(listener)[0]);
    expect(accepted('s')).toEqual(['Accepted=True Accepted']);
    expect(accepted('t')).toEqual(['Accepted=False PortUnavailable', 'Accepted=True Accepted']);
    expect(accepted('u')).toEqual(['Accepted=True Accepted']);
  });
});

it('an Ingress brings no certificate for a host that a ListenerSet serves, and does not take its requests', () => {
  const pair = createTestCertificate(['x.test']);
  const translation = run([
    `kind: Gateway
metadata: {name: ingress, namespace: sallyport-system}
spec:
  gatewayClassName: sallyport
  allowedListeners: {namespaces: {from: All}}
  listeners:
    - {name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}
    - name: https
      port: 443
      protocol: HTTPS
      allowedRoutes: {namespaces: {from: All}}
      tls: {options: {sallyport.dev/certificates: Ingress}}`,
    secretYaml('pair', pair),
    `kind: ListenerSet
metadata: {name: s, namespace: default}
spec:
  parentRef: {namespace: sallyport-system, name: ingress}
  listeners: [{name: x, port: 443, protocol: HTTPS, hostname: x.test, tls: {certificateRefs: [{name: pair}]}}]`,
    `kind: Ingress
metadata: {name: i, namespace: default}
spec:
  ingressClassName: sallyport
  tls: [{hosts: [x.test], secretName: pair}]
  rules: [{host: x.test, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: a, port: {number: 80}}}}]}}]`,
    'kind: Service\nmetadata: {name: a, namespace: default}\nspec: {ports: [{port: 80}]}',
  ]);
  const tables = translation.ir.gateways[0]?.routeTables ?? [];
  expect(
    tables.map(({ name, virtualHosts }) => [name, virtualHosts.map(({ section, routes }) => [section, routes.length])]),
  ).toEqual([
    [
      'http/80',
      [
        ['http', 0],
        ['http', 1],
      ],
    ],
    ['https/443', [['listenerset/default/s/x', 0]]],
  ]);
  expect(translation.diagnostics.map(({ reason }) => reason)).toContain('CertificateNotUsed');
});

describe('a change of one ListenerSet among many', () => {
  const count = 200;
  const names = Array.from({ length: count }, (_, i) => `s${String(i).padStart(3, '0')}`);
  const documents = names.flatMap((name) => [
    set(name, 'a', http('one', `one.${name}.test`), http('two', `two.${name}.test`)),
    route(`r-${name}`, name),
  ]);

  it('translates that set, its routes and its hosts again, and gives what translation from scratch gives', () => {
    const memo = createMemo<TranslationSources>();
    const indexer = createIndexer();
    const go = (snapshot: Snapshot) => {
      const translation = translate(memo, indexer.update(snapshot), standaloneOptions, new Map());
      memo.sweep();
      return translation;
    };
    const first = put(emptySnapshot, gateway('a', [80]), ...documents);
    const told = go(first).statuses;
    const steps = [translateListenerSet, translateHttpRoute, assembleVirtualHost];
    const before = steps.map((step) => memo.calls(step));
    const second = put(first, set('s100', 'a', http('one', 'other.test'), http('two', 'two.s100.test')));
    const changed = go(second);
    expect(steps.map((step, i) => memo.calls(step) - (before[i] ?? 0))).toEqual([1, 1, 2]);
    const fresh = translate(
      createMemo<TranslationSources>(),
      createIndexer().update(second),
      standaloneOptions,
      new Map(),
    );
    expect(changed.ir).toEqual(fresh.ir);
    expect(changed.statuses).toEqual(fresh.statuses);
    const made = changed.statuses.filter((status) => !told.includes(status)).map(({ ref }) => ref.name);
    expect(made).toEqual(['r-s100', 's100']);
  });
});
