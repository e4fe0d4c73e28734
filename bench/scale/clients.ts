import { fromBinary, create, toBinary } from '@bufbuild/protobuf';
import { Client, type ClientDuplexStream, credentials, Metadata } from '@grpc/grpc-js';
import {
  type DeltaDiscoveryRequest,
  DeltaDiscoveryRequestSchema,
  type DeltaDiscoveryResponse,
  DeltaDiscoveryResponseSchema,
} from '../../gen/envoy/envoy/service/discovery/v3/discovery_pb.js';
import {
  clusterLoadAssignmentType as eds,
  clusterType as cds,
  listenerType as lds,
  routeConfigurationType as rds,
  type TypeUrl,
} from '../../src/ads/type-url.ts';
import { routeTableName } from '../../src/ir/name.ts';
import { answerCalls } from './child.ts';
import { type ClientCalls, wallMs } from './message.ts';
import { gatewayOf, gateways } from './size.ts';

/*
 * Many proxies as one process: each asks, acknowledges and remembers versions as Envoy does, and does nothing with
 * what it gets.
 */

const path = '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources';

interface Watch {
  readonly typeUrl: TypeUrl;
  readonly proxies: number;
  readonly times: number[];
  resolve(answer: { readonly times: readonly number[] }): void;
}

let watch: Watch | undefined;
let resources = 0;
let bytes = 0;

class SimulatedProxy {
  readonly #index: number;
  readonly #versions = new Map<TypeUrl, Map<string, string>>([cds, eds, lds, rds].map((type) => [type, new Map()]));
  #client: Client | undefined;
  #call: ClientDuplexStream<DeltaDiscoveryRequest, DeltaDiscoveryResponse> | undefined;
  #saysWho = true;
  #hasAskedForListeners = false;

  constructor(index: number) {
    this.#index = index;
  }

  connect(port: number): void {
    // A connection for each proxy, not one for all.
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.max_receive_message_length': -1,
      'grpc.enable_channelz': 0,
    });
    const metadata = new Metadata();
    metadata.set('gateway', gatewayOf(this.#index));
    const call: ClientDuplexStream<DeltaDiscoveryRequest, DeltaDiscoveryResponse> = client.makeBidiStreamRequest(
      path,
      (request: DeltaDiscoveryRequest) => Buffer.from(toBinary(DeltaDiscoveryRequestSchema, request)),
      (buffer: Buffer) => {
        bytes += buffer.length;
        return fromBinary(DeltaDiscoveryResponseSchema, buffer);
      },
      metadata,
    );
    call.on('data', (response: DeltaDiscoveryResponse) => this.#take(response));
    call.on('error', () => {});
    this.#client = client;
    this.#call = call;
    this.#saysWho = true;
    this.#hasAskedForListeners = false;
    this.#ask(cds);
    if (this.#versionsOf(cds).size === 0) return;
    this.#ask(eds, [...this.#versionsOf(eds).keys()]);
    this.#askForListeners();
  }

  disconnect(): void {
    this.#call?.cancel();
    this.#client?.close();
  }

  #versionsOf(type: TypeUrl): Map<string, string> {
    const versions = this.#versions.get(type);
    if (versions === undefined) throw new Error(`not a type that is asked for: ${type}`);
    return versions;
  }

  #ask(type: TypeUrl, names: readonly string[] = []): void {
    this.#send(type, {
      resourceNamesSubscribe: [...names],
      initialResourceVersions: Object.fromEntries(this.#versionsOf(type)),
    });
  }

  #send(typeUrl: TypeUrl, parts: object): void {
    const node = this.#saysWho ? { node: { id: `proxy-${this.#index}` } } : {};
    this.#saysWho = false;
    this.#call?.write(create(DeltaDiscoveryRequestSchema, { typeUrl, ...node, ...parts }));
  }

  #askForListeners(): void {
    if (this.#hasAskedForListeners) return;
    this.#hasAskedForListeners = true;
    this.#ask(lds);
    this.#ask(rds, [routeTableName('http', 8_000 + (this.#index % gateways))]);
  }

  #take(response: DeltaDiscoveryResponse): void {
    // The server's own type URL comes back as it was.
    const type = response.typeUrl as TypeUrl;
    const versions = this.#versionsOf(type);
    const fresh = response.resources.filter(({ name }) => !versions.has(name));
    for (const { name, version } of response.resources) versions.set(name, version);
    for (const name of response.removedResources) versions.delete(name);
    resources += response.resources.length;
    if (watch?.typeUrl === type && response.resources.length > 0) this.#note(watch);
    if (type === cds && fresh.length > 0) {
      this.#send(eds, { resourceNamesSubscribe: fresh.map(({ name }) => name) });
    }
    this.#send(type, { responseNonce: response.nonce });
    if (type === eds) this.#askForListeners();
  }

  #note(watching: Watch): void {
    watching.times.push(wallMs());
    if (watching.times.length < watching.proxies) return;
    watch = undefined;
    watching.resolve({ times: watching.times });
  }
}

const proxies = new Map<number, SimulatedProxy>();

function range(first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, offset) => first + offset);
}

const calls: { readonly [N in keyof ClientCalls]: (input: never) => unknown } = {
  connect({ port, first, count }: { port: number; first: number; count: number }) {
    const at = wallMs();
    for (const index of range(first, count)) {
      const proxy = proxies.get(index) ?? new SimulatedProxy(index);
      proxies.set(index, proxy);
      proxy.connect(port);
    }
    return { at };
  },
  disconnect({ first, count }: { first: number; count: number }) {
    for (const index of range(first, count)) proxies.get(index)?.disconnect();
    return { at: wallMs() };
  },
  received({ typeUrl, proxies: wanted }: { typeUrl: TypeUrl; proxies: number }) {
    return new Promise((resolve) => {
      watch = { typeUrl, proxies: wanted, times: [], resolve };
    });
  },
  count() {
    const counted = { resources, bytes };
    resources = 0;
    bytes = 0;
    return counted;
  },
};

answerCalls(calls);
