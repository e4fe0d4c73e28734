import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { type sendUnaryData, Server, ServerCredentials, type ServerUnaryCall } from '@grpc/grpc-js';
import {
  type CheckRequest,
  CheckRequestSchema,
  type CheckResponse,
  CheckResponseSchema,
} from '../../gen/envoy/envoy/service/auth/v3/external_auth_pb.js';

/** What a server was asked. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface AuthServer {
  readonly port: number;
  /** Oldest first. */
  readonly asked: readonly Asked[];
  stop(): void;
}

/** Allows requests with `Authorization: let-me-in`, and says who it is; all others are answered 401. */
export async function startHttpAuth(): Promise<AuthServer> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      asked.push({ method: request.method ?? '', path: request.url ?? '', headers, body });
      if (request.headers.authorization === 'let-me-in') {
        response.writeHead(200, { 'x-user': 'alice', 'x-group': 'admins', 'content-type': 'text/x-auth' }).end('yes');
      } else response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end('who are you?');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    // A TCP server that listens has an address with a port.
    port: (server.address() as AddressInfo).port,
    asked,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const permissionDenied = 7;

function decide(allowed: boolean): CheckResponse {
  if (!allowed) return create(CheckResponseSchema, { status: { code: permissionDenied } });
  return create(CheckResponseSchema, {
    status: { code: 0 },
    httpResponse: { case: 'okResponse', value: { headers: [{ header: { key: 'x-user', value: 'alice' } }] } },
  });
}

/** The same over gRPC, as Envoy's own API has it. */
export async function startGrpcAuth(): Promise<AuthServer> {
  const asked: Asked[] = [];
  const server = new Server();
  const method = {
    path: '/envoy.service.auth.v3.Authorization/Check',
    requestStream: false,
    responseStream: false,
    requestSerialize: (message: CheckRequest) => Buffer.from(toBinary(CheckRequestSchema, message)),
    requestDeserialize: (bytes: Buffer) => fromBinary(CheckRequestSchema, bytes),
    responseSerialize: (message: CheckResponse) => Buffer.from(toBinary(CheckResponseSchema, message)),
    responseDeserialize: (bytes: Buffer) => fromBinary(CheckResponseSchema, bytes),
  };
  server.addService(
    { check: method },
    {
      check: ({ request }: ServerUnaryCall<CheckRequest, CheckResponse>, done: sendUnaryData<CheckResponse>) => {
        const http = request.attributes?.request?.http;
        const { method = '', path = '', headers = {}, body = '' } = http ?? {};
        asked.push({ method, path, headers, body });
        done(null, decide(headers['authorization'] === 'let-me-in' || headers['x-key'] === 'let-me-in'));
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { port, asked, stop: () => server.forceShutdown() };
}
