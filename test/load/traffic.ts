import { Agent, request, type IncomingMessage, type RequestOptions } from 'node:http';
import { connect, constants, type ClientHttp2Session } from 'node:http2';
import { stream } from './backend.ts';

/** The ways in which clients differ when a proxy changes under them. */
export const trafficKinds = ['new connection', 'kept connection', 'HTTP/2', 'streamed response', 'WebSocket'] as const;
export type TrafficKind = (typeof trafficKinds)[number];

/** A request that was reset or refused, got a 5xx that the backend did not send, or no answer in time. */
export interface Failure {
  readonly kind: TrafficKind;
  readonly host: string;
  readonly problem: string;
  /** Whether all that is wrong is that there was no answer in time. */
  readonly late: boolean;
  /** When it was sent and when it failed, in milliseconds as `performance.now()` has them. */
  readonly sentAt: number;
  readonly failedAt: number;
}

/** Requests that were sent and what went wrong with them. */
export interface TrafficReport {
  readonly sent: { readonly [K in TrafficKind]: number };
  readonly failures: readonly Failure[];
}

export interface TrafficOptions {
  /** 127.0.0.1 unless given. */
  readonly address?: string;
  readonly port: number;
  readonly hosts: readonly string[];
  /** Requests a second over all kinds, in equal parts, sent whether or not earlier ones are answered. */
  readonly perSecond: number;
  /** All unless given. */
  readonly kinds?: readonly TrafficKind[];
  /** How long an answer may take, in milliseconds; a second unless given. */
  readonly answerMs?: number;
}

/** Constant traffic until it is stopped. */
export interface Traffic {
  /** Resolves when it has gone on for so many seconds from now. */
  goOn(seconds: number): Promise<void>;
  stop(): Promise<TrafficReport>;
}

const noAnswer = 'no answer in time';
/** A WebSocket lives for two seconds. */
const webSocketEchoes = 5;
const webSocketEveryMs = 500;

/** Resolves with what went wrong, or undefined. */
type Send = (host: string) => Promise<string | undefined>;

function sendHttp1(options: RequestOptions, answerMs: number, expectedLength: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const sent = request(options, (response: IncomingMessage) => {
      clearTimeout(late);
      let length = 0;
      response.on('data', (chunk: Buffer) => (length += chunk.length));
      response.on('error', (error) => resolve(`cut: ${error.message}`));
      response.on('end', () => {
        if (response.statusCode !== 200) resolve(`status ${response.statusCode}`);
        else resolve(length === expectedLength ? undefined : `${length} bytes of ${expectedLength}`);
      });
    });
    const late = setTimeout(() => sent.destroy(new Error(noAnswer)), answerMs);
    sent.on('error', (error) => {
      clearTimeout(late);
      resolve(error.message);
    });
    sent.end();
  });
}

function sendWebSocket(address: string, port: number, host: string, answerMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const headers = {
      host,
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    };
    const sent = request({ host: address, port, headers, agent: false });
    const late = setTimeout(() => sent.destroy(new Error(noAnswer)), answerMs);
    const end = (problem: string | undefined) => {
      clearTimeout(late);
      resolve(problem);
    };
    sent.on('error', (error) => end(error.message));
    sent.on('response', (response) => {
      response.resume();
      end(`status ${response.statusCode}`);
    });
    sent.on('upgrade', (_, socket) => {
      socket.on('error', (error) => end(error.message));
      // Held for a while, and asked again and again: what cuts it is seen.
      let answered = 0;
      socket.on('close', () => end(answered === webSocketEchoes ? undefined : 'cut'));
      socket.on('data', () => {
        clearTimeout(late);
        answered += 1;
        if (answered === webSocketEchoes) socket.destroy();
        else setTimeout(() => socket.write('again'), webSocketEveryMs);
      });
      socket.write('hello');
    });
    sent.end();
  });
}

/** One HTTP/2 connection for all requests; a new one when the proxy says that it will close it, as browsers do. */
class Http2Client {
  readonly #origin: string;
  readonly #answerMs: number;
  #session: ClientHttp2Session | undefined;
  readonly #sessions = new Set<ClientHttp2Session>();

