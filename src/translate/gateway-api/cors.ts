import type { HTTPCORSFilter } from '../../../gen/kubernetes/types.ts';
import type { Cors, OriginMatch } from '../../ir/filter.ts';

const defaultMaxAgeSeconds = 5;
const defaultPort = { http: '80', https: '443' } as const;

/** An origin without a port means the scheme's own, so both ways to write it are the same origin. */
function spellings(origin: string): readonly string[] {
  const parts = /^(https?):\/\/([^:/]+)(?::(\d+|\*))?$/.exec(origin);
  const scheme = parts?.[1] === 'https' ? 'https' : 'http';
  if (parts === null) return [origin];
  const [, , host, port] = parts;
  const bare = `${scheme}://${host}`;
  if (port !== undefined && port !== defaultPort[scheme]) return [origin];
  return [bare, `${bare}:${defaultPort[scheme]}`];
}

function translateOrigins(origins: readonly string[]): readonly OriginMatch[] {
  const values = new Set(origins.flatMap((origin) => spellings(origin.toLowerCase())));
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
