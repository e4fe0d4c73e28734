import { gatewayName } from '../../src/ir/name.ts';
import { createMemo } from '../../src/lib/memo.ts';
import type { AnyObject } from '../../src/snapshot/object.ts';
import { type EgressDirection, translateEgressDirection } from '../../src/translate/egress/direction.ts';
import { defaultEgressOptions, type EgressOptions } from '../../src/translate/egress/options.ts';
import { standaloneOptions } from '../../src/translate/options.ts';
import type { TranslationSources } from '../../src/translate/sources.ts';
import { buildResources } from '../../src/xds/build-resources.ts';
import { debianOptions } from '../../src/xds/options.ts';
import { parseObjects, viewOf } from '../fixture/view.ts';
import { startDnsServer, type DnsServer } from './dns-server.ts';
import { freePort, startEnvoy, type EnvoyUnderTest } from './envoy-under-test.ts';
import { nothingTranslated } from '../../src/translate/sources.ts';

/** Stand-ins on loopback: what the outside has, and what is inside and must not be reached. */
export const outside = { first: '127.0.0.20', second: '127.0.0.21', dead: '127.0.0.29', inside: '127.0.0.9' } as const;

/** In these tests only some of the addresses of loopback are guarded, so that others can stand for the outside. */
const guardedRanges = ['127.0.0.8/30', '169.254.0.0/16', '::1/128', '::ffff:0:0/96', 'fe80::/10'];

/** A line of the access log. */
export interface LogLine {
  readonly [field: string]: unknown;
}

/** The body of a refusal. */
export interface Refusal {
  readonly why: string;
  readonly [field: string]: string;
}

// The access log and refusals are JSON objects by their configuration.
export function parseRefusal(body: string): Refusal {
  return JSON.parse(body) as Refusal;
}

function parseLog(output: string): readonly LogLine[] {
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LogLine);
}

export interface EgressGateway {
  readonly envoy: EnvoyUnderTest;
  readonly dns: DnsServer;
  /** By the names of the Gateway's listeners. */
  readonly ports: { readonly [listener: string]: number };
  /** The access log so far. */
  log(): readonly LogLine[];
  /** Gives it other objects. */
  update(text: string): EgressDirection;
  stop(): Promise<void>;
}

interface Wanted {
  readonly listeners: readonly { readonly name: string; readonly extra?: object; readonly protocol?: string }[];
  readonly objects: (ports: { readonly [listener: string]: number }) => string;
  readonly options?: Partial<EgressOptions>;
}

/** An egress Gateway `default/out` with its Envoy and a DNS server; objects as YAML. */
export async function startEgressGateway({ listeners, objects, options = {} }: Wanted): Promise<EgressGateway> {
  const ports: { [listener: string]: number } = {};
  for (const { name } of listeners) ports[name] = await freePort();
  const dns = await startDnsServer();
  const gateway = {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: 'out', namespace: 'default' },
    spec: {
      gatewayClassName: 'sallyport-egress',
      listeners: listeners.map(({ name, protocol = 'HTTP', extra = {} }) => ({
        name,
        port: ports[name],
        protocol,
        ...extra,
      })),
    },
    status: {},
  } as unknown as AnyObject;
  const memo = createMemo<TranslationSources>();
  const egressOptions = {
    ...defaultEgressOptions,
    guardedRanges,
    resolver: { address: '127.0.0.1', port: dns.port },
    ...options,
  };
  const name = gatewayName('default', 'out');
  const translate = (text: string) => {
    const sources = { ...viewOf([gateway, ...parseObjects(text)]), ...nothingTranslated };
    const direction = translateEgressDirection(memo, sources, standaloneOptions, egressOptions);
    const made = direction.gateways.find((entry) => entry.name === name);
    if (made === undefined) throw new Error('no egress gateway');
    const ir = { ...made, routeTables: [], clusters: [], endpoints: [] };
    const resources = buildResources(memo, debianOptions, ir);
    memo.sweep();
    return { direction, resources };
  };
  let envoy: EnvoyUnderTest;
  try {
    envoy = await startEnvoy(translate(objects(ports)).resources);
  } catch (error) {
    await dns.stop();
    throw error;
  }
  const stop = async () => {
    await envoy.stop();
    await dns.stop();
  };
  try {
    for (const port of Object.values(ports)) await envoy.listening(port);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    envoy,
    dns,
    ports,
    log: () => parseLog(envoy.output()),
    update(text) {
      const { direction, resources } = translate(text);
      envoy.update(resources);
      return direction;
    },
    stop,
  };
}
