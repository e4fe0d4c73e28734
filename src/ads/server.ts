import { chmod, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { Server, ServerCredentials, status, type ServiceDefinition } from '@grpc/grpc-js';
import {
  type DeltaDiscoveryRequest,
  DeltaDiscoveryRequestSchema,
} from '../../gen/envoy/envoy/service/discovery/v3/discovery_pb.js';
import { type Clock, systemClock } from './clock.ts';
import { Doubts } from './doubts.ts';
import type { StreamOptions } from './exchange.ts';
import type { Generation } from './generation.ts';
import type { AdsEvents, ProxyState } from './proxy-state.ts';
import { type DeltaResponse, encodeResponse } from './response.ts';
import { type AdsCall, ProxyStream } from './stream.ts';

/** Names the group of proxies that a call belongs to, by what its transport proves; undefined refuses the call. */
export type Identify = (call: AdsCall) => string | undefined;

export interface AdsServerOptions extends Partial<StreamOptions> {
  readonly clock?: Clock;
  readonly events?: AdsEvents;
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

const defaultStreamOptions: StreamOptions = { removalGraceMs: 30_000, gateTimeoutMs: 20_000 };

const grpcOptions = {
  // A reconnect that names 30,000 resources passes the default of 4 MiB.
  'grpc.max_receive_message_length': 64 * 1024 * 1024,
  'grpc.max_send_message_length': -1,
  // A proxy that is gone without a word is noticed in 13 s.
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 3_000,
  'grpc.keepalive_permit_without_calls': 1,
};

const service = {
  deltaAggregatedResources: {
    path: '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
    requestStream: true,
    responseStream: true,
    requestSerialize: (request: DeltaDiscoveryRequest) => Buffer.from(toBinary(DeltaDiscoveryRequestSchema, request)),
    requestDeserialize: (bytes: Buffer) => fromBinary(DeltaDiscoveryRequestSchema, bytes),
    responseSerialize: encodeResponse,
    // Only a client would need it.
    responseDeserialize: (): DeltaResponse => {
      throw new Error('responses are only written');
    },
  },
} satisfies ServiceDefinition;

class GrpcAdsServer implements AdsServer {
  readonly #streams = new Set<ProxyStream>();
  readonly #generations = new Map<string, Generation>();
  readonly #doubts = new Map<string, Doubts>();
  readonly #stops = new Set<() => Promise<void>>();
  readonly #options: StreamOptions;
  readonly #clock: Clock;
  readonly #events: AdsEvents;
  #opened = 0;

  constructor({ clock = systemClock, events = {}, ...options }: AdsServerOptions) {
    this.#options = { ...defaultStreamOptions, ...options };
    this.#clock = clock;
    this.#events = events;
  }

  publish(group: string, generation: Generation): void {
    this.#generations.set(group, generation);
    for (const stream of this.#streams) if (stream.proxy.group === group) stream.publish(generation);
  }

  forget(group: string): void {
    this.#generations.delete(group);
    this.#doubts.delete(group);
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
    return [...this.#streams].map((stream) => stream.describe());
  }

  acknowledged(group: string): number | undefined {
    const all = [...this.#streams]
      .filter((stream) => stream.proxy.group === group)
      .map((stream) => stream.acknowledged);
    return all.reduce(
      (least, id) => (least === undefined || id === undefined ? undefined : Math.min(least, id)),
      all[0],
    );
  }

  async close(): Promise<void> {
    for (const stream of this.#streams) stream.close();
    this.#streams.clear();
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
    const server = new Server(grpcOptions);
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
    const doubts = this.#doubts.get(group) ?? new Doubts();
    this.#doubts.set(group, doubts);
    const about = { stream: this.#opened, group, clock: this.#clock, events: this.#events, doubts };
    const stream = new ProxyStream(call, { ...this.#options, ...about });
    const end = (): void => {
      if (this.#streams.delete(stream)) stream.close();
    };
    call.on('end', () => {
      end();
      call.end();
    });
    call.on('cancelled', end);
    call.on('close', end);
    call.on('error', end);
    this.#streams.add(stream);
    const generation = this.#generations.get(group);
    if (generation !== undefined) stream.publish(generation);
  }
}

/** Makes a server that listens nowhere yet. */
export function createAdsServer(options: AdsServerOptions = {}): AdsServer {
  return new GrpcAdsServer(options);
}
