import { describe, expect, it } from 'vitest';
import { originOf, secretName, sectionName } from '../ir/name.ts';
import { keepSections } from './quarantine.ts';
import type { Section } from './section.ts';

const one = originOf('Ingress/shop/one');
const two = originOf('Ingress/shop/two');

function section(name: string, ...origins: Section['origins']): Section {
  const certificates = [secretName('Secret', 'shop', name)];
  return {
    name: sectionName(name),
    port: 443,
    hostname: `${name}.example.com`,
    protocol: { kind: 'Https', certificates },
    origins,
  };
}

describe('keepSections', () => {
  const sections = [section('own', one), section('shared', one, two)];
  const kept = (...out: readonly (typeof one)[]) =>
    keepSections(sections, new Map(out.map((origin) => [origin, undefined])), new Set()).map(({ name }) => name);

  it('keeps a section that another object asks for too', () => {
    expect(kept(one)).toEqual(['shared']);
  });

  it('drops a section that no object is left to ask for', () => {
    expect(kept(one, two)).toEqual([]);
  });
});
