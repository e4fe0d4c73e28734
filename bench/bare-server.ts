import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import {
  DeltaDiscoveryRequestSchema,
  type DeltaDiscoveryRequest,
} from '../gen/envoy/envoy/service/discovery/v3/discovery_pb.js';
import type { AdsResource } from '../src/ads/resource.ts';
import { emptyResource, encodeResponse, type DeltaResponse } from '../src/ads/response.ts';
import { clusterLoadAssignmentType, clusterType, listenerType, type TypeUrl } from '../src/ads/type-url.ts';
import type { ResourcesByType } from '../src/xds/build-resources.ts';

/**
 * The floor: a discovery server without any state but the resources it is given. What it pushes goes out at once, in
 * the order it is told; what a proxy asks for is answered. Nothing can bring a change to Envoy faster.
 */
export interface BareServer {
  /** Pushes one response. */
  push(typeUrl: TypeUrl, resources: readonly AdsResource[]): void;
  /** Resolves when the proxy next acknowledges this type. */
  acknowledged(typeUrl: TypeUrl): Promise<void>;
  close(): void;
}

type Call = ServerDuplexStream<DeltaDiscoveryRequest, DeltaResponse>;

const method = {
  path: '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
  requestStream: true,
  responseStream: true,
  requestSerialize: (value: DeltaDiscoveryRequest) => Buffer.from(toBinary(DeltaDiscoveryRequestSchema, value)),
  requestDeserialize: (bytes: Buffer) => fromBinary(DeltaDiscoveryRequestSchema, bytes),
  responseSerialize: encodeResponse,
  responseDeserialize: (): DeltaResponse => {
    throw new Error('responses are only written');
  },
} as const;

export async function createBareServer(socket: string, base: ResourcesByType): Promise<BareServer> {
  const calls = new Set<Call>();
  const waiting: { readonly typeUrl: TypeUrl; readonly resolve: () => void }[] = [];
  const pushed = new Map<string, AdsResource>();
  let nonce = 0;

  function respond(call: Call, typeUrl: TypeUrl, resources: readonly AdsResource[]): void {
    nonce += 1;
    call.write({ typeUrl, nonce: String(nonce), generation: 1, resources, removed: [] });
  }

  function resourcesFor(typeUrl: TypeUrl, names: readonly string[]): readonly AdsResource[] {
    if (typeUrl === clusterType || typeUrl === listenerType) return [...(base.get(typeUrl)?.values() ?? [])];
    return names.flatMap((name) => {
      const known = pushed.get(`${typeUrl} ${name}`) ?? base.get(typeUrl)?.get(name);
      return known ?? (typeUrl === clusterLoadAssignmentType ? emptyResource(typeUrl, name) : []);
    });
  }

  function serve(call: Call): void {
    calls.add(call);
    call.on('data', (request: DeltaDiscoveryRequest) => {
      const typeUrl = request.typeUrl as TypeUrl;
      if (request.responseNonce !== '') {
        for (const entry of waiting.filter((candidate) => candidate.typeUrl === typeUrl)) {
          waiting.splice(waiting.indexOf(entry), 1);
          entry.resolve();
        }
        if (request.resourceNamesSubscribe.length === 0) return;
      }
      respond(call, typeUrl, resourcesFor(typeUrl, request.resourceNamesSubscribe));
    });
    call.on('error', () => calls.delete(call));
    call.on('end', () => calls.delete(call));
  }

  const server = new Server();
  server.addService({ deltaAggregatedResources: method }, { deltaAggregatedResources: serve });
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
  return {
    push(typeUrl, resources) {
      for (const resource of resources) pushed.set(`${typeUrl} ${resource.name}`, resource);
      for (const call of calls) respond(call, typeUrl, resources);
    },
    acknowledged: (typeUrl) => new Promise((resolve) => waiting.push({ typeUrl, resolve })),
    close: () => server.forceShutdown(),
  };
}
