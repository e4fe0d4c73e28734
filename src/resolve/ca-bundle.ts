import { originOf, secretName } from '../ir/name.ts';
import type { TlsSecret } from '../ir/secret.ts';
import { err, ok, type Result } from '../lib/result.ts';
import { objectKey } from '../snapshot/object.ts';
import { type Read, readObject } from '../snapshot/view.ts';
import { parseCaBundle } from './certificate.ts';
import type { Problem } from './problem.ts';
import { describeNotPermitted, isReferencePermitted, type ReferenceSource } from './reference-grant.ts';
import { readSecretText } from './secret.ts';

export type CaBundle = TlsSecret & { readonly kind: 'CaBundle' };

/** A reference to a ConfigMap or Secret with the key `ca.crt`; without a namespace it is beside the referrer. */
export interface CaReference {
  readonly group: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

/** The reasons that the referrer's kind has for a kind that can't be used and for a bundle that can't be read. */
export interface CaReasons {
  readonly kind: string;
  readonly ref: string;
}

function readBundle(read: Read, kind: 'ConfigMap' | 'Secret', namespace: string, name: string): Result<string, string> {
  const object =
    kind === 'ConfigMap' ? readObject(read, kind, namespace, name) : readObject(read, kind, namespace, name);
  if (object === undefined) return err(`${kind} ${namespace}/${name} does not exist.`);
  const text = object.kind === 'Secret' ? readSecretText(object, 'ca.crt') : object.data?.['ca.crt'];
  if (text === undefined) return err(`${kind} ${namespace}/${name} has no key ca.crt.`);
  const bundle = parseCaBundle(text);
  return bundle.ok ? bundle : err(`Key ca.crt of ${kind} ${namespace}/${name} can't be used: ${bundle.error}.`);
}

/** The CA certificates that one reference names. */
function resolveCaBundle(
  read: Read,
  from: ReferenceSource,
  ref: CaReference,
  reasons: CaReasons,
): Result<CaBundle, Problem> {
  const { kind } = ref;
  const namespace = ref.namespace ?? from.namespace;
  if (ref.group !== '' || (kind !== 'ConfigMap' && kind !== 'Secret')) {
    const message = `${kind} of group "${ref.group}" can't hold CA certificates; use a ConfigMap with the key ca.crt.`;
    return err({ reason: reasons.kind, message });
  }
  const target = { group: '', kind, namespace, name: ref.name };
  if (!isReferencePermitted(read, from, target)) {
    return err({ reason: 'RefNotPermitted', message: describeNotPermitted(from, target) });
  }
  const bundle = readBundle(read, kind, namespace, ref.name);
  if (!bundle.ok) return err({ reason: reasons.ref, message: bundle.error });
  return ok({
    kind: 'CaBundle',
    // Set apart from the certificate that the same Secret may hold.
    name: secretName(kind, namespace, `${ref.name}/ca.crt`),
    origin: originOf(objectKey({ kind, namespace, name: ref.name })),
    bundle: bundle.value,
  });
}

/** The bundles of several references as one, with what is wrong with the others; undefined where none can be used. */
export function resolveCaBundles(
  read: Read,
  from: ReferenceSource,
  refs: readonly CaReference[],
  reasons: CaReasons,
): { readonly bundle: CaBundle | undefined; readonly problems: readonly Problem[] } {
  const bundles: CaBundle[] = [];
  const problems: Problem[] = [];
  for (const ref of refs) {
    const resolved = resolveCaBundle(read, from, ref, reasons);
    if (resolved.ok) bundles.push(resolved.value);
    else problems.push(resolved.error);
  }
  const [first, ...rest] = bundles;
  if (first === undefined || rest.length === 0) return { bundle: first, problems };
  const name = secretName('ConfigMap', from.namespace, bundles.map((bundle) => bundle.name).join('+'));
  return { bundle: { ...first, name, bundle: bundles.map((bundle) => bundle.bundle).join('') }, problems };
}
