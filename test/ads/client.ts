import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type ChannelCredentials,
  type ChannelOptions,
  Client,
  type ClientDuplexStream,
  credentials,
} from '@grpc/grpc-js';
import {
  type DeltaDiscoveryRequest,
  DeltaDiscoveryRequestSchema,
  type DeltaDiscoveryResponse,
  DeltaDiscoveryResponseSchema,
} from '../../gen/envoy/envoy/service/discovery/v3/discovery_pb.js';
import type { TypeUrl } from '../../src/ads/type-url.ts';

/** What a request can say beside its type. */
export interface RequestParts {
  readonly resourceNamesSubscribe?: string[];
  readonly resourceNamesUnsubscribe?: string[];
  readonly initialResourceVersions?: Record<string, string>;
  readonly responseNonce?: string;
  readonly errorDetail?: { readonly code: number; readonly message: string };
}

/** A proxy that says only what it is told to. */
export interface ScriptedClient {
  send(typeUrl: TypeUrl, request?: RequestParts): void;
  /** The next response; fails when the stream ends instead. */
  receive(): Promise<DeltaDiscoveryResponse>;
  ack(response: DeltaDiscoveryResponse): void;
  nack(response: DeltaDiscoveryResponse, message: string): void;
  /** Responses that came and were not received yet. */
  readonly waiting: number;
  /** Stops and goes on reading from the socket. */
  pause(): void;
  resume(): void;
  /** Resolves with gRPC's status code when the stream is over. */
  readonly ended: Promise<number>;
  close(): void;
}

const path = '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources';

/** Opens a stream to `host:port` or `unix:path`, in plain text where no credentials are given. */
export function connectClient(
  address: string,
  nodeId: string,
  channel: ChannelCredentials = credentials.createInsecure(),
  options: ChannelOptions = {},
): ScriptedClient {
  const client = new Client(address, channel, options);
  const call: ClientDuplexStream<DeltaDiscoveryRequest, DeltaDiscoveryResponse> = client.makeBidiStreamRequest(
    path,
    (request: DeltaDiscoveryRequest) => Buffer.from(toBinary(DeltaDiscoveryRequestSchema, request)),
    (bytes: Buffer) => fromBinary(DeltaDiscoveryResponseSchema, bytes),
  );
  const arrived: DeltaDiscoveryResponse[] = [];
  const takers: { resolve(response: DeltaDiscoveryResponse): void; reject(error: Error): void }[] = [];
  call.on('data', (response: DeltaDiscoveryResponse) => {
    const taker = takers.shift();
    if (taker === undefined) arrived.push(response);
    else taker.resolve(response);
  });
  const ended = new Promise<number>((resolve) => call.on('status', ({ code }) => resolve(code)));
  call.on('error', (error) => {
    for (const taker of takers.splice(0)) taker.reject(error);
  });
  let isFirst = true;
  const send: ScriptedClient['send'] = (typeUrl, request = {}) => {
    const node = isFirst ? { node: { id: nodeId } } : {};
    isFirst = false;
    call.write(create(DeltaDiscoveryRequestSchema, { typeUrl, ...node, ...request }));
  };
  return {
    send,
    receive: () => {
      const first = arrived.shift();
      return first === undefined
        ? new Promise((resolve, reject) => takers.push({ resolve, reject }))
        : Promise.resolve(first);
    },
    // The server's own type URL comes back as it was.
    ack: ({ typeUrl, nonce }) => send(typeUrl as TypeUrl, { responseNonce: nonce }),
    nack: ({ typeUrl, nonce }, message) =>
      send(typeUrl as TypeUrl, { responseNonce: nonce, errorDetail: { code: 13, message } }),
    get waiting() {
      return arrived.length;
    },
    pause: () => call.pause(),
    resume: () => call.resume(),
    ended,
    close: () => {
      call.cancel();
      client.close();
    },
  };
}
