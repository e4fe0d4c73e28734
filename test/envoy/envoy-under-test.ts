import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { ClusterLoadAssignmentSchema } from '../../gen/envoy/envoy/config/endpoint/v3/endpoint_pb.js';
import {
  DeltaDiscoveryRequestSchema,
  DeltaDiscoveryResponseSchema,
  type DeltaDiscoveryRequest,
  type DeltaDiscoveryResponse,
} from '../../gen/envoy/envoy/service/discovery/v3/discovery_pb.js';
import { clusterLoadAssignmentType, clusterType, listenerType, type TypeUrl } from '../../src/ads/type-url.ts';
import { findEnvoyBinary } from '../../src/infra/host/envoy-binary.ts';
import type { ResourcesByType } from '../../src/xds/build-resources.ts';
import { requiredRuntime } from '../../src/xds/required-runtime.ts';

/** A real Envoy that is given one set of resources by a server that answers each request with what is asked for. */
export interface EnvoyUnderTest {
  /** What Envoy refused, in its words. */
  readonly refusals: readonly string[];
  /** Waits until the port takes connections; fails with what Envoy refused where it never does. */
  listening(port: number): Promise<void>;
  /** Gives Envoy other resources: what changed of what it asked for is sent, without any order between types. */
  update(resources: ResourcesByType): void;
  /** What Envoy's own administration says under a path, such as `/stats`. */
  admin(path: string): Promise<string>;
  /** Standard output so far, which holds the access log. */
  output(): string;
  stop(): Promise<void>;
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/**
 * A port of the loopback address that was free just now. It is none of those that the kernel gives to connections and
 * to servers without a port of their own, so that nobody gets it by chance before an Envoy binds it.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    if (await isFree(port)) return port;
  }
}

type Stream = ServerDuplexStream<DeltaDiscoveryRequest, DeltaDiscoveryResponse>;

function emptyAssignment(name: string): Uint8Array {
  return toBinary(ClusterLoadAssignmentSchema, create(ClusterLoadAssignmentSchema, { clusterName: name }));
}

function answer(resources: ResourcesByType, request: DeltaDiscoveryRequest, nonce: string): DeltaDiscoveryResponse {
  const known = resources.get(request.typeUrl as never) ?? new Map();
  const wildcard = request.typeUrl === clusterType || request.typeUrl === listenerType;
  const names = wildcard ? [...known.keys()] : request.resourceNamesSubscribe;
  return create(DeltaDiscoveryResponseSchema, {
    typeUrl: request.typeUrl,
    nonce,
    resources: names.flatMap((name) => {
      const resource = known.get(name);
      const value =
        resource?.body ?? (request.typeUrl === clusterLoadAssignmentType ? emptyAssignment(name) : undefined);
      if (value === undefined) return [];
      return [{ name, version: resource?.version ?? '0', resource: { typeUrl: request.typeUrl, value } }];
    }),
  });
}

/** What changed between two sets of resources of a type, of the names that were asked for, or all where `names` is absent. */
function change(
  typeUrl: TypeUrl,
  from: ResourcesByType,
  to: ResourcesByType,
  names: ReadonlySet<string> | undefined,
  nonce: string,
) {
  const before = from.get(typeUrl) ?? new Map();
  const after = to.get(typeUrl) ?? new Map();
  const changed = [...after.values()].filter(
    ({ name, version }) => before.get(name)?.version !== version && names?.has(name) !== false,
  );
  const removedResources = names === undefined ? [...before.keys()].filter((name) => !after.has(name)) : [];
  if (changed.length === 0 && removedResources.length === 0) return undefined;
  const resources = changed.map(({ name, version, body }) => ({ name, version, resource: { typeUrl, value: body } }));
  return create(DeltaDiscoveryResponseSchema, { typeUrl, nonce, resources, removedResources });
}

interface XdsServer {
  readonly port: number;
  update(resources: ResourcesByType): void;
  stop(): void;
}

async function serve(initial: ResourcesByType, refusals: string[]): Promise<XdsServer> {
  let resources = initial;
  const updates = new Set<(from: ResourcesByType) => void>();
  const server = new Server();
  const method = {
    path: '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
    requestStream: true,
    responseStream: true,
    requestSerialize: (message: DeltaDiscoveryRequest) => Buffer.from(toBinary(DeltaDiscoveryRequestSchema, message)),
    requestDeserialize: (bytes: Buffer) => fromBinary(DeltaDiscoveryRequestSchema, bytes),
    responseSerialize: (message: DeltaDiscoveryResponse) =>
      Buffer.from(toBinary(DeltaDiscoveryResponseSchema, message)),
    responseDeserialize: (bytes: Buffer) => fromBinary(DeltaDiscoveryResponseSchema, bytes),
  };
  server.addService(
    { delta: method },
    {
      delta: (stream: Stream) => {
        let nonce = 0;
        const wildcards = new Set<string>();
        const asked = new Map<string, Set<string>>();
        const update = (from: ResourcesByType) => {
          for (const typeUrl of resources.keys()) {
            const names = wildcards.has(typeUrl) ? undefined : (asked.get(typeUrl) ?? new Set());
            const response = change(typeUrl, from, resources, names, String(++nonce));
            if (response !== undefined) stream.write(response);
          }
        };
        updates.add(update);
        stream.on('close', () => updates.delete(update));
        stream.on('data', (request: DeltaDiscoveryRequest) => {
          if (request.errorDetail !== undefined) refusals.push(request.errorDetail.message);
          const wildcard = request.typeUrl === clusterType || request.typeUrl === listenerType;
          const first = wildcard && !wildcards.has(request.typeUrl);
          if (first) wildcards.add(request.typeUrl);
          const names = asked.get(request.typeUrl) ?? new Set<string>();
          asked.set(request.typeUrl, names);
          for (const name of request.resourceNamesSubscribe) names.add(name);
          if (first || request.resourceNamesSubscribe.length > 0)
            stream.write(answer(resources, request, String(++nonce)));
        });
        stream.on('error', () => stream.end());
        stream.on('end', () => stream.end());
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return {
    port,
    update(next) {
      const from = resources;
      resources = next;
      for (const update of updates) update(from);
    },
    stop: () => server.forceShutdown(),
  };
}

function bootstrap(port: number, adminSocket: string): unknown {
  const ads = { ads: {}, resource_api_version: 'V3', initial_fetch_timeout: '0s' };
  const endpoint = { endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } } };
  return {
    node: { id: 'test', cluster: 'test' },
    // Tunnels of an egress gateway end in a listener inside of Envoy.
    bootstrap_extensions: [
      {
        name: 'envoy.bootstrap.internal_listener',
        typed_config: {
          '@type': 'type.googleapis.com/envoy.extensions.bootstrap.internal_listener.v3.InternalListener',
        },
      },
    ],
    layered_runtime: { layers: [{ name: 'static', static_layer: requiredRuntime }] },
    admin: { address: { pipe: { path: adminSocket } } },
    dynamic_resources: {
      ads_config: {
        api_type: 'DELTA_GRPC',
        transport_api_version: 'V3',
        grpc_services: [{ envoy_grpc: { cluster_name: 'xds' } }],
      },
      cds_config: ads,
      lds_config: ads,
    },
    static_resources: {
      clusters: [
        {
          name: 'xds',
          type: 'STATIC',
          connect_timeout: '1s',
          typed_extension_protocol_options: {
            'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
              '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
              explicit_http_config: { http2_protocol_options: {} },
            },
          },
          load_assignment: { cluster_name: 'xds', endpoints: [{ lb_endpoints: [endpoint] }] },
        },
      ],
    },
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function ask(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ socketPath, path }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve(body));
      response.on('error', reject);
    }).on('error', reject);
  });
}

