import type { GatewayName } from '../ir/name.ts';
import type { Last } from '../lib/memo.ts';
import { diffLists } from '../lib/list-change.ts';
import { compareStrings } from '../lib/order.ts';
import type { Attachment } from './attachment.ts';
import { createOwnership } from './ownership.ts';
import { type Section, speaksHttp } from './section.ts';

/** What one port is to answer: its sections and all that is attached to them. */
export interface PortParts {
  readonly gateway: GatewayName;
  readonly sections: readonly Section[];
  /** A list for each object; those of other ports and Gateways in it are passed over. */
  readonly attachments: readonly (readonly Attachment[])[];
}

/** One domain of a port: who owns it, and what is attached there by that section. */
export interface Domain {
  readonly name: string;
  readonly owner: Section;
  readonly attachments: readonly Attachment[];
}

/** Sorted by name. */
export type Domains = readonly Domain[];

/** Where a domain of this name stands, or would stand. */
function findIndex(domains: Domains, name: string): number {
  let low = 0;
  let high = domains.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareStrings(domains[middle]?.name ?? '', name) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function findDomain(domains: Domains, name: string): Domain | undefined {
  const found = domains[findIndex(domains, name)];
  return found?.name === name ? found : undefined;
}

function putDomain(domains: Domain[], domain: Domain): void {
  const at = findIndex(domains, domain.name);
  domains.splice(at, domains[at]?.name === domain.name ? 1 : 0, domain);
}

function ofGateway({ gateway }: PortParts, lists: readonly (readonly Attachment[])[]): readonly Attachment[] {
  return lists.flat().filter((attachment) => attachment.gateway === gateway);
}

function removeOne(domains: Domain[], attachment: Attachment): void {
  for (const hostname of attachment.hostnames) {
    const domain = findDomain(domains, hostname);
    if (domain?.owner.name !== attachment.section) continue;
    const attachments = domain.attachments.filter((member) => member !== attachment);
    if (attachments.length === 0 && domain.owner.hostname !== hostname) domains.splice(findIndex(domains, hostname), 1);
    else putDomain(domains, { ...domain, attachments });
  }
}

function addOne(domains: Domain[], attachment: Attachment, ownerOf: (domain: string) => Section | undefined): void {
  for (const name of attachment.hostnames) {
    const domain = findDomain(domains, name);
    const owner = domain?.owner ?? ownerOf(name);
    // Listener isolation: a domain is answered by the section that owns it, whoever else could take it.
    if (owner === undefined || owner.name !== attachment.section) continue;
    putDomain(domains, { name, owner, attachments: [...(domain?.attachments ?? []), attachment] });
  }
}

function groupFromScratch(port: PortParts, ownerOf: (domain: string) => Section | undefined): Domains {
  const domains = new Map(
    port.sections.map((owner) => [owner.hostname, { name: owner.hostname, owner, attachments: [] as Attachment[] }]),
  );
  for (const attachment of ofGateway(port, port.attachments)) {
    for (const name of attachment.hostnames) {
      const domain = domains.get(name);
      const owner = domain?.owner ?? ownerOf(name);
      if (owner === undefined || owner.name !== attachment.section) continue;
      if (domain === undefined) domains.set(name, { name, owner, attachments: [attachment] });
      else domain.attachments.push(attachment);
    }
  }
  return [...domains.values()].sort((a, b) => compareStrings(a.name, b.name));
}

/** Of a section that reads HTTP a domain takes nothing but the name; of others it takes how TLS ends there. */
function isSameOwner(a: Section, b: Section): boolean {
  if (a === b) return true;
  return speaksHttp(a) && speaksHttp(b) && a.name === b.name && a.hostname === b.hostname;
}

function isSame(a: Domain, b: Domain): boolean {
  return (
    a.name === b.name &&
    isSameOwner(a.owner, b.owner) &&
    a.attachments.length === b.attachments.length &&
    a.attachments.every((attachment, i) => attachment === b.attachments[i])
  );
}

/** Takes over the domains of last time that are what they were; both lists are sorted by name. */
function keepIdentities(domains: Domains, last: Domains): Domains {
  let at = 0;
  return domains.map((domain) => {
    while (at < last.length && compareStrings(last[at]?.name ?? '', domain.name) < 0) at += 1;
    const known = last[at];
    return known !== undefined && isSame(known, domain) ? known : domain;
  });
}

/**
 * Groups what is attached by the domain it is answered at. Every section's own hostname is a domain, attached or not:
 * its requests must not fall to a section with a wider hostname. A domain keeps its identity while it does not change.
 */
export function groupByDomain(port: PortParts, last: Last<PortParts, Domains> | undefined): Domains {
  const ownerOf = createOwnership(port.sections);
  if (last?.input.sections === port.sections) {
    const { before, after } = diffLists(last.input.attachments, port.attachments);
    const domains = [...last.result];
    for (const attachment of ofGateway(port, before)) removeOne(domains, attachment);
    for (const attachment of ofGateway(port, after)) addOne(domains, attachment, ownerOf);
    return domains;
  }
  const domains = groupFromScratch(port, ownerOf);
  return last === undefined ? domains : keepIdentities(domains, last.result);
}
