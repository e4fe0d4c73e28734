import { chmod, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { Server, ServerCredentials, type ServerOptions, type ServiceDefinition, status } from '@grpc/grpc-js';
import {
  type DeltaDiscoveryRequest,
  DeltaDiscoveryRequestSchema,
} from '../../gen/envoy/envoy/service/discovery/v3/discovery_pb.js';
import { type Clock, steadyClock } from '../lib/clock.ts';
import type { StreamOptions } from './exchange.ts';
import type { Generation } from './generation.ts';
import { Group } from './group.ts';
import type { Mark } from './mark.ts';
import type { AdsEvents, ProxyState } from './proxy-state.ts';
import { createRoom, type DeltaResponse, encodeResponse } from './response.ts';
import { type AdsCall, ProxyStream } from './stream.ts';

/** Names the group of proxies that a call belongs to, by what its transport proves; undefined refuses the call. */
export type Identify = (call: AdsCall) => string | undefined;

export interface AdsServerOptions extends Partial<StreamOptions> {
  readonly clock?: Clock;
  readonly events?: AdsEvents;
  /**
   * How old a proxy's connection becomes, in ms, give or take a tenth; 30 minutes unless given. Its stream is then ended
   * between two responses, and the proxy comes back on a new connection, perhaps to another server that was restarted
   * meanwhile. Infinity where there is no other.
   */
  readonly maxConnectionAgeMs?: number;
}

export interface TcpListenOptions {
  readonly identify: Identify;
  /** 127.0.0.1 unless given. */
  readonly host?: string;
  /** Any free port unless given. */
  readonly port?: number;
  /** Plain text unless given: for loopback only. */
  readonly credentials?: ServerCredentials;
}

/** Delta aggregated discovery for any number of groups of proxies. A group is not answered before its first publish. */
export interface AdsServer {
  /** Makes a generation the newest of its group; its proxies are sent what differs from what they have. */
  publish(group: string, generation: Generation): void;
  /**
   * Says that everything up to this mark is in what was published: a group whose last generation has a lower one needed
   * no other since. To be called after the groups that changed were published.
   */
  reach(mark: Mark): void;
  /**
   * Gives one proxy of a group, by its node id, the group's draining variant, or takes it back; it holds for streams to
   * come too, until the group is forgotten. A node id is not proven, but the group is: who lies gets a variant of its
   * own group's configuration.
   */
  setDraining(group: string, nodeId: string, isDraining: boolean): void;
  /** Drops a group: its sockets stay, its proxies keep what they have and are told nothing more. */
  forget(group: string): void;
  /**
   * Serves one group on a Unix socket of mode 0600: who can open it is the group. The path holds at most 100 bytes.
   * Returns what stops that.
   */
  listenUnix(path: string, group: string): Promise<() => Promise<void>>;
  /** Serves on TCP; returns the port. */
  listenTcp(options: TcpListenOptions): Promise<number>;
  state(): readonly ProxyState[];
  /** The newest generation that all connected proxies of a group have wholly acknowledged; undefined if there is none. */
  acknowledged(group: string): number | undefined;
  close(): Promise<void>;
}

// A watch that is quiet says about each minute how far it is.
const defaultStreamOptions: StreamOptions = { removalGraceMs: 30_000, gateTimeoutMs: 20_000, catchUpMs: 90_000 };

const defaultMaxAgeMs = 30 * 60_000;

/**
 * A proxy opens its next stream on the connection that it has, unless that was said to go away before: by default give
 * or take a tenth, so that it is always earlier than the end of the stream.
 */
function connectionAge(maxAgeMs: number): ServerOptions {
  return maxAgeMs === Infinity ? {} : { 'grpc.max_connection_age_ms': Math.floor(maxAgeMs * 0.8) };
}

const grpcOptions = {
  // A reconnect that names 30,000 resources passes the default of 4 MiB.
  'grpc.max_receive_message_length': 64 * 1024 * 1024,
  'grpc.max_send_message_length': -1,
  // A proxy that is gone without a word is noticed in 40 s. When a thousand come at once either side may be busy for some
  // seconds: an answer that is late is no sign of death, and cutting it off would bring the proxy back once more.
  'grpc.keepalive_time_ms': 20_000,
  'grpc.keepalive_timeout_ms': 20_000,
  'grpc.keepalive_permit_without_calls': 1,
};

const room = createRoom();

const service = {
  deltaAggregatedResources: {
    path: '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
    requestStream: true,
    responseStream: true,
    requestSerialize: (request: DeltaDiscoveryRequest) => Buffer.from(toBinary(DeltaDiscoveryRequestSchema, request)),
    requestDeserialize: (bytes: Buffer) => fromBinary(DeltaDiscoveryRequestSchema, bytes),
    // grpc-js copies what it is given behind the length of the message, at once.
    responseSerialize: (response: DeltaResponse) => encodeResponse(response, room),
    // Only a client would need it.
    responseDeserialize: (): DeltaResponse => {
      throw new Error('responses are only written');
    },
  },
} satisfies ServiceDefinition;

class GrpcAdsServer implements AdsServer {
  readonly #groups = new Map<string, Group>();
  readonly #stops = new Set<() => Promise<void>>();
  readonly #options: StreamOptions;
  readonly #clock: Clock;
  readonly #events: AdsEvents;
  readonly #maxAgeMs: number;
  #mark: Mark | undefined;
  #opened = 0;

  constructor(options: AdsServerOptions) {
    const { clock = steadyClock, events = {}, maxConnectionAgeMs = defaultMaxAgeMs, ...rest } = options;
    this.#options = { ...defaultStreamOptions, ...rest };
    this.#clock = clock;
    this.#events = events;
    this.#maxAgeMs = maxConnectionAgeMs;
  }

  publish(group: string, generation: Generation): void {
    this.#group(group).publish(generation);
  }

  reach(mark: Mark): void {
    this.#mark = mark;
    for (const stream of this.#streams()) stream.reach(mark);
  }

  setDraining(group: string, nodeId: string, isDraining: boolean): void {
    this.#group(group).setDraining(nodeId, isDraining);
    this.#tidy(group);
  }

  forget(group: string): void {
    this.#groups.get(group)?.forget();
    this.#tidy(group);
  }

  async listenUnix(path: string, group: string): Promise<() => Promise<void>> {
    // Bound in a folder that is closed to others and moved when its mode is set, so that nobody slips in between.
    const folder = await mkdtemp(join(dirname(path), '.'));
    try {
      const bound = join(folder, 's');
      const { server } = await this.#bind(`unix:${bound}`, ServerCredentials.createInsecure(), () => group);
      await chmod(bound, 0o600);
      await rename(bound, path);
      return this.#stopping(server, path);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async listenTcp(options: TcpListenOptions): Promise<number> {
    const { identify, host = '127.0.0.1', port = 0, credentials = ServerCredentials.createInsecure() } = options;
    const bound = await this.#bind(`${host}:${port}`, credentials, identify);
    this.#stopping(bound.server);
    return bound.port;
  }

  state(): readonly ProxyState[] {
    return this.#streams().map((stream) => stream.describe());
  }

  acknowledged(group: string): number | undefined {
    const all = [...(this.#groups.get(group)?.streams ?? [])].map((stream) => stream.acknowledged);
    return all.reduce(
      (least, id) => (least === undefined || id === undefined ? undefined : Math.min(least, id)),
      all[0],
    );
  }

  async close(): Promise<void> {
    for (const stream of this.#streams()) stream.close();
    this.#groups.clear();
    await Promise.all([...this.#stops].map((stop) => stop()));
  }

  #stopping(server: Server, path?: string): () => Promise<void> {
    const stop = async (): Promise<void> => {
      this.#stops.delete(stop);
      server.forceShutdown();
      if (path !== undefined) await rm(path, { force: true });
    };
    this.#stops.add(stop);
    return stop;
  }

  #bind(
    address: string,
    credentials: ServerCredentials,
    identify: Identify,
  ): Promise<{ server: Server; port: number }> {
    const server = new Server({ ...grpcOptions, ...connectionAge(this.#maxAgeMs) });
    server.addService(service, { deltaAggregatedResources: (call: AdsCall) => this.#open(call, identify(call)) });
    return new Promise((resolve, reject) => {
      server.bindAsync(address, credentials, (error, port) => {
        if (error === null) resolve({ server, port });
        else reject(error);
      });
    });
  }

  #open(call: AdsCall, group: string | undefined): void {
    if (group === undefined) {
      call.on('error', () => {});
      call.emit('error', { code: status.PERMISSION_DENIED, details: 'no group of proxies goes by this identity' });
      return;
    }
    this.#opened += 1;
    const of = this.#group(group);
    const end = (): void => {
      if (of.streams.delete(stream)) stream.close();
      this.#tidy(group);
    };
    const stream = new ProxyStream(call, {
      ...this.#options,
      stream: this.#opened,
      group,
      clock: this.#clock,
      events: this.#events,
      doubts: of.doubts,
      lifetimeMs: this.#maxAgeMs * (0.9 + 0.2 * Math.random()),
      isDraining: (nodeId) => of.isDraining(nodeId),
      onEnd: end,
    });
    call.on('end', () => {
      end();
      call.end();
    });
    call.on('cancelled', end);
    call.on('close', end);
    call.on('error', end);
    of.streams.add(stream);
    if (this.#mark !== undefined) stream.reach(this.#mark);
    if (of.generation !== undefined) stream.publish(of.generation);
  }

  #streams(): readonly ProxyStream[] {
    return [...this.#groups.values()].flatMap(({ streams }) => [...streams]);
  }

  #group(name: string): Group {
    const known = this.#groups.get(name);
    if (known !== undefined) return known;
    const group = new Group();
    this.#groups.set(name, group);
    return group;
  }

  #tidy(name: string): void {
    if (this.#groups.get(name)?.isEmpty === true) this.#groups.delete(name);
  }
}

/** Makes a server that listens nowhere yet. */
export function createAdsServer(options: AdsServerOptions = {}): AdsServer {
  return new GrpcAdsServer(options);
}
