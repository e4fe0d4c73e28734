import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Endpoint } from '../../src/kube/endpoint.ts';

export interface FakeObject {
  metadata: { name: string; namespace?: string; resourceVersion?: string; uid?: string; generation?: number };
  [field: string]: unknown;
}

interface Entry {
  readonly path: string;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: FakeObject;
  readonly version: number;
}

interface Watch {
  readonly path: string;
  readonly namespace: string;
  readonly response: ServerResponse;
}

interface Target {
  /** Of the collection, without a namespace. */
  readonly path: string;
  readonly namespace: string;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/** As much of an API server as lists, watches, discovery and plain writes need, over real HTTP. */
export class FakeApiServer {
  /** Whether it knows `sendInitialEvents`. */
  streams = true;
  /** Answers everything with this status while set. */
  refusing: number | undefined;
  /** A path that is answered with a status of its own. */
  broken: { readonly path: string; readonly code: number } | undefined;
  /** `group/version` to its resources, for discovery. */
  readonly groups = new Map<string, { name: string; kind: string; namespaced: boolean }[]>();
  readonly requests: { method: string; path: string; query: URLSearchParams; headers: IncomingMessage['headers'] }[] =
    [];
  readonly #objects = new Map<string, Map<string, FakeObject>>();
  readonly #watches = new Set<Watch>();
  #log: Entry[] = [];
  #version = 100;
  #oldest = 0;
  #server: Server;
  #port = 0;

  constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Cuts every connection and stops listening. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  /** Listens on the same port again. */
  async reopen(): Promise<void> {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    await this.listen();
  }

  endpoint(headers: { readonly [name: string]: string } = {}): Endpoint {
    return {
      server: new URL(`http://127.0.0.1:${this.#port}`),
      namespace: 'default',
      credentials: () => Promise.resolve({ headers, tls: {} }),
    };
  }

  get watches(): number {
    return this.#watches.size;
  }

  get version(): number {
    return this.#version;
  }