  constructor(address: string, port: number, answerMs: number) {
    this.#origin = `http://${address}:${port}`;
    this.#answerMs = answerMs;
  }

  /**
   * What is refused has not been looked at, and is sent again (RFC 9113, section 8.7): nghttp2 refuses by itself what it
   * was given before the session's GOAWAY was seen here.
   */
  send(host: string, isAgain = false): Promise<string | undefined> {
    return new Promise((resolve) => {
      const sentAt = performance.now();
      const asked = this.#open().request({ ':path': '/', ':authority': host });
      const late = setTimeout(() => asked.destroy(new Error(noAnswer)), this.#answerMs);
      let status = 0;
      asked.on('response', (headers) => (status = headers[':status'] ?? 0));
      asked.on('error', (error) => {
        const isRefused = asked.rstCode === constants.NGHTTP2_REFUSED_STREAM;
        resolve(isRefused && !isAgain ? this.send(host, true) : error.message);
      });
      asked.on('close', () => {
        clearTimeout(late);
        if (status === 200) resolve(undefined);
        // The session can end before the timer is seen to.
        else if (status === 0 && performance.now() - sentAt > this.#answerMs) resolve(noAnswer);
        else resolve(status === 0 ? 'closed without an answer' : `status ${status}`);
      });
      asked.resume();
      asked.end();
    });
  }

  close(): void {
    for (const session of this.#sessions) session.destroy();
  }

  #open(): ClientHttp2Session {
    if (this.#session !== undefined && !this.#session.closed && !this.#session.destroyed) return this.#session;
    const session = connect(this.#origin);
    const leave = () => {
      if (this.#session === session) this.#session = undefined;
    };
    session.on('goaway', leave);
    session.on('error', leave);
    session.on('close', () => {
      leave();
      this.#sessions.delete(session);
    });
    this.#sessions.add(session);
    this.#session = session;
    return session;
  }
}

/** Starts the traffic. It is bounded: whoever starts it stops it. */
export function startTraffic(options: TrafficOptions): Traffic {
  const { address = '127.0.0.1', port, hosts, perSecond, kinds = trafficKinds, answerMs = 1_000 } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: 1_000 });
  const http2 = new Http2Client(address, port, answerMs);
  const to = (host: string, path: string, by: Agent | false): RequestOptions => ({
    host: address,
    port,
    path,
    headers: { host },
    agent: by,
  });
  const senders: { readonly [K in TrafficKind]: Send } = {
    'new connection': (host) => sendHttp1(to(host, '/', false), answerMs, 2),
    'kept connection': (host) => sendHttp1(to(host, '/', agent), answerMs, 2),
    'HTTP/2': (host) => http2.send(host),
    'streamed response': (host) => sendHttp1(to(host, '/stream', agent), answerMs, stream.parts),
    WebSocket: (host) => sendWebSocket(address, port, host, answerMs),
  };
  const sent = { 'new connection': 0, 'kept connection': 0, 'HTTP/2': 0, 'streamed response': 0, WebSocket: 0 };
  const failures: Failure[] = [];
  const open = new Set<Promise<undefined>>();
  let count = 0;
  const started = performance.now();
  const timer = setInterval(() => {
    const due = ((performance.now() - started) / 1000) * perSecond;
    for (; count < due; count++) {
      const kind = kinds[count % kinds.length] ?? 'new connection';
      const host = hosts[count % hosts.length] ?? '';
      sent[kind] += 1;
      const sentAt = performance.now();
      const done: Promise<undefined> = senders[kind](host).then((problem) => {
        const failedAt = performance.now();
        const late = problem === noAnswer;
        if (problem !== undefined) failures.push({ kind, host, problem, late, sentAt, failedAt });
        open.delete(done);
        return undefined;
      });
      open.add(done);
    }
  }, 5);
  return {
    goOn: (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000)),
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      agent.destroy();
      http2.close();
      return { sent, failures };
    },
  };
}
