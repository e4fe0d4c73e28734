import { type IncomingMessage, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { contentHash } from '../lib/hash.ts';
import { type Result, err, ok } from '../lib/result.ts';
import { createDeadline } from './deadline.ts';
import type { Credentials, Endpoint } from './endpoint.ts';
import { exchange, keepAliveMs, type Method, type Query, urlOf } from './exchange.ts';
import { type Failure, failureOf, unreachable } from './failure.ts';
import { decodeLines } from './json-lines.ts';

export interface CallOptions {
  readonly query?: Query;
  readonly body?: unknown;
  /** Of the body; by default `application/json`. */
  readonly contentType?: string;
  readonly accept?: string;
  readonly signal?: AbortSignal;
  /** How long the whole answer may take; by default 60 s, the longest that the server itself takes. */
  readonly timeoutMs?: number;
}

/** What a stream gives: that it began, decoded lines as they come, and at last why it ended. */
export type StreamStep =
  /** The server has agreed to send. */
  | { readonly kind: 'Opened' }
  | { readonly kind: 'Lines'; readonly lines: readonly unknown[] }
  | { readonly kind: 'Closed' }
  | { readonly kind: 'Failed'; readonly failure: Failure };

/** Talks to the API server. Failures are values; nothing here throws for what a server or a network does. */
export interface KubeClient {
  request(method: Method, path: string, options?: CallOptions): Promise<Result<unknown, Failure>>;
  /** A GET whose answer goes on. The last step is `Closed` or `Failed`; leaving the loop ends the request. */
  stream(path: string, options?: Pick<CallOptions, 'query' | 'accept' | 'signal'>): AsyncIterable<StreamStep>;
  close(): void;
}

const defaultTimeoutMs = 60_000;
/**
 * A watch that asks for bookmarks hears one about every minute. One that is silent for three is taken for dead, though
 * probes of the kernel notice most dead connections within half a minute.
 */
const silenceMs = 180_000;
/** A watch is answered at once, if only with the head. */
const openMs = 30_000;
/** Token files are written anew long before the old token ends. */
const credentialsMs = 30_000;

interface Connection {
  readonly headers: { readonly [name: string]: string };
  readonly agent: HttpAgent;
}

class HttpKubeClient implements KubeClient {
  readonly #endpoint: Endpoint;
  readonly #silenceMs: number;
  #agent: { readonly of: string; readonly agent: HttpAgent } | undefined;
  #connection: { readonly until: number; readonly connection: Promise<Connection> } | undefined;

  constructor(endpoint: Endpoint, silence: number) {
    this.#endpoint = endpoint;
    this.#silenceMs = silence;
  }

  async request(method: Method, path: string, options: CallOptions = {}): Promise<Result<unknown, Failure>> {
    const deadline = createDeadline(options.signal, options.timeoutMs ?? defaultTimeoutMs);
    try {
      const opened = await this.#open(method, path, options, deadline.signal);
      if (!opened.ok) return opened;
      const text = await readText(opened.value);
      return ok(text === '' ? undefined : JSON.parse(text));
    } catch (error) {
      return err(unreachable(error, options.signal));
    } finally {
      deadline.release();
    }
  }

  async *stream(
    path: string,
    options: Pick<CallOptions, 'query' | 'accept' | 'signal'> = {},
  ): AsyncGenerator<StreamStep> {
    const deadline = createDeadline(options.signal, Math.min(openMs, this.#silenceMs));
    let response: IncomingMessage | undefined;
    let failure: Failure | undefined;
    try {
      const opened = await this.#open('GET', path, options, deadline.signal);
      if (opened.ok) {
        response = opened.value;
        deadline.set(this.#silenceMs);
        yield { kind: 'Opened' };
        const chunks = noting(response, () => deadline.renew());
        for await (const lines of decodeLines(chunks)) yield { kind: 'Lines', lines };
      } else failure = opened.error;
    } catch (error) {
      failure = unreachable(error, options.signal);
    } finally {
      deadline.release();
      // Where the caller left the loop in the middle.
      if (response?.complete === false) response.destroy();
    }
    yield failure === undefined ? { kind: 'Closed' } : { kind: 'Failed', failure };
  }

  close(): void {
    this.#agent?.agent.destroy();
  }

  /** Sends a request; an answer with a status of success comes back before its body. */
  async #open(
    method: Method,
    path: string,
    options: CallOptions,
    signal: AbortSignal,
  ): Promise<Result<IncomingMessage, Failure>> {
    try {
      let response = await this.#send(method, path, options, signal, false);
      if (response.statusCode === 401) {
        response.resume();
        response = await this.#send(method, path, options, signal, true);
      }
      const code = response.statusCode ?? 500;
      if (code < 300) return ok(response);
      const text = await readText(response);
      const retryAfter = Number(response.headers['retry-after']);
      return err(failureOf(parseOr(text), code, Number.isFinite(retryAfter) ? retryAfter : undefined));
    } catch (error) {
      return err(unreachable(error, options.signal));
    }
  }

  async #send(method: Method, path: string, options: CallOptions, signal: AbortSignal, renew: boolean) {
    const connection = await this.#connect(renew);
    const body = options.body === undefined ? undefined : JSON.stringify(options.body);
    const url = urlOf(this.#endpoint.server, path, options.query);
    const headers = {
      accept: options.accept ?? 'application/json',
      'user-agent': 'sallyport',
      ...(body === undefined
        ? {}
        : { 'content-type': options.contentType ?? 'application/json', 'content-length': Buffer.byteLength(body) }),
      ...connection.headers,
    };
    return exchange(url, { method, headers, agent: connection.agent }, body, signal);
  }

  #connect(renew: boolean): Promise<Connection> {
    const known = this.#connection;
    if (!renew && known !== undefined && known.until > Date.now()) return known.connection;
    const connection = this.#endpoint.credentials(renew).then((credentials) => ({
      headers: credentials.headers,
      agent: credentials.proxy ?? this.#agentFor(credentials),
    }));
    this.#connection = { until: Date.now() + credentialsMs, connection };
    // One that failed is not kept; who waits for it hears why.
    connection.catch(() => (this.#connection = undefined));
    return connection;
  }

  /** Connections are kept while the certificates are the same. */
  #agentFor({ tls }: Credentials): HttpAgent {
    const of = contentHash(JSON.stringify(tls));
    if (this.#agent?.of === of) return this.#agent.agent;
    const pool = { keepAlive: true, keepAliveMsecs: keepAliveMs, maxFreeSockets: 8 };
    const agent =
      this.#endpoint.server.protocol === 'http:' ? new HttpAgent(pool) : new HttpsAgent({ ...pool, ...tls });
    this.#agent = { of, agent };
    return agent;
  }
}

async function* noting(response: IncomingMessage, note: () => void): AsyncGenerator<Buffer, void> {
  for await (const chunk of response) {
    note();
    // Without an encoding set, a response gives buffers.
    yield chunk as Buffer;
  }
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function parseOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Something in between answered, in words for people.
    return undefined;
  }
}

export interface KubeClientOptions {
  readonly endpoint: Endpoint;
  /** How long a stream may be silent before it counts as dead, in milliseconds. */
  readonly silenceMs?: number;
}

/** A client that connects when it is first asked to, and keeps connections until it is closed. */
export function createKubeClient(options: KubeClientOptions): KubeClient {
  return new HttpKubeClient(options.endpoint, options.silenceMs ?? silenceMs);
}
