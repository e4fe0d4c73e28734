import { Agent, request, type IncomingMessage, type RequestOptions } from 'node:http';
import { connect, type ClientHttp2Session } from 'node:http2';
import { stream } from './backend.ts';

/** The ways in which clients differ when a proxy changes under them. */
export const trafficKinds = ['new connection', 'kept connection', 'HTTP/2', 'streamed response', 'WebSocket'] as const;
export type TrafficKind = (typeof trafficKinds)[number];

/** Requests that were sent and what went wrong with them. */
export interface TrafficReport {
  readonly sent: { readonly [K in TrafficKind]: number };
  /** Reset, refused, 5xx that the backend did not send, or no answer within a second. */
  readonly failures: readonly string[];
}

export interface TrafficOptions {
  readonly port: number;
  readonly hosts: readonly string[];
  /** Requests a second over all kinds, in equal parts, sent whether or not earlier ones are answered. */
  readonly perSecond: number;
}

/** Constant traffic until it is stopped. */
export interface Traffic {
  stop(): Promise<TrafficReport>;
}

const answerMs = 1_000;
/** A WebSocket lives for two seconds. */
const webSocketEchoes = 5;
const webSocketEveryMs = 500;

/** Resolves with what went wrong, or undefined. */
type Send = (host: string) => Promise<string | undefined>;

function sendHttp1(options: RequestOptions, expectedLength: number): Promise<string | undefined> {
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
    const late = setTimeout(() => sent.destroy(new Error('no answer within a second')), answerMs);
    sent.on('error', (error) => {
      clearTimeout(late);
      resolve(error.message);
    });
    sent.end();
  });
}

function sendWebSocket(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const headers = {
      host,
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    };
    const sent = request({ host: '127.0.0.1', port, headers, agent: false });
    const late = setTimeout(() => sent.destroy(new Error('no answer within a second')), answerMs);
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
  readonly #port: number;
  #session: ClientHttp2Session | undefined;
  readonly #sessions = new Set<ClientHttp2Session>();

  constructor(port: number) {
    this.#port = port;
  }

  send(host: string): Promise<string | undefined> {
    return new Promise((resolve) => {
      const asked = this.#open().request({ ':path': '/', ':authority': host });
      const late = setTimeout(() => asked.destroy(new Error('no answer within a second')), answerMs);
      let status = 0;
      asked.on('response', (headers) => (status = headers[':status'] ?? 0));
      asked.on('error', (error) => resolve(error.message));
      asked.on('close', () => {
        clearTimeout(late);
        resolve(status === 200 ? undefined : `status ${status}`);
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
    const session = connect(`http://127.0.0.1:${this.#port}`);
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
export function startTraffic({ port, hosts, perSecond }: TrafficOptions): Traffic {
  const agent = new Agent({ keepAlive: true, maxSockets: 1_000 });
  const http2 = new Http2Client(port);
  const to = (host: string, path: string, by: Agent | false): RequestOptions => ({
    host: '127.0.0.1',
    port,
    path,
    headers: { host },
    agent: by,
  });
  const senders: { readonly [K in TrafficKind]: Send } = {
    'new connection': (host) => sendHttp1(to(host, '/', false), 2),
    'kept connection': (host) => sendHttp1(to(host, '/', agent), 2),
    'HTTP/2': (host) => http2.send(host),
    'streamed response': (host) => sendHttp1(to(host, '/stream', agent), stream.parts),
    WebSocket: (host) => sendWebSocket(port, host),
  };
  const sent = { 'new connection': 0, 'kept connection': 0, 'HTTP/2': 0, 'streamed response': 0, WebSocket: 0 };
  const failures: string[] = [];
  const open = new Set<Promise<undefined>>();
  let count = 0;
  const started = performance.now();
  const timer = setInterval(() => {
    const due = ((performance.now() - started) / 1000) * perSecond;
    for (; count < due; count++) {
      const kind = trafficKinds[count % trafficKinds.length] ?? 'new connection';
      const host = hosts[count % hosts.length] ?? '';
      sent[kind] += 1;
      const done: Promise<undefined> = senders[kind](host).then((problem) => {
        if (problem !== undefined) failures.push(`${kind} to ${host}: ${problem}`);
        open.delete(done);
        return undefined;
      });
      open.add(done);
    }
  }, 5);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      agent.destroy();
      http2.close();
      return { sent, failures };
    },
  };
}
