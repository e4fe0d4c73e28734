import { createServer, type Server } from 'node:https';
import type { ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { serverContext, type TlsIdentity } from '../lib/mutual-tls.ts';
import { heartbeatMs, refusalsPath } from './refusal-stream.ts';

export interface PeerServerOptions {
  readonly address: string;
  readonly port: number;
  readonly identity: TlsIdentity;
  /** Whether a caller with these subject alternative names, as Node writes them, is a replica. */
  isReplica(subjectAltName: string | undefined): boolean;
  /** What is told, as one line without a line end. */
  message(): string;
}

/** Tells other replicas what this one knows, over mutual TLS. */
export interface PeerServer {
  readonly port: number;
  /** The message may be another one. */
  changed(): void;
  replaceIdentity(identity: TlsIdentity): void;
  close(): Promise<void>;
}

class TellingServer implements PeerServer {
  readonly #options: PeerServerOptions;
  readonly #server: Server;
  readonly #listeners = new Set<ServerResponse>();
  readonly #heartbeat: NodeJS.Timeout;
  #told = '';

  constructor(options: PeerServerOptions) {
    this.#options = options;
    this.#server = createServer(
      { ...serverContext(options.identity), requestCert: true, rejectUnauthorized: true },
      (request, response) => this.#answer(request.url ?? '/', request.socket, response),
    );
    this.#heartbeat = setInterval(() => this.#send('\n'), heartbeatMs);
  }

  get port(): number {
    // A server on TCP.
    return (this.#server.address() as AddressInfo).port;
  }

  listen(): Promise<void> {
    const { address, port } = this.#options;
    return new Promise((resolve, reject) => {
      // It stays, as an error that nobody listens to would end the process.
      this.#server.on('error', reject);
      this.#server.listen(port, address, resolve);
    });
  }

  changed(): void {
    const message = this.#options.message();
    if (message === this.#told) return;
    this.#told = message;
    this.#send(`${message}\n`);
  }

  replaceIdentity(identity: TlsIdentity): void {
    this.#server.setSecureContext(serverContext(identity));
  }

  close(): Promise<void> {
    clearInterval(this.#heartbeat);
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #answer(path: string, socket: Socket, response: ServerResponse): void {
    // The server speaks TLS only.
    const { subjectaltname } = (socket as TLSSocket).getPeerCertificate();
    if (!this.#options.isReplica(subjectaltname)) return void response.writeHead(403).end();
    if (path !== refusalsPath) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    this.#listeners.add(response);
    response.on('close', () => this.#listeners.delete(response));
    response.write(`${this.#options.message()}\n`);
  }

  #send(text: string): void {
    for (const response of this.#listeners) response.write(text);
  }
}

/** Resolves once it listens; rejects where the port can not be had. */
export async function createPeerServer(options: PeerServerOptions): Promise<PeerServer> {
  const server = new TellingServer(options);
  await server.listen();
  return server;
}
