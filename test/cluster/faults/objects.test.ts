import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createTestCertificate } from '../../fixture/certificate.ts';
import { waitFor } from '../run.ts';
import { gateway, hostOf, type Manifest, route } from './objects.ts';
import { ask, type Condition, type Pod, World } from './world.ts';

const world = new World(inject('kubeconfig'));
const http = { name: 'http', port: 80, protocol: 'HTTP' };

function https(name: string): Manifest {
  const tls = { mode: 'Terminate', certificateRefs: [{ name }] };
  return { name, port: 443, protocol: 'HTTPS', hostname: hostOf(name), tls };
}

function secret(name: string): Manifest {
  const { chain, key } = createTestCertificate([hostOf(name)]);
  const data = { 'tls.crt': Buffer.from(chain).toString('base64'), 'tls.key': Buffer.from(key).toString('base64') };
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, type: 'kubernetes.io/tls', data };
}

beforeAll(async () => {
  await world.start();
  await world.apply(secret('first'), secret('second'));
  await world.apply(...gateway('public', [http, https('first'), https('second')]), ...gateway('other', [http]));
  await world.apply(route('shop', 'public', 'app'), route('other', 'other', 'app'));
  await world.served('public', 'shop');
  await world.served('other', 'other');
});

afterAll(() => world.stop());

/** The name that a certificate is shown for, or why there is none. */
function handshake(address: string, servername: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: 443, servername, rejectUnauthorized: false });
    socket.setTimeout(5_000, () => socket.destroy(new Error('no answer')));
    socket.on('error', (error) => resolve(`none: ${error.message}`));
    socket.on('secureConnect', () => {
      resolve(socket.getPeerCertificate().subjectaltname ?? '');
      socket.destroy();
    });
  });
}

/** The conditions of a listener, as "True Reason" by their types. */
async function conditionsOf(listener: string): Promise<Readonly<Record<string, string>>> {
  const { status } = JSON.parse(await world.kubectl('get', 'gateway', 'public', '--output=json')) as {
    readonly status: {
      readonly listeners: readonly { readonly name: string; readonly conditions: readonly Condition[] }[];
    };
  };
  const { conditions = [] } = status.listeners.find(({ name }) => name === listener) ?? {};
  return Object.fromEntries(conditions.map(({ type, status: is, reason }) => [type, `${is} ${reason}`]));
}

describe('a Secret that is deleted while it is in use', () => {
  it('takes its own listener along and no other, and brings it back', async () => {
    const address = await world.address('public');
    const shown = `DNS:${hostOf('first')}`;
    const second: string[] = [];
    const trySecond = async () => second.push(await handshake(address, hostOf('second')));
    await waitFor(
      'the certificate',
      30,
      async () => (await handshake(address, hostOf('first'))) === shown || undefined,
    );
    const [here, there] = await Promise.all([
      world.underLoad('public', ['shop'], async (load) => {
        await world.kubectl('delete', 'secret', 'first');
        await waitFor('the end of the listener', 30, async () => {
          await trySecond();
          return (await handshake(address, hostOf('first'))).startsWith('none') || undefined;
        });
        await load.goOn(2);
        expect(await conditionsOf('first')).toMatchObject({
          ResolvedRefs: 'False InvalidCertificateRef',
          Programmed: expect.stringMatching(/^False/),
        });
        expect(await conditionsOf('second')).toMatchObject({ ResolvedRefs: expect.stringMatching(/^True/) });
        await world.apply(secret('first'));
        await waitFor('the listener', 30, async () => {
          await trySecond();
          return (await handshake(address, hostOf('first'))) === shown || undefined;
        });
      }),
      world.underLoad('other', ['other'], (load) => load.goOn(8)),
    ]);
    expect(here.failures).toEqual([]);
    expect(there.failures).toEqual([]);
    expect(new Set(second)).toEqual(new Set([`DNS:${hostOf('second')}`]));
    await waitFor('the conditions', 30, async () => {
      return (await conditionsOf('first'))['Programmed']?.startsWith('True') || undefined;
    });
  });
});

describe('the Service behind an ExternalAuth filter', () => {
  it('is removed: its route lets nobody through, and others serve', async () => {
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'auth' } };
    // The backend says 200 to everything, and so lets everybody through.
    await world.apply({ ...service, spec: { selector: { app: 'app' }, ports: [{ port: 80, targetPort: 'http' }] } });
    const externalAuth = { protocol: 'HTTP', backendRef: { name: 'auth', port: 80 }, http: {} };
    await world.apply(route('guarded', 'public', 'app', { filters: [{ type: 'ExternalAuth', externalAuth }] }));
    await world.served('public', 'guarded');
    const address = await world.address('public');
    const answers: number[] = [];
    const { failures } = await world.underLoad('public', ['shop'], async (load) => {
      await world.kubectl('delete', 'service', 'auth');
      await waitFor('a denial', 30, async () => (await ask(address, hostOf('guarded'))) !== 200 || undefined);
      for (let n = 0; n < 50; n++) answers.push(await ask(address, hostOf('guarded')));
      await load.goOn(1);
    });
    expect(failures).toEqual([]);
    expect(answers.filter((status) => status !== 403 && status < 500)).toEqual([]);
    await world.apply({ ...service, spec: { selector: { app: 'app' }, ports: [{ port: 80, targetPort: 'http' }] } });
    await world.served('public', 'guarded');
  });
});

