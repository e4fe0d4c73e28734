/*
 * Whatever can be a backend is named alike, so that clusters and endpoints need not tell one from another: a Service by
 * its name, a ServiceImport (multicluster.x-k8s.io) by `import/` before it, an XBackend by `backend/`, which no Service
 * can be named.
 */
const prefixes = { ServiceImport: 'import/', XBackend: 'backend/' } as const;

type PrefixedKind = keyof typeof prefixes;

/** The name among Services of an object of another kind. */
export function serviceNameOf(kind: PrefixedKind, name: string): string {
  return `${prefixes[kind]}${name}`;
}

/** The object that such a name stands for. */
export function parseServiceName(service: string): {
  readonly kind: 'Service' | PrefixedKind;
  readonly name: string;
} {
  for (const kind of ['ServiceImport', 'XBackend'] as const) {
    if (service.startsWith(prefixes[kind])) return { kind, name: service.slice(prefixes[kind].length) };
  }
  return { kind: 'Service', name: service };
}
