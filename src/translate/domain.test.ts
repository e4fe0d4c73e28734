import { describe, expect, it } from 'vitest';
import { gatewayName, originOf, sectionName } from '../ir/name.ts';
import { objectKey } from '../snapshot/object.ts';
import type { Attachment } from './attachment.ts';
import { groupByDomain, type PortParts } from './domain.ts';
import type { Section } from './section.ts';

const gateway = gatewayName('shop', 'public');

function section(hostname: string): Section {
  return { name: sectionName(hostname), port: 80, hostname, protocol: { kind: 'Http' }, origins: [] };
}

/** What one object attaches. */
function attachment(name: string, of: string, ...hostnames: readonly string[]): readonly Attachment[] {
  const origin = originOf(objectKey({ kind: 'HTTPRoute', namespace: 'shop', name }));
  const precedence = { createdAt: '', object: `shop/${name}` };
  return [{ kind: 'Http', gateway, section: sectionName(of), hostnames, origin, precedence, routes: [] }];
}

const sections = [section('*'), section('*.example.com')];
const all = attachment('all', '*.example.com', '*.example.com');
const own = attachment('own', '*.example.com', 'own.example.com');
const both = attachment('both', '*.example.com', 'own.example.com', 'other.example.com');
// Attached to a section that does not own the domain.
const isolated = attachment('isolated', '*', 'own.example.com', 'elsewhere.test');

function port(...attachments: PortParts['attachments']): PortParts {
  return { gateway, sections, attachments };
}

/** Each domain with who is attached there. */
function seen(domains: ReturnType<typeof groupByDomain>): readonly string[] {
  return domains.map(
    ({ name, attachments }) => `${name}: ${attachments.map((one) => one.precedence.object).join(' ')}`,
  );
}

describe('groupByDomain', () => {
  it('gives a domain to the section with the closest hostname, and every section its own', () => {
    expect(seen(groupByDomain(port(all, own, both, isolated), undefined))).toEqual([
      '*: ',
      '*.example.com: shop/all',
      'elsewhere.test: shop/isolated',
      'other.example.com: shop/both',
      'own.example.com: shop/own shop/both',
    ]);
  });

  it.each([
    ['the last one of a domain goes', [all, own], [all], ['*: ', '*.example.com: shop/all']],
    ['one of two goes', [own, both], [both], ['other.example.com: shop/both', 'own.example.com: shop/both']],
    [
      "the last one of a section's own domain goes",
      [all, own],
      [own],
      ['*.example.com: ', 'own.example.com: shop/own'],
    ],
    ['one comes', [all], [all, own], ['*.example.com: shop/all', 'own.example.com: shop/own']],
    ['one comes whose section does not own the domain', [own], [own, isolated], ['own.example.com: shop/own']],
  ])('follows when %s', (_, before, after, expected) => {
    const input = port(...before);
    const changed = groupByDomain(port(...after), { input, result: groupByDomain(input, undefined) });
    expect(seen(changed)).toEqual(expect.arrayContaining(expected));
    expect(seen(changed)).toEqual(seen(groupByDomain(port(...after), undefined)));
  });

  it('keeps the domains that do not change', () => {
    const input = port(all, own);
    const result = groupByDomain(input, undefined);
    const changed = groupByDomain(port(all, own, isolated), { input, result });
    for (const domain of result) expect(changed).toContain(domain);
  });
});
