import type { HTTPCORSFilter } from '../../../gen/kubernetes/types.ts';
import type { Cors, OriginMatch } from '../../ir/filter.ts';

const defaultMaxAgeSeconds = 5;
const defaultPort: ReadonlySet<string> = new Set(['http 80', 'https 443']);

/** An origin without a port means the scheme's own, so that one is left out. */
function normalizeOrigin(origin: string): string {
  const parts = /^(https?):\/\/([^:/]+):(\d+)$/.exec(origin);
  if (parts === null) return origin;
  const [, scheme, host, port] = parts;
  return defaultPort.has(`${scheme} ${port}`) ? `${scheme}://${host}` : origin;
}

function translateOrigins(origins: readonly string[]): readonly OriginMatch[] {
  const values = new Set(origins.map((origin) => normalizeOrigin(origin.toLowerCase())));
  return [...values].map((value) => ({ kind: value.includes('*') ? 'Pattern' : 'Exact', value }));
}

/** The CORS filter (GEP-1767). With credentials a browser takes `*` literally, so it is not sent then. */
export function translateCors(filter: HTTPCORSFilter): Cors {
  const allowCredentials = filter.allowCredentials ?? false;
  return {
    allowOrigins: translateOrigins(filter.allowOrigins ?? []),
    allowMethods: filter.allowMethods ?? [],
    allowHeaders: filter.allowHeaders ?? [],
    exposeHeaders: (filter.exposeHeaders ?? []).filter((name) => !allowCredentials || name !== '*'),
    allowCredentials,
    maxAgeSeconds: filter.maxAge ?? defaultMaxAgeSeconds,
  };
}
