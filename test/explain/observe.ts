import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { HttpRequest } from '../../src/explain/request.ts';
import type { Backend, Seen } from '../envoy/backend.ts';
import type { EnvoyUnderTest } from '../envoy/envoy-under-test.ts';
import type { TestCertificate } from '../fixture/certificate.ts';
import { send } from '../envoy/request.ts';

/** What a line of the access log tells. */
interface Logged {
  readonly userAgent: string;
  readonly route?: string;
  readonly cluster?: string;
  readonly details?: string;
}

/** What really became of a request; `Refused`: the handshake failed. */
export type Observation =
  | { readonly kind: 'Refused' }
  | {
      readonly kind: 'Answered';
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      readonly seen?: Seen;
      readonly logged: Logged;
      /** The backends that got the request or a copy of it, in the order of their names. */
      readonly reached: () => readonly string[];
    };

type Answer = Omit<Observation & { readonly kind: 'Answered' }, 'logged' | 'reached'>;

/** What clients show that have a certificate. */
export type Clients = Readonly<Record<'Trusted' | 'Untrusted', TestCertificate>>;

function headersOf(request: HttpRequest, userAgent: string): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = { 'user-agent': userAgent };
  for (const { name, value } of request.headers) {
    const known = headers[name];
    headers[name] = known === undefined ? value : [known, value].flat();
  }
  return headers;
}

async function ask(request: HttpRequest, userAgent: string, clients: Clients): Promise<Answer | undefined> {
  const { port, method, scheme, sni, authority: host, path, query } = request;
  const client = request.clientCertificate === 'None' ? undefined : clients[request.clientCertificate];
  const shown = client === undefined ? {} : { cert: client.chain, key: client.key };
  const tls = scheme === 'https' ? { rejectUnauthorized: false, servername: sni ?? '', ...shown } : undefined;
  try {
    const target = query === undefined ? path : `${path}?${query}`;
    const headers = headersOf(request, userAgent);
    const reply = await send({ port, method, host, headers, path: target, ...(tls !== undefined && { tls }) });
    const { status } = reply;
    const echoed = reply.headers['x-echo'] !== undefined && method !== 'HEAD';
    // The body of an echo is the account that the backend gives of the request.
    const seen = echoed ? { seen: JSON.parse(reply.body) as Seen } : {};
    return { kind: 'Answered', status, headers: reply.headers, ...seen };
  } catch {
    return undefined;
  }
}

/** Lines of the access log by User-Agent, which is of one request each. */
export function readLog(output: string): ReadonlyMap<string, Logged> {
  const lines = output.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
  // The fields are those of src/xds/listener/access-log.ts.
  return new Map(lines.map((line) => JSON.parse(line) as Logged).map((logged) => [logged.userAgent, logged]));
}

function reachedBy(backends: readonly Backend[], userAgent: string): readonly string[] {
  return backends.flatMap(({ name, seen }) =>
    seen.filter(({ headers }) => headers['user-agent'] === userAgent).map(() => name),
  );
}

/** Waits until the access log holds a line for each of the User-Agents. */
async function logged(envoy: EnvoyUnderTest, userAgents: readonly string[]): Promise<ReadonlyMap<string, Logged>> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const log = readLog(envoy.output());
    const missing = userAgents.find((userAgent) => !log.has(userAgent));
    if (missing === undefined) return log;
    if (performance.now() > deadline) throw new Error(`the access log lacks request ${missing}`);
    await delay(20);
  }
}

/** Sends all requests, some at a time. The access log tells them apart by what stands behind `prefix`. */
export async function observe(
  envoy: EnvoyUnderTest,
  backends: readonly Backend[],
  clients: Clients,
  requests: readonly HttpRequest[],
  prefix: string,
): Promise<readonly Observation[]> {
  const answers: (Answer | undefined)[] = [];
  const queue = requests.map((request, index) => ({ request, index }));
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      answers[next.index] = await ask(next.request, `${prefix}/${next.index}`, clients);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  const answered = answers.flatMap((answer, index) => (answer === undefined ? [] : [`${prefix}/${index}`]));
  const log = await logged(envoy, answered);
  return answers.map((answer, index): Observation => {
    const userAgent = `${prefix}/${index}`;
    const line = log.get(userAgent);
    if (answer === undefined || line === undefined) return { kind: 'Refused' };
    // Copies may arrive after the answer: they are counted when they are asked for.
    return { ...answer, logged: line, reached: () => reachedBy(backends, userAgent) };
  });
}
