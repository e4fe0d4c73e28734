import { beforeAll, describe, expect, it } from 'vitest';
import { clockSkewMs, type KeyPair } from './certificate.ts';
import { identityUri } from './identity.ts';
import { issueAuthority, issueClient } from './issue.ts';
import { type Authorities, type Lifetimes, needsRenewal, planAuthorities, trustBundle } from './plan.ts';

const hour = 3_600_000;
const start = Date.parse('2026-01-01T00:00:00Z');
const lifetimes: Lifetimes = { authorityMs: 240 * hour, leafMs: 24 * hour, spreadMs: hour };
// The certificates are valid from a little before they are made.
const half = start + (lifetimes.authorityMs - clockSkewMs) / 2;

let first: KeyPair;
let second: KeyPair;
beforeAll(async () => {
  first = await issueAuthority(start, lifetimes.authorityMs);
  second = await issueAuthority(half, lifetimes.authorityMs);
});

const plan = (authorities: Authorities | undefined, now: number) => planAuthorities(authorities, now, lifetimes);

describe('planAuthorities', () => {
  it('begins where there is none, or none that can sign', () => {
    expect(plan(undefined, start)).toEqual({ kind: 'Begin' });
    const broken = { signing: { certificate: 'x', key: 'x' }, signingSince: start };
    expect(plan(broken, start)).toEqual({ kind: 'Begin' });
    expect(plan({ signing: first, signingSince: start }, start + lifetimes.authorityMs)).toEqual({ kind: 'Begin' });
  });

  it('prepares the next one at half of the life', () => {
    const only = { signing: first, signingSince: start };
    expect(plan(only, start)).toEqual({ kind: 'Wait', until: half });
    expect(plan(only, half - 1)).toEqual({ kind: 'Wait', until: half });
    expect(plan(only, half)).toEqual({ kind: 'Prepare' });
  });

  it('lets the next one sign when everybody can have been told', () => {
    const both = { signing: first, signingSince: start, next: second };
    expect(plan(both, half)).toEqual({ kind: 'Wait', until: half + hour });
    expect(plan(both, half + hour)).toEqual({ kind: 'Promote', next: second });
  });

  it('trusts the previous one until all that it signed has ended', () => {
    const since = half + hour;
    const after = { signing: second, signingSince: since, previous: first.certificate };
    const ended = since + lifetimes.leafMs + clockSkewMs;
    expect(plan(after, since)).toEqual({ kind: 'Wait', until: ended });
    expect(plan(after, ended)).toEqual({ kind: 'Retire' });
  });

  it('trusts no third one', () => {
    const three = { signing: first, signingSince: half + hour, next: second, previous: first.certificate };
    expect(plan(three, half + 2 * hour)).toMatchObject({ kind: 'Wait' });
  });
});

describe('trustBundle', () => {
  it('holds all that is trusted', () => {
    const bundle = trustBundle({ signing: second, signingSince: 0, previous: first.certificate });
    expect(bundle).toBe(second.certificate + first.certificate);
  });
});

describe('needsRenewal', () => {
  const gateway = { namespace: 'shop', name: 'public', uid: 'u-1' };
  const subjectAltName = `URI:${identityUri(gateway)}`;
  const authorities = () => ({ signing: first, signingSince: start });
  const needs = (pem: string | undefined, now: number, change = {}) =>
    needsRenewal(pem, { subjectAltName, authorities: authorities(), now, ...change });

  it('keeps a certificate for half of its life', async () => {
    const { certificate } = await issueClient(first, gateway, start, lifetimes.leafMs);
    const middle = start + (lifetimes.leafMs - clockSkewMs) / 2;
    expect(needs(certificate, start)).toBe(false);
    expect(needs(certificate, middle - 1)).toBe(false);
    expect(needs(certificate, middle)).toBe(true);
  });

  it('issues anew what is not there, is no certificate, names another, or is signed by another', async () => {
    const { certificate } = await issueClient(first, gateway, start, lifetimes.leafMs);
    expect(needs(undefined, start)).toBe(true);
    expect(needs('x', start)).toBe(true);
    expect(needs(certificate, start, { subjectAltName: `URI:${identityUri({ ...gateway, uid: 'u-2' })}` })).toBe(true);
    expect(needs(certificate, start, { authorities: { signing: second, signingSince: 0 } })).toBe(true);
  });
});
