import type { Section } from './section.ts';

/** Whether a request for `domain` can match the hostname; both lower case, wildcards stand for one or more labels. */
export function coversHostname(hostname: string, domain: string): boolean {
  if (hostname === '*' || hostname === domain) return true;
  return hostname.startsWith('*.') && domain.endsWith(hostname.slice(1)) && domain.length > hostname.length - 1;
}

/**
 * Finds the section that owns a domain: of the sections whose hostname covers it, the most specific one. Requests for
 * the domain are answered by this section alone (GEP-3155, listener isolation).
 */
export function createOwnership(sections: readonly Section[]): (domain: string) => Section | undefined {
  const byHostname = new Map(sections.map((section) => [section.hostname, section]));
  return (domain) => {
    const exact = byHostname.get(domain);
    if (exact !== undefined) return exact;
    let rest = domain.startsWith('*.') ? domain.slice(2) : domain;
    for (let dot = rest.indexOf('.'); dot !== -1; dot = rest.indexOf('.')) {
      rest = rest.slice(dot + 1);
      const owner = byHostname.get(`*.${rest}`);
      if (owner !== undefined) return owner;
    }
    return byHostname.get('*');
  };
}
