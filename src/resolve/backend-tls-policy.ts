import type { BackendTLSPolicy } from '../../gen/kubernetes/types.ts';
import type { UpstreamTls } from '../ir/cluster.ts';
import { originOf, type Origin } from '../ir/name.ts';
import { compareBy, compareStrings } from '../lib/order.ts';
import { err, ok, type Result } from '../lib/result.ts';
import { objectKey, refOf } from '../snapshot/object.ts';
import type { Read } from '../snapshot/view.ts';
import { type CaBundle, resolveCaBundles } from './ca-bundle.ts';
import type { Problem } from './problem.ts';

/** How TLS is spoken with a backend, and the policy that says so. */
export interface BackendTls {
  readonly tls: UpstreamTls;
  readonly ca?: CaBundle;
  readonly origin: Origin;
}

/**
 * What a BackendTLSPolicy comes to by itself. `problem` is set where its Services must not be reached at all;
 * `caProblems` holds every CA reference that can't be used, also where others can.
 */
export interface EvaluatedBackendTlsPolicy {
  readonly tls?: BackendTls;
  readonly problem?: Problem;
  readonly caProblems: readonly Problem[];
}

const from = { group: 'gateway.networking.k8s.io', kind: 'BackendTLSPolicy' };
const reasons = { kind: 'InvalidKind', ref: 'InvalidCACertificateRef' };

const compareAge = compareBy<BackendTLSPolicy>(
  (a, b) => compareStrings(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''),
  (a, b) => compareStrings(a.metadata.namespace ?? 'default', b.metadata.namespace ?? 'default'),
  (a, b) => compareStrings(a.metadata.name, b.metadata.name),
);

function subjectAltNames(policy: BackendTLSPolicy): UpstreamTls['subjectAltNames'] {
  const { hostname, subjectAltNames: names } = policy.spec.validation;
  if (names === undefined || names.length === 0) return [{ kind: 'DNS', value: hostname.toLowerCase() }];
  return names.map((name) =>
    name.type === 'URI'
      ? { kind: 'URI', value: name.uri ?? '' }
      : { kind: 'DNS', value: (name.hostname ?? '').toLowerCase() },
  );
}

function checkFields(policy: BackendTLSPolicy): Problem | undefined {
  const { options, validation } = policy.spec;
  if (Object.keys(options ?? {}).length > 0) {
    return { reason: 'UnsupportedValue', message: `No option is known: ${Object.keys(options ?? {}).join(', ')}.` };
  }
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

/** Evaluates a policy without looking at its targets. */
export function evaluateBackendTlsPolicy(read: Read, policy: BackendTLSPolicy): EvaluatedBackendTlsPolicy {
  const problem = checkFields(policy);
  if (problem !== undefined) return { problem, caProblems: [] };
  const namespace = policy.metadata.namespace ?? 'default';
  const { validation } = policy.spec;
  const origin = originOf(objectKey(refOf(policy)));
  const names = { sni: validation.hostname.toLowerCase(), subjectAltNames: subjectAltNames(policy) };
  if (validation.wellKnownCACertificates === 'System') {
    return { tls: { tls: { ...names, ca: { kind: 'System' } }, origin }, caProblems: [] };
  }
  const refs = validation.caCertificateRefs ?? [];
  const { bundle, problems } = resolveCaBundles(read, { ...from, namespace }, refs, reasons);
  if (bundle === undefined) {
    const message = problems.map((entry) => entry.message).join(' ');
    return { problem: { reason: 'NoValidCACertificate', message }, caProblems: problems };
  }
  const tls: UpstreamTls = { ...names, ca: { kind: 'Bundle', secret: bundle.name } };
  return { tls: { tls, ca: bundle, origin }, caProblems: problems };
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
