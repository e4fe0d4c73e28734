import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createValidator } from './validator.ts';

const validate = createValidator();

/** Objects with a secret where one may end up by mistake; most are refused. */
const places: readonly ((secret: string) => { readonly [key: string]: unknown })[] = [
  (secret) => ({ data: { 'tls.key': secret } }),
  (secret) => ({ data: { 'bad key!': secret } }),
  (secret) => ({ data: secret }),
  (secret) => ({ data: [secret] }),
  (secret) => ({ data: { a: { b: secret } } }),
  (secret) => ({ data: { a: [secret] } }),
  (secret) => ({ stringData: secret }),
  (secret) => ({ stringData: { a: { b: secret } } }),
  (secret) => ({ stringData: { '..': secret } }),
  (secret) => ({ stringdata: { a: secret } }),
  (secret) => ({ password: secret }),
  (secret) => ({ immutable: secret }),
  (secret) => ({ type: { a: secret } }),
  (secret) => ({ type: 'kubernetes.io/tls', stringData: { 'tls.crt': secret } }),
  (secret) => ({ metadata: { name: 's', labels: { a: `-${secret}` } } }),
  (secret) => ({ metadata: { name: 's', annotations: { 'a b': secret } } }),
  (secret) => ({ metadata: { name: 's', creationTimestamp: secret } }),
  (secret) => ({ metadata: { name: 's', generation: secret } }),
  (secret) => ({ metadata: secret }),
  (secret) => ({ apiVersion: 'v2', data: { a: secret } }),
  (secret) => ({ kind: 'Secrets', data: { a: secret } }),
];

describe('what is said of a Secret', () => {
  it('holds nothing of what it holds', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[!-~]{12,40}$/), fc.constantFrom(...places), (secret, place) => {
        const object = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, ...place(secret) };
        const { diagnostics } = validate(object);
        // As it is and as JSON writes it.
        for (const form of [secret, JSON.stringify(secret).slice(1, -1)])
          expect(diagnostics.some(({ message, field = '' }) => `${message} ${field}`.includes(form))).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it('holds no number or truth either', () => {
    const { diagnostics } = validate({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's' },
      stringData: { pin: 493_817, flag: true },
    });
    expect(diagnostics.map(({ field }) => field)).toEqual(['stringData.pin', 'stringData.flag']);
    expect(diagnostics.map(({ message }) => message).join(' ')).not.toMatch(/493|true/);
  });
});
