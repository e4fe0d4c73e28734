import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createKubeClient, type KubeClient } from '../../src/kube/client.ts';
import { createElection, type Election } from '../../src/kube/lease.ts';
import { leaseMs, retryMs } from '../../src/kube/leadership.ts';
import { createHandClock } from '../fixture/hand-clock.ts';
import { FakeApiServer } from './fake-api-server.ts';

const path = '/apis/coordination.k8s.io/v1/leases';
const holder = () => (server.list(path)[0]?.['spec'] as { holderIdentity?: string } | undefined)?.holderIdentity;

let server: FakeApiServer;
let client: KubeClient;
let elections: Election[] = [];

beforeEach(async () => {
  server = new FakeApiServer();
  await server.listen();
  client = createKubeClient({ endpoint: server.endpoint() });
});

afterEach(async () => {
  await Promise.all(elections.map((election) => election.stop()));
  elections = [];
  client.close();
  await server.close();
});

function elect(identity: string) {
  const clock = createHandClock();
  const changes: boolean[] = [];
  const election = createElection({
    client,
    namespace: 'system',
    name: 'leader',
    identity,
    onChange: (leading) => changes.push(leading),
    clock,
    log: pino({ enabled: false }),
  });
  elections.push(election);
  return { election, clock, changes };
}

const eventually = (check: () => void) => vi.waitFor(check, { timeout: 30_000, interval: 5 });

it('elects one, which renews, and another at once when the first ends in good order', async () => {
  const first = elect('first');
  await eventually(() => expect(first.election.leading()).toBe(true));
  const second = elect('second');
  const version = server.version;
  await eventually(() => {
    first.clock.advance(retryMs / 10);
    expect(server.version).toBeGreaterThan(version);
  });
  expect(second.election.leading()).toBe(false);
  await first.election.stop();
  expect(first.changes).toEqual([true, false]);
  await eventually(() => {
    if (!second.election.leading()) second.clock.advance(retryMs);
    expect(second.election.leading()).toBe(true);
  });
  expect(holder()).toBe('second');
});

it('leads no more when the server is away, and again when it is back; nothing else ends', async () => {
  const { election, clock, changes } = elect('only');
  await eventually(() => expect(election.leading()).toBe(true));
  server.refusing = 503;
  clock.advance(leaseMs);
  expect(election.leading()).toBe(false);
  server.refusing = undefined;
  await eventually(() => {
    if (!election.leading()) clock.advance(retryMs);
    expect(election.leading()).toBe(true);
  });
  expect(changes).toEqual([true, false, true]);
});

it('takes over from one that vanished, after its Lease has ended', async () => {
  const spec = { holderIdentity: 'vanished', leaseDurationSeconds: 9, leaseTransitions: 3 };
  server.put(path, { metadata: { name: 'leader', namespace: 'system' }, spec });
  const { election, clock } = elect('next');
  await eventually(() => {
    clock.advance(retryMs / 10);
    expect(server.requests).toHaveLength(2);
  });
  expect(election.leading()).toBe(false);
  await eventually(() => {
    if (!election.leading()) clock.advance(retryMs);
    expect(election.leading()).toBe(true);
  });
  expect(server.list(path)[0]?.['spec']).toMatchObject({ holderIdentity: 'next', leaseTransitions: 4 });
});
