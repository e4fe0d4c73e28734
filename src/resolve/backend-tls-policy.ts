import type { UpstreamTls } from '../ir/cluster.ts';
import { originOf, type Origin } from '../ir/name.ts';
import type { TlsSecret } from '../ir/secret.ts';
import { compareBy, compareStrings } from '../lib/order.ts';
import { err, ok, type Result } from '../lib/result.ts';
import { objectKey, type ObjectTypes, refOf } from '../snapshot/object.ts';
import type { Read } from '../snapshot/view.ts';
import { type CaBundle, resolveCaBundles } from './ca-bundle.ts';
import { describeUnreadable, type Problem } from './problem.ts';
import type { ReferenceSource } from './reference-grant.ts';

/** How TLS is spoken with a backend, and the policy that says so. */
export interface BackendTls {
  readonly tls: UpstreamTls;
  readonly ca?: CaBundle;
  /** What is shown to the backend; absent: what the Gateway shows. */
  readonly client?: TlsSecret | 'None';
  readonly origin: Origin;
}

type BackendTLSPolicy = ObjectTypes['BackendTLSPolicy'];

const reasons = { kind: 'InvalidKind', ref: 'InvalidCACertificateRef' };

const compareAge = compareBy<BackendTLSPolicy>(
  (a, b) => compareStrings(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''),
  (a, b) => compareStrings(a.metadata.namespace ?? 'default', b.metadata.namespace ?? 'default'),
  (a, b) => compareStrings(a.metadata.name, b.metadata.name),
);

function subjectAltNames({ hostname, subjectAltNames: names }: Validation): UpstreamTls['subjectAltNames'] {
  if (names === undefined || names.length === 0) return [{ kind: 'DNS', value: hostname.toLowerCase() }];
  return names.map((name) =>
    name.type === 'URI'
      ? { kind: 'URI', value: name.uri ?? '' }
      : { kind: 'DNS', value: (name.hostname ?? '').toLowerCase() },
  );
}

type Validation = BackendTLSPolicy['spec']['validation'];

function checkAuthorities(validation: Validation): Problem | undefined {
  const wellKnown = validation.wellKnownCACertificates;
  if (wellKnown !== undefined && wellKnown !== '' && wellKnown !== 'System') {
    return { reason: 'Invalid', message: `wellKnownCACertificates ${wellKnown} is unknown; only System is.` };
  }
  const hasRefs = (validation.caCertificateRefs ?? []).length > 0;
  if (hasRefs === (wellKnown === 'System')) {
    const message = 'Exactly one of caCertificateRefs and wellKnownCACertificates must be given.';
    return { reason: 'Invalid', message };
  }
  return undefined;
}

/**
 * How TLS is spoken with a backend, or the problem for which it must not be reached at all; `caProblems` holds every CA
 * reference that can't be used, also where others can.
 */
export type EvaluatedTls = { readonly caProblems: readonly Problem[] } & (
  | { readonly tls: BackendTls; readonly problem?: undefined }
  | { readonly tls?: undefined; readonly problem: Problem }
);

/** Evaluates how the certificate of a backend is checked, for the object `origin` that says so. */
export function evaluateValidation(
  read: Read,
  from: ReferenceSource,
  origin: Origin,
  validation: Validation,
): EvaluatedTls {
  const problem = checkAuthorities(validation);
  if (problem !== undefined) return { problem, caProblems: [] };
  const names = { sni: validation.hostname.toLowerCase(), subjectAltNames: subjectAltNames(validation) };
  if (validation.wellKnownCACertificates === 'System') {
    return { tls: { tls: { ...names, ca: { kind: 'System' } }, origin }, caProblems: [] };
  }
  const refs = validation.caCertificateRefs ?? [];
  const { bundle, problems } = resolveCaBundles(read, from, refs, reasons);
  if (bundle === undefined) {
    const message = problems.map((entry) => entry.message).join(' ');
    return { problem: { reason: 'NoValidCACertificate', message }, caProblems: problems };
  }
  const tls: UpstreamTls = { ...names, ca: { kind: 'Bundle', secret: bundle.name } };
  return { tls: { tls, ca: bundle, origin }, caProblems: problems };
}

/** Evaluates a policy without looking at its targets. */
export function evaluateBackendTlsPolicy(read: Read, policy: BackendTLSPolicy): EvaluatedTls {
  if (policy.unreadable !== undefined) return { problem: describeUnreadable(policy.unreadable), caProblems: [] };
  const options = Object.keys(policy.spec.options ?? {});
  if (options.length > 0) {
    const message = `No option is known: ${options.join(', ')}.`;
    return { problem: { reason: 'UnsupportedValue', message }, caProblems: [] };
  }
  const ref = refOf(policy);
  const from = { group: 'gateway.networking.k8s.io', kind: policy.kind, namespace: ref.namespace };
  return evaluateValidation(read, from, originOf(objectKey(ref)), policy.spec.validation);
}

/** Of the policies for a Service, the one that decides for each section: the oldest, then the first by name. */
export function findPolicyOfSection(
  policies: readonly BackendTLSPolicy[],
  service: string,
  section: string | undefined,
): BackendTLSPolicy | undefined {
  return policies
    .filter((policy) =>
      policy.spec.targetRefs.some(
        (target) =>
          target.group === '' &&
          target.kind === 'Service' &&
          target.name === service &&
          (target.sectionName === '' ? undefined : target.sectionName) === section,
      ),
    )
    .toSorted(compareAge)[0];
}

/**
 * The TLS that a Service port is reached with; undefined where no policy asks for any. A policy for the port's name
 * goes before one for the whole Service. A policy that can't be met is a problem: the backend must not be reached.
 */
export function resolveBackendTls(
  read: Read,
  namespace: string,
  service: string,
  portName: string,
): Result<BackendTls | undefined, Problem> {
  const policies = read('backendTlsPoliciesOfService', `${namespace}/${service}`) ?? [];
  if (policies.length === 0) return ok(undefined);
  const policy =
    (portName === '' ? undefined : findPolicyOfSection(policies, service, portName)) ??
    findPolicyOfSection(policies, service, undefined);
  if (policy === undefined) return ok(undefined);
  const { tls, problem } = evaluateBackendTlsPolicy(read, policy);
  if (problem === undefined) return ok(tls);
  const name = `${namespace}/${policy.metadata.name}`;
  return err({ reason: problem.reason, message: `BackendTLSPolicy ${name} can't be met: ${problem.message}` });
}
