import { type Agent, type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
export type Query = { readonly [name: string]: string | number | boolean | undefined };

/** How long a connection is idle before the kernel probes it; ten probes of a second each tell that it is dead. */
export const keepAliveMs = 15_000;

interface Exchange {
  readonly method: Method;
  readonly headers: { readonly [name: string]: string | number };
  readonly agent: Agent;
}

/** Sends a request; resolves with the head of the answer, and ends it all when the signal says so. */
export function exchange(
  url: URL,
  options: Exchange,
  body: string | undefined,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'http:' ? httpRequest : httpsRequest;
    const request = send(url, options);
    const giveUp = () => request.destroy(reasonOf(signal));
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp);
    request.on('response', (response) => {
      signal.removeEventListener('abort', giveUp);
      // A complete answer has given its connection back, to whoever uses it next.
      signal.addEventListener('abort', () => response.complete || response.destroy(reasonOf(signal)));
      // Who reads the answer hears of it; in between nobody may be reading.
      response.on('error', () => {});
      resolve(response);
    });
    request.on('socket', (socket) => {
      socket.setNoDelay(true);
      socket.setKeepAlive(true, keepAliveMs);
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      signal.removeEventListener('abort', giveUp);
      // A kept connection that the server closed in the same moment. What arrived all the same is at worst a conflict.
      if (request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE') && !signal.aborted)
        resolve(exchange(url, options, body, signal));
      else reject(error);
    });
    request.end(body);
  });
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('The request was given up.');
}

/** The address of a path of the API, which begins with a slash and is escaped already. */
export function urlOf(server: URL, path: string, query: Query = {}): URL {
  const url = new URL(server);
  // A server behind a path, as proxies of many clusters have it.
  url.pathname = `${url.pathname.replace(/\/$/, '')}${path}`;
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
  return url;
}
