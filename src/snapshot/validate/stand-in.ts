import { type Fields, fieldsOf } from '../../lib/fields.ts';
import type { Result } from '../../lib/result.ts';
import { type AnyObject, type ObjectRef } from '../object.ts';
import { standInForEgress } from './egress-stand-in.ts';
import { standInForRoute } from './route-stand-in.ts';

/** The Services that are meant, whatever else a target says or lacks. */
function readTargets(spec: Fields): readonly { group: ''; kind: 'Service'; name: string; sectionName?: string }[] {
  const listed: readonly unknown[] = Array.isArray(spec['targetRefs']) ? spec['targetRefs'] : [];
  return listed.flatMap((target) => {
    const { kind = 'Service', name, sectionName } = fieldsOf(target);
    if (kind !== 'Service' || typeof name !== 'string') return [];
    const section = typeof sectionName === 'string' ? { sectionName } : {};
    return [{ group: '' as const, kind: 'Service' as const, name, ...section }];
  });
}

function readMetadata({ name, namespace }: ObjectRef, content: Fields): AnyObject['metadata'] {
  const { generation, creationTimestamp } = fieldsOf(content['metadata']);
  return {
    name,
    namespace,
    ...(typeof generation === 'number' ? { generation } : {}),
    ...(typeof creationTimestamp === 'string' ? { creationTimestamp } : {}),
  };
}

/**
 * What takes the place of an object that can't be read, where serving as if it were not there would be wrong: a Service
 * whose BackendTLSPolicy can't be read must not be sent plain text, requests that a route was to guard must not reach a
 * weaker one, and what an Egress denies must not be allowed by another. It says what it is about and nothing else, and what it must say and does not is never met.
 * Undefined for kinds whose absence denies already, and where what it is about can't be read either.
 *
 * @param unreadable what is wrong with the object
 * @param check makes an object of a value, or says which of its fields are wrong
 */
export function standInFor(
  ref: ObjectRef,
  content: unknown,
  unreadable: string,
  check: (value: Fields) => Result<AnyObject, readonly string[]>,
): AnyObject | undefined {
  const fields = fieldsOf(content);
  const metadata = readMetadata(ref, fields);
  const spec = fieldsOf(fields['spec']);
  switch (ref.kind) {
    case 'BackendTLSPolicy':
      return {
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: ref.kind,
        metadata,
        spec: { targetRefs: readTargets(spec), validation: { hostname: '', caCertificateRefs: [] } },
        unreadable,
      };
    case 'XBackendTrafficPolicy':
      return {
        apiVersion: 'gateway.networking.x-k8s.io/v1alpha1',
        kind: ref.kind,
        metadata,
        spec: { targetRefs: readTargets(spec) },
        unreadable,
      };
    case 'XBackend': {
      const { port } = fieldsOf(spec['port']);
      return {
        apiVersion: 'gateway.networking.x-k8s.io/v1alpha1',
        kind: ref.kind,
        metadata,
        spec: { type: 'ExternalHostname', port: { port: typeof port === 'number' ? port : 0 } },
        unreadable,
      };
    }
    case 'HTTPRoute':
    case 'GRPCRoute': {
      const head = { apiVersion: 'gateway.networking.k8s.io/v1', kind: ref.kind, metadata };
      const route = standInForRoute(fields['spec'], (part) => check({ ...head, spec: part }));
      if (!route.ok || (route.value.kind !== 'HTTPRoute' && route.value.kind !== 'GRPCRoute')) return undefined;
      return { ...route.value, unreadable };
    }
    case 'Egress': {
      const head = { apiVersion: 'sallyport.dev/v1alpha1', kind: ref.kind, metadata };
      const egress = standInForEgress(fields['spec'], (part) => check({ ...head, spec: part }));
      return egress.ok && egress.value.kind === 'Egress' ? { ...egress.value, unreadable } : undefined;
    }
    default:
      return undefined;
  }
}