describe('a GatewayTemplate that is deleted while it is in use', () => {
  it('takes nothing from its Gateway, which says what is missing and goes on with changes of routes', async () => {
    const pods = async () => (await world.envoys('public')).map(({ metadata }) => metadata.name).sort();
    const accepted = async () => {
      const condition = '{.status.conditions[?(@.type=="Accepted")].reason}';
      return world.kubectl('get', 'gateway', 'public', `--output=jsonpath=${condition}`);
    };
    const acceptedToBe = (reason: string) =>
      waitFor(`Accepted for ${reason}`, 30, async () => (await accepted()) === reason || undefined);
    const before = await pods();
    const address = await world.address('public');
    try {
      const { failures } = await world.underLoad('public', ['shop'], async (load) => {
        await world.kubectl('delete', 'gatewaytemplate', 'public');
        await acceptedToBe('InvalidParameters');
        await world.apply(route('late', 'public', 'app'));
        await waitFor('the new route', 30, async () => (await ask(address, hostOf('late'))) === 200 || undefined);
        await load.goOn(2);
      });
      expect(failures).toEqual([]);
      expect(await pods()).toEqual(before);
    } finally {
      await world.apply(...gateway('public', [http, https('first'), https('second')]));
    }
    await acceptedToBe('Accepted');
    expect(await pods()).toEqual(before);
  });
});

describe('a Gateway that is deleted', () => {
  it('takes what was made for it along, and nothing of another one in its namespace', async () => {
    await world.apply(...gateway('doomed', [http]), route('doomed', 'doomed', 'app'));
    await world.served('doomed', 'doomed');
    const kinds = 'deployments,services,serviceaccounts,configmaps,secrets,poddisruptionbudgets,pods';
    const of = (name: string, ...more: readonly string[]) =>
      world.kubectl('get', kinds, `--selector=gateway.networking.k8s.io/gateway-name=${name}`, '--output', ...more);
    const identities = 'jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.uid}{"\\n"}{end}';
    expect(await of('doomed', 'name')).not.toBe('');
    const before = await of('public', identities);
    const { failures } = await world.underLoad('public', ['shop'], async () => {
      await world.kubectl('delete', 'gateway', 'doomed', '--wait=false');
      await waitFor(
        'the end of what was made for it',
        90,
        async () => (await of('doomed', 'name')) === '' || undefined,
      );
    });
    expect(failures).toEqual([]);
    expect(await of('public', identities)).toBe(before);
  });
});

describe('200 invalid routes among valid ones', () => {
  const rules: readonly Manifest[] = [
    { matches: [{ path: { type: 'RegularExpression', value: '/(unclosed' } }] },
    {
      matches: [{ path: { type: 'RegularExpression', value: '/\\pL{1000}\\pL{1000}\\pL{1000}\\pL{1000}\\pL{1000}' } }],
    },
    { backendRefs: [{ name: 'nobody', port: 80 }] },
    { backendRefs: [{ name: 'app', port: 81 }] },
    { backendRefs: [{ name: 'app', namespace: 'default', port: 80 }] },
    { backendRefs: [{ group: 'x.example', kind: 'Thing', name: 'app' }] },
    { filters: [{ type: 'ExtensionRef', extensionRef: { group: 'x.example', kind: 'Thing', name: 'x' } }] },
    { matches: [{ headers: [{ type: 'RegularExpression', name: 'x', value: '[' }] }] },
  ];
  const valid = Array.from({ length: 20 }, (_, index) => `valid-${index}`);

  it('keep no valid one from being served at once by a proxy that starts', async () => {
    await world.apply(...valid.slice(0, 10).map((name) => route(name, 'public', 'app')));
    await world.apply(
      ...Array.from({ length: 200 }, (_, index) =>
        // All of one kind would be one fault, 25 times.
        route(`invalid-${index}`, 'public', 'app', rules[index % rules.length]),
      ),
    );
    await world.apply(...valid.slice(10).map((name) => route(name, 'public', 'app')));
    for (const name of valid) await world.served('public', name, 120);
    const old = await world.envoys('public');
    await world.kubectl('rollout', 'restart', 'deployment/public-sallyport');
    const fresh = await waitFor('a new Envoy', 120, async () => {
      const names = new Set(old.map(({ metadata }) => metadata.name));
      return (await world.envoys('public')).find(({ metadata }: Pod) => !names.has(metadata.name));
    });
    // By its own address, so that it is the new one that answers.
    const address = fresh.status.podIP ?? '';
    const answers = await Promise.all(valid.map((name) => ask(address, hostOf(name))));
    expect(answers).toEqual(valid.map(() => 200));
  });
});
