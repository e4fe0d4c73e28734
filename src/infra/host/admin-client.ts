import { request } from 'node:http';

/** An answer of Envoy's admin interface; status 0 where there is none. */
export interface AdminAnswer {
  readonly status: number;
  readonly body: string;
}

/** Asks Envoy's admin interface over its Unix socket. Never throws: an Envoy that is not there answers nothing. */
export function askAdmin(socketPath: string, method: 'GET' | 'POST', path: string): Promise<AdminAnswer> {
  return new Promise((resolve) => {
    const nothing = () => resolve({ status: 0, body: '' });
    const sent = request({ socketPath, method, path, timeout: 2_000, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString() }));
      response.on('error', nothing);
    });
    sent.on('timeout', () => sent.destroy(new Error('timeout')));
    sent.on('error', nothing);
    sent.end();
  });
}
