import { err, ok, type Result } from '../../lib/result.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { authoritySecretRef, readAuthoritySecret, writeAuthoritySecret } from './authority-secret.ts';
import { issueAuthority } from './issue.ts';
import { type Authorities, type AuthorityStep, type Lifetimes, planAuthorities } from './plan.ts';

export interface MaintainOptions {
  readonly client: Pick<KubernetesClient, 'read' | 'apply'>;
  /** Of the controller. */
  readonly namespace: string;
  readonly lifetimes: Lifetimes;
  /** Milliseconds since 1970. */
  now(): number;
}

export interface Maintained {
  readonly authorities: Authorities;
  /** When there is something to do again, in milliseconds since 1970. */
  readonly until: number;
}

async function take(
  step: Exclude<AuthorityStep, { kind: 'Wait' }>,
  authorities: Authorities | undefined,
  { authorityMs }: Lifetimes,
  now: number,
): Promise<Authorities> {
  if (step.kind === 'Begin' || authorities === undefined) {
    return { signing: await issueAuthority(now, authorityMs), signingSince: now };
  }
  const { signing, signingSince, next } = authorities;
  switch (step.kind) {
    case 'Prepare':
      return { ...authorities, next: await issueAuthority(now, authorityMs) };
    case 'Promote':
      return { signing: step.next, signingSince: now, previous: signing.certificate };
    case 'Retire':
      return { signing, signingSince, ...(next === undefined ? {} : { next }) };
  }
}

/**
 * Does what is due about the authorities, in their Secret: for the one replica that leads. A Secret that can't be read
 * is left as it is, as others may still trust what is in it.
 */
export async function maintainAuthorities(options: MaintainOptions): Promise<Result<Maintained, string>> {
  const { client, namespace, lifetimes } = options;
  const secret = await client.read(authoritySecretRef(namespace));
  const known = secret === undefined ? undefined : readAuthoritySecret(secret);
  if (known?.ok === false) return err(known.error);
  let authorities = known?.value;
  for (;;) {
    const now = options.now();
    const step = planAuthorities(authorities, now, lifetimes);
    if (step.kind === 'Wait' && authorities !== undefined) return ok({ authorities, until: step.until });
    if (step.kind === 'Wait') throw new Error('nothing is waited for without an authority');
    authorities = await take(step, authorities, lifetimes, now);
    await client.apply(writeAuthoritySecret(namespace, authorities));
  }
}
