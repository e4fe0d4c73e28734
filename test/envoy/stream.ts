import { createSocket } from 'node:dgram';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import type { TestCertificate } from '../fixture/certificate.ts';

/** A server on loopback that answers whatever it gets with its name. */
export interface StreamBackend {
  readonly name: string;
  readonly port: number;
  /** How many connections there were so far; datagrams have none. */
  connections(): number;
  stop(): Promise<void>;
}

function listen(name: string, server: Server): Promise<StreamBackend> {
  const open = new Set<{ destroy(): unknown }>();
  let count = 0;
  server.on('connection', (socket) => {
    count += 1;
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of open) socket.destroy();
    });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () =>
      resolve({ name, port: (server.address() as AddressInfo).port, connections: () => count, stop }),
    );
  });
}

export function startTcpBackend(name: string): Promise<StreamBackend> {
  const server = createServer((socket) => {
    socket.on('data', () => socket.write(name));
    socket.on('error', () => socket.destroy());
  });
  return listen(name, server);
}

/** TLS ends in the backend; `server` is its certificate. */
export function startTlsBackend(name: string, { chain, key }: TestCertificate): Promise<StreamBackend> {
  const server = createTlsServer({ cert: chain, key }, (socket) => {
    socket.on('data', () => socket.write(`${name} ${socket.alpnProtocol || 'no-alpn'}`));
    socket.on('error', () => socket.destroy());
  });
  server.on('tlsClientError', () => {});
  return listen(name, server);
}

export function startUdpBackend(name: string): Promise<StreamBackend> {
  const socket = createSocket('udp4');
  socket.on('message', (_, { address, port }) => socket.send(name, port, address));
  const stop = () => new Promise<void>((resolve) => socket.close(() => resolve()));
  return new Promise((resolve) => {
    socket.bind(0, '127.0.0.1', () => resolve({ name, port: socket.address().port, connections: () => 0, stop }));
  });
}

/** What a new connection is answered; `closed` or `ECONNRESET` where it ends without. */
export function askTcp(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('hello'));
    const settle = (outcome: string) => {
      socket.destroy();
      resolve(outcome);
    };
    socket.once('data', (data) => settle(data.toString()));
    socket.once('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
    socket.once('close', () => settle('closed'));
  });
}

export interface TlsAnswer {
  readonly answer: string;
  /** The common name of the certificate that was shown. */
  readonly shown?: string;
}

interface TlsClient {
  readonly servername?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly ALPNProtocols?: string[];
}

/** What a new TLS connection is answered, and by whose certificate it is ended. */
export function askTls(port: number, client: TlsClient): Promise<TlsAnswer> {
  return new Promise((resolve) => {
    let shown: string | undefined;
    const options = { host: '127.0.0.1', port, rejectUnauthorized: false, ...client };
    const socket = connectTls(options, () => {
      shown = socket.getPeerCertificate().subject.CN;
      socket.write('?');
    });
    const settle = (answer: string) => {
      socket.destroy();
      resolve({ answer, ...(shown === undefined ? {} : { shown }) });
    };
    socket.once('data', (data) => settle(data.toString()));
    socket.once('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
    socket.once('close', () => settle('closed'));
  });
}

/** What one datagram from a new port is answered; undefined where nothing comes within `waitMs` milliseconds. */
export function askUdp(port: number, waitMs = 300): Promise<string | undefined> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    const settle = (answer: string | undefined) => {
      clearTimeout(timer);
      socket.close(() => resolve(answer));
    };
    const timer = setTimeout(() => settle(undefined), waitMs);
    socket.once('message', (data) => settle(data.toString()));
    socket.send('?', port, '127.0.0.1');
  });
}

/** How often each answer came, asking `times` times, some at once. */
export async function count(
  times: number,
  ask: () => Promise<string | undefined>,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (let asked = 0; asked < times; asked += 20) {
    const answers = await Promise.all(Array.from({ length: Math.min(20, times - asked) }, ask));
    for (const answer of answers) counts.set(answer ?? 'nothing', (counts.get(answer ?? 'nothing') ?? 0) + 1);
  }
  return counts;
}
