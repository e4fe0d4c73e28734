import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { connect } from '../../../src/cli/cluster/live.ts';
import { applyObject, type Target } from '../../../src/kube/apply.ts';
import type { KubeClient, StreamStep } from '../../../src/kube/client.ts';
import { resourcePath, usualResource } from '../../../src/kube/resource.ts';
import { createKubeSource, type KubeSource } from '../../../src/kube/source.ts';
import { applyChanges, emptySnapshot, getObject, type Snapshot } from '../../../src/snapshot/snapshot.ts';
import { createValidator } from '../../../src/snapshot/validate/validator.ts';
import { down, up } from '../cluster.ts';
import { signalComponent, startComponent, stopComponent } from '../components.ts';
import { compactEtcd } from '../faults.ts';
import { systemImages } from '../images.ts';
import { instanceNumber, kubeconfigPath } from '../instance.ts';

const instance = instanceNumber(5);
const namespace = 'default';

let client: KubeClient;
let source: KubeSource;
let snapshot: Snapshot;
let lists: number;
let line: CuttableClient;

beforeAll(async () => {
  await up(instance, systemImages);
  client = await connect({ kubeconfig: kubeconfigPath(instance) });
});

afterAll(async () => {
  client.close();
  await down(instance);
});

beforeEach(async () => {
  line = new CuttableClient();
  snapshot = emptySnapshot;
  lists = 0;
  const synced = Promise.withResolvers<void>();
  source = createKubeSource({
    client: line,
    validate: createValidator(),
    wants: ['ConfigMap'],
    namespaces: [namespace],
    onChange: (changes) => (snapshot = applyChanges(snapshot, changes)),
    onSynced: () => synced.resolve(),
    onFeatures() {},
    log: pino({ enabled: false }),
    metrics: { events() {}, failure() {}, list: () => (lists += 1) },
  });
  await synced.promise;
});

afterEach(() => source.close());

/** A client that loses its line to the server while it is cut. */
class CuttableClient implements KubeClient {
  readonly #lines = new Set<AbortController>();
  #isCut = false;

  cut(): void {
    this.#isCut = true;
    for (const line of this.#lines) line.abort();
  }

  mend(): void {
    this.#isCut = false;
  }

  request(...call: Parameters<KubeClient['request']>): ReturnType<KubeClient['request']> {
    return client.request(...call);
  }

  close(): void {}

  async *stream(...[path, options]: Parameters<KubeClient['stream']>): AsyncGenerator<StreamStep> {
    const lost = { kind: 'Failed', failure: { kind: 'Unreachable', message: 'the line is cut' } } as const;
    const line = new AbortController();
    this.#lines.add(line);
    if (this.#isCut) line.abort();
    const signal = AbortSignal.any(options?.signal === undefined ? [line.signal] : [line.signal, options.signal]);
    try {
      for await (const step of client.stream(path, { ...options, signal }))
        yield step.kind === 'Failed' && line.signal.aborted ? lost : step;
    } finally {
      this.#lines.delete(line);
    }
  }
}

const eventually = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 100_000, interval: 50 });
const target = (name: string): Target => ({ resource: usualResource('ConfigMap'), namespace, name });
const found = (name: string) => getObject(snapshot, 'ConfigMap', namespace, name);

async function put(name: string, value: string): Promise<void> {
  await eventually(async () =>
    expect(await applyObject(client, target(name), { data: { value } })).toMatchObject({ ok: true }),
  );
}

async function remove(name: string): Promise<void> {
  await client.request('DELETE', resourcePath(usualResource('ConfigMap'), namespace, name));
}

it('finds what was changed and removed while it was away and the history was forgotten', async () => {
  await put('kept', '1');
  await put('changed', '1');
  await put('removed', '1');
  await eventually(() => expect([found('kept'), found('changed'), found('removed')]).not.toContain(undefined));
  const kept = found('kept');
  line.cut();
  await put('changed', '2');
  await remove('removed');
  await compactEtcd(instance);
  // The server's own cache of history goes with it.
  await stopComponent(instance, 'kube-apiserver', 'SIGKILL');
  await startComponent(instance, 'kube-apiserver');
  await put('new', '1');
  line.mend();
  await eventually(() => expect(found('new')).toBeDefined());
  expect(found('changed')?.data).toEqual({ value: '2' });
  expect(found('removed')).toBeUndefined();
  expect(found('kept')).toBe(kept);
  expect(lists).toBe(2);
});

it('keeps what it knows while the API server is away, and goes on when it is back', async () => {
  await put('before', '1');
  await eventually(() => expect(found('before')).toBeDefined());
  const before = snapshot;
  await stopComponent(instance, 'kube-apiserver');
  await eventually(() => expect(source.diagnostics()).toMatchObject([{ reason: 'Unreachable' }]));
  expect(snapshot).toBe(before);
  await startComponent(instance, 'kube-apiserver');
  await put('after', '1');
  await eventually(() => expect(found('after')).toBeDefined());
  await eventually(() => expect(source.diagnostics()).toEqual([]));
  expect(found('before')).toBe(getObject(before, 'ConfigMap', namespace, 'before'));
});

it('loses nothing while etcd hangs', async () => {
  await put('calm', '1');
  await eventually(() => expect(found('calm')).toBeDefined());
  signalComponent(instance, 'etcd', 'SIGSTOP');
  try {
    const answer = await applyObject(client, target('calm'), { data: { value: 'hangs' } });
    expect(answer.ok).toBe(false);
    expect(found('calm')?.data).toEqual({ value: '1' });
  } finally {
    signalComponent(instance, 'etcd', 'SIGCONT');
  }
  await put('calm', '2');
  await eventually(() => expect(found('calm')?.data).toEqual({ value: '2' }));
});
