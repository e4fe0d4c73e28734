/** Finds which of many hostnames a hostname meets, in the time that its own labels take. */
export interface HostnameSet<Owner> {
  readonly add: (hostname: string, owner: Owner) => void;
  /** The owner of a hostname that some request could match as well as this one. */
  readonly find: (hostname: string) => Owner | undefined;
}

/** The wildcards that cover a hostname, without itself: the narrowest first. */
function wildcardsAbove(hostname: string): readonly string[] {
  if (hostname === '*') return [];
  const labels = hostname.split('.').slice(1);
  const start = hostname.startsWith('*.') ? 1 : 0;
  return [...labels.keys()]
    .filter((index) => index >= start)
    .map((index) => `*.${labels.slice(index).join('.')}`)
    .concat('*');
}

/** An empty set. Hostnames are lower case, `*.example.com` for any number of labels before, or `*` for every host. */
export function createHostnameSet<Owner>(): HostnameSet<Owner> {
  const members = new Map<string, Owner>();
  /** Of each wildcard, a member that it covers. */
  const below = new Map<string, Owner>();
  return {
    add: (hostname, owner) => {
      if (!members.has(hostname)) members.set(hostname, owner);
      for (const wildcard of wildcardsAbove(hostname)) if (!below.has(wildcard)) below.set(wildcard, owner);
    },
    find: (hostname) => {
      for (const name of [hostname, ...wildcardsAbove(hostname)]) {
        const owner = members.get(name);
        if (owner !== undefined) return owner;
      }
      return below.get(hostname);
    },
  };
}