  put(path: string, object: FakeObject): FakeObject {
    const objects = this.#objects.get(path) ?? new Map<string, FakeObject>();
    this.#objects.set(path, objects);
    const key = keyOf(object);
    const before = objects.get(key);
    this.#version += 1;
    const stored = structuredClone(object);
    stored.metadata.resourceVersion = String(this.#version);
    stored.metadata.uid ??= before?.metadata.uid ?? `uid-${this.#version}`;
    objects.set(key, stored);
    this.#record({ path, type: before === undefined ? 'ADDED' : 'MODIFIED', object: stored, version: this.#version });
    return stored;
  }

  delete(path: string, namespace: string, name: string): void {
    const object = this.#objects.get(path)?.get(`${namespace}/${name}`);
    if (object === undefined) return;
    this.#objects.get(path)?.delete(`${namespace}/${name}`);
    this.#version += 1;
    const gone = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
    this.#record({ path, type: 'DELETED', object: gone, version: this.#version });
  }

  list(path: string, namespace = ''): FakeObject[] {
    const objects = [...(this.#objects.get(path)?.values() ?? [])];
    return objects.filter(({ metadata }) => namespace === '' || metadata.namespace === namespace);
  }

  /** Sends a bookmark to every watch. */
  bookmark(): void {
    for (const watch of this.#watches) this.#send(watch.response, bookmarkLine(this.#version, false));
  }

  /** Ends every watch, in good order. */
  endWatches(): void {
    for (const { response } of this.#take()) response.end();
  }

  /** Cuts every watch in the middle of a line. */
  cutWatches(): void {
    for (const { response } of this.#take()) {
      response.write('{"type":"MODI');
      response.socket?.destroy();
    }
  }

  /** Sends an ERROR event to every watch and ends it. */
  failWatches(code: number): void {
    for (const { response } of this.#take()) {
      this.#send(response, { type: 'ERROR', object: statusOf(code, 'Expired') });
      response.end();
    }
  }

  /** Forgets what happened so far: who asks from before is told 410. */
  compact(): void {
    this.#log = [];
    this.#oldest = this.#version;
  }

  #take(): readonly Watch[] {
    const watches = [...this.#watches];
    this.#watches.clear();
    return watches;
  }

  #record(entry: Entry): void {
    this.#log.push(entry);
    for (const watch of this.#watches) if (concerns(entry, watch)) this.#send(watch.response, lineOf(entry));
  }

  #send(response: ServerResponse, line: unknown): void {
    response.write(`${JSON.stringify(line)}\n`);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://server');
    const method = request.method ?? 'GET';
    this.requests.push({ method, path: url.pathname, query: url.searchParams, headers: request.headers });
    const body = await readBody(request);
    if (this.refusing !== undefined) return reply(response, this.refusing, statusOf(this.refusing));
    if (url.pathname === this.broken?.path) return reply(response, this.broken.code, statusOf(this.broken.code));
    if (this.#discover(url.pathname, response)) return;
    const target = parse(url.pathname);
    if (target.name !== undefined) return this.#one(method, target, body, response);
    if (method === 'POST') return this.#create(target, body as FakeObject, response);
    if (url.searchParams.get('watch') === 'true') return this.#watch(target, url.searchParams, response);
    this.#page(target, url.searchParams, response);
  }

  #discover(path: string, response: ServerResponse): boolean {
    const match = /^\/apis\/([^/]+)(?:\/([^/]+))?$/.exec(path);
    if (match === null) return false;
    const [, group = '', version] = match;
    if (version !== undefined) {
      const resources = this.groups.get(`${group}/${version}`);
      if (resources === undefined) reply(response, 404, statusOf(404));
      else reply(response, 200, { kind: 'APIResourceList', resources });
      return true;
    }
    const versions = [...this.groups.keys()].filter((one) => one.startsWith(`${group}/`));
    if (versions.length === 0) reply(response, 404, statusOf(404));
    else reply(response, 200, { versions: versions.map((one) => ({ version: one.slice(group.length + 1) })) });
    return true;
  }

  #page({ path, namespace }: Target, query: URLSearchParams, response: ServerResponse): void {
    const limit = Number(query.get('limit') ?? Infinity);
    const [offset = '0', version = String(this.#version)] = (query.get('continue') ?? '').split('@').filter(Boolean);
    if (query.has('continue') && Number(version) < this.#oldest) return reply(response, 410, statusOf(410, 'Expired'));
    const name = /^metadata\.name=(.*)$/.exec(query.get('fieldSelector') ?? '')?.[1];
    const items = this.list(path, namespace).filter(({ metadata }) => name === undefined || metadata.name === name);
    const end = Number(offset) + limit;
    const token = end < items.length ? `${end}@${version}` : undefined;
    reply(response, 200, {
      kind: 'List',
      metadata: { resourceVersion: version, ...(token === undefined ? {} : { continue: token }) },
      items: items.slice(Number(offset), end),
    });
  }

  #watch({ path, namespace }: Target, query: URLSearchParams, response: ServerResponse): void {
    const initial = query.get('sendInitialEvents') === 'true';
    if (initial && !this.streams) return reply(response, 422, statusOf(422, 'Invalid'));
    const from = Number(query.get('resourceVersion') ?? 0);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (!initial && from < this.#oldest) {
      this.#send(response, { type: 'ERROR', object: statusOf(410, 'Expired') });
      response.end();
      return;
    }
    const watch = { path, namespace, response };
    this.#watches.add(watch);
    response.on('close', () => this.#watches.delete(watch));
    if (initial) {
      for (const object of this.list(path, namespace)) this.#send(response, { type: 'ADDED', object });
      this.#send(response, bookmarkLine(this.#version, true));
    } else
      for (const entry of this.#log)
        if (entry.version > from && concerns(entry, watch)) this.#send(response, lineOf(entry));
  }

  #create({ path, namespace }: Target, object: FakeObject, response: ServerResponse): void {
    const metadata = { ...object.metadata, namespace };
    if (this.#objects.get(path)?.has(keyOf({ metadata })) === true)
      return reply(response, 409, statusOf(409, 'AlreadyExists'));
    reply(response, 201, this.put(path, { ...object, metadata }));
  }

  #one(method: string, { path, namespace, name, subresource }: Target, body: unknown, response: ServerResponse): void {
    const known = this.#objects.get(path)?.get(`${namespace}/${name}`);
    if (known === undefined && method !== 'PATCH') return reply(response, 404, statusOf(404));
    const object = body as FakeObject & { preconditions?: { uid?: string } };
    switch (method) {
      case 'GET':
        return reply(response, 200, known);
      case 'DELETE':
        if (object?.preconditions?.uid !== known?.metadata.uid) return reply(response, 409, statusOf(409, 'Conflict'));
        this.delete(path, namespace, name ?? '');
        return reply(response, 200, statusOf(200));
      case 'PUT': {
        if (object.metadata.resourceVersion !== known?.metadata.resourceVersion)
          return reply(response, 409, statusOf(409, 'Conflict'));
        const next = subresource === 'status' ? { ...known, status: object['status'] } : object;
        return reply(response, 200, this.put(path, next as FakeObject));
      }
      default: {
        const scope = namespace === '' ? {} : { namespace };
        const metadata = { ...known?.metadata, ...object.metadata, ...scope, name: name ?? '' };
        return reply(response, 200, this.put(path, { ...known, ...object, metadata }));
      }
    }
  }
}

function keyOf({ metadata }: Pick<FakeObject, 'metadata'>): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function concerns(entry: Entry, watch: Watch): boolean {
  return entry.path === watch.path && (watch.namespace === '' || entry.object.metadata.namespace === watch.namespace);
}

function lineOf({ type, object }: Entry): unknown {
  return { type, object };
}

function bookmarkLine(version: number, listed: boolean): unknown {
  const annotations = listed ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
  return { type: 'BOOKMARK', object: { metadata: { resourceVersion: String(version), ...annotations } } };
}

function statusOf(code: number, reason = ''): unknown {
  return { kind: 'Status', code, reason, message: `fake ${code}` };
}

function reply(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 0 ? undefined : JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

function parse(pathname: string): Target {
  const match =
    /^(\/api\/v1|\/apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+)(?=\/))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(
      pathname,
    );
  if (match === null) throw new Error(`no such path: ${pathname}`);
  const [, base = '', namespace = '', plural = '', name, subresource] = match;
  return { path: `${base}/${plural}`, namespace, name, subresource };
}
