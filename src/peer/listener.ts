import { request } from 'node:https';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import type { TlsIdentity } from '../lib/mutual-tls.ts';
import { refusalsPath, silenceMs } from './refusal-stream.ts';

export interface PeerListenerOptions {
  readonly host: string;
  readonly port: number;
  /** The name in the certificate of every replica. */
  readonly serverName: string;
  /** As it is when a connection is made. */
  identity(): TlsIdentity;
  /** Each message, and undefined when the peer has been gone for a while. */
  heard(message: string | undefined): void;
  /** Milliseconds until a peer that is gone is forgotten; its Envoys have come to another replica by then. */
  readonly forgetMs?: number;
  readonly retryMs?: number;
}

/** Listens to one other replica until stopped, and comes back to it when the connection is lost. */
export interface PeerListener {
  stop(): void;
}

class Listening implements PeerListener {
  readonly #options: PeerListenerOptions;
  #request: ClientRequest | undefined;
  #retry: NodeJS.Timeout | undefined;
  #forget: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: PeerListenerOptions) {
    this.#options = options;
    this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#forget);
    this.#request?.destroy();
  }

  #connect(): void {
    const { host, port, serverName } = this.#options;
    const { certificate, key, authorities } = this.#options.identity();
    const call = request({
      host,
      port,
      path: refusalsPath,
      servername: serverName,
      cert: certificate,
      key,
      ca: authorities,
      agent: false,
      timeout: silenceMs,
    });
    this.#request = call;
    call.on('response', (response) => this.#read(response));
    call.on('timeout', () => call.destroy());
    call.on('error', () => {});
    call.on('close', () => this.#lost());
    call.end();
  }

  #read(response: IncomingMessage): void {
    response.on('error', () => {});
    if (response.statusCode !== 200) return void response.destroy();
    clearTimeout(this.#forget);
    this.#forget = undefined;
    const lines = createInterface({ input: response });
    // Passed on from the response; the request is closed all the same.
    lines.on('error', () => {});
    lines.on('line', (line) => {
      if (line !== '' && !this.#stopped) this.#options.heard(line);
    });
  }

  #lost(): void {
    if (this.#stopped) return;
    this.#forget ??= setTimeout(() => this.#options.heard(undefined), this.#options.forgetMs ?? 60_000);
    this.#retry = setTimeout(() => this.#connect(), this.#options.retryMs ?? 1_000);
  }
}

/** Connects at once, and again whenever the connection is lost. */
export function listenToPeer(options: PeerListenerOptions): PeerListener {
  return new Listening(options);
}
