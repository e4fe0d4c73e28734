import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

/** Whether the control plane is ready, and for whom it still waits if not. */
export interface Readiness {
  readonly ready: boolean;
  readonly waitingFor: readonly string[];
}

/** What the admin port shows. Each view is made when it is asked for; none holds a secret. */
export interface AdminViews {
  readiness(): Promise<Readiness>;
  readonly registry: Registry;
  /** Dumps by path, as JSON-able values. */
  readonly dumps: { readonly [path: string]: (query: URLSearchParams) => unknown };
}

export interface AdminServer {
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

function sendText(response: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': type }).end(text);
}

function index(views: AdminViews): string {
  return ['/healthz', '/readyz', '/metrics', ...Object.keys(views.dumps)].join('\n') + '\n';
}

async function answer(views: AdminViews, method: string, url: URL, response: ServerResponse): Promise<void> {
  if (method !== 'GET' && method !== 'HEAD') return sendText(response, 405, 'only GET is served here\n');
  switch (url.pathname) {
    case '/':
      return sendText(response, 200, index(views));
    case '/healthz':
      return sendText(response, 200, 'ok\n');
    case '/readyz': {
      const { ready, waitingFor } = await views.readiness();
      return sendText(response, ready ? 200 : 503, ready ? 'ready\n' : `waiting for ${waitingFor.join(', ')}\n`);
    }
    case '/metrics':
      return sendText(response, 200, await views.registry.metrics(), views.registry.contentType);
    default: {
      const dump = views.dumps[url.pathname];
      if (dump === undefined) return sendText(response, 404, `nothing is served at ${url.pathname}\n\n${index(views)}`);
      return sendText(response, 200, `${JSON.stringify(dump(url.searchParams), undefined, 2)}\n`, 'application/json');
    }
  }
}

async function listen(
  address: string,
  port: number,
  views: AdminViews,
  refusal: (host: string) => string | undefined,
): Promise<AdminServer> {
  const server = createServer((request, response) => {
    const refused = refusal((request.headers.host ?? '').replace(/:\d+$/, ''));
    if (refused !== undefined) return sendText(response, 403, refused);
    // Whoever reaches the port may send any bytes.
    const url = URL.parse(request.url ?? '/', 'http://localhost');
    if (url === null) return sendText(response, 400, 'not a path\n');
    answer(views, request.method ?? 'GET', url, response).catch((error: unknown) => {
      if (!response.headersSent) sendText(response, 500, `${error instanceof Error ? error.message : 'failed'}\n`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
  const bound = server.address() as AddressInfo;
  return {
    address: bound.address,
    port: bound.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/**
 * Health, metrics and dumps over HTTP, on a loopback address only: it shows the whole configuration. A request whose
 * Host is a name other than localhost is refused, so that a page in a browser can't read it by rebinding its own name.
 */
export function createAdminServer(views: AdminViews, address: string, port: number): Promise<AdminServer> {
  return listen(address, port, views, (host) =>
    /^(localhost|127(\.\d+){3}|\[::1\])$/.test(host) ? undefined : 'ask by a loopback address\n',
  );
}

/** Health and metrics alone, for the probes and scrapers of a cluster: nothing of the configuration. */
export function createHealthServer(
  { readiness, registry }: Pick<AdminViews, 'readiness' | 'registry'>,
  address: string,
  port: number,
): Promise<AdminServer> {
  return listen(address, port, { readiness, registry, dumps: {} }, () => undefined);
}
