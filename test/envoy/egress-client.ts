import { request } from 'node:http';
import type { Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { Reply } from './request.ts';

interface Call {
  /** Of the forward proxy. */
  readonly port: number;
  readonly url: string;
  /** The caller's own address. */
  readonly from?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request in absolute form, from an address of its own. */
export function callAbsolute({ port, url, from = '127.0.0.11', method = 'GET', headers = {} }: Call): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const host = new URL(url).host;
    const sent = request({
      host: '127.0.0.1',
      port,
      path: url,
      method,
      localAddress: from,
      agent: false,
      headers: { host, ...headers },
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    sent.end();
  });
}

/** CONNECT: the tunnel's socket, or the answer that refuses it. */
export function openTunnel(
  port: number,
  authority: string,
  from = '127.0.0.11',
): Promise<{ readonly socket: Socket } | Reply> {
  return new Promise((resolve, reject) => {
    const sent = request({
      host: '127.0.0.1',
      port,
      path: authority,
      method: 'CONNECT',
      localAddress: from,
      agent: false,
      headers: { host: authority },
    });
    sent.on('error', reject);
    sent.on('connect', (response, socket, head) => {
      if (response.statusCode === 200) {
        resolve({ socket });
        return;
      }
      let body = head.toString();
      const finish = () => {
        if (body.length < Number(response.headers['content-length'] ?? 0)) return;
        socket.destroy();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      };
      socket.on('data', (chunk: Buffer) => {
        body += chunk.toString();
        finish();
      });
      socket.on('error', reject);
      finish();
    });
    sent.end();
  });
}

/** A request over TLS on a socket that leads somewhere; resolves to the whole answer, or fails as the handshake does. */
export function requestOverTls(socket: Socket, options: ConnectionOptions, host: string, path = '/'): Promise<string> {
  return new Promise((resolve, reject) => {
    const tls = connectTls({ ...options, socket });
    let text = '';
    tls.on('error', reject);
    tls.on('secureConnect', () => tls.write(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`));
    tls.on('data', (chunk: Buffer) => (text += chunk.toString()));
    tls.on('close', () => (text === '' ? reject(new Error('closed without an answer')) : resolve(text)));
  });
}
