import { request, type IncomingHttpHeaders } from 'node:http';
import { request as requestTls, type RequestOptions } from 'node:https';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Sent {
  readonly port: number;
  readonly path: string;
  readonly host: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string;
  /** Over TLS, with these options. */
  readonly tls?: Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'>;
}

/** One HTTP/1.1 request over a connection of its own. */
export function send({ port, path, host, method = 'GET', headers = {}, body: content, tls }: Sent): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, method, headers: { host, ...headers }, agent: false } as const;
    const sent = tls === undefined ? request(options) : requestTls({ ...options, ...tls });
    sent.on('error', reject);
    sent.on('response', (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    sent.end(content);
  });
}