/** Envoy keeps its access log for 10 s by default. */
const flushSoon = ['--file-flush-interval-msec', '50'];

/** Starts an Envoy with the resources; `stop` leaves no process and no file behind. */
export async function startEnvoy(resources: ResourcesByType): Promise<EnvoyUnderTest> {
  const binary = findEnvoyBinary();
  if (!binary.ok) throw new Error(binary.error);
  const refusals: string[] = [];
  const server = await serve(resources, refusals);
  const folder = mkdtempSync(join(tmpdir(), 'envoy-test-'));
  const file = join(folder, 'bootstrap.json');
  writeFileSync(file, JSON.stringify(bootstrap(server.port, join(folder, 'admin.sock'))));
  const child = spawn(
    binary.value,
    ['-c', file, '--concurrency', '1', '--disable-hot-restart', '-l', 'warning', ...flushSoon],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  let log = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return {
    refusals,
    update: (next) => server.update(next),
    admin: (path) => ask(join(folder, 'admin.sock'), path),
    output: () => output,
    async listening(port) {
      const deadline = performance.now() + 15_000;
      while (!(await accepts(port))) {
        const gone = child.exitCode !== null;
        if (refusals.length > 0 || gone || performance.now() > deadline) {
          throw new Error(`port ${port} does not listen: ${refusals.join('; ')}\n${log.slice(-3000)}`);
        }
        await delay(20);
      }
    },
    async stop() {
      child.kill('SIGKILL');
      await ended;
      server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
