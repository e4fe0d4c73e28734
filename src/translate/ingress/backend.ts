import type { IngressBackend, IngressServiceBackend } from '../../../gen/kubernetes/types.ts';
import { noHeaderModification } from '../../ir/filter.ts';
import { clusterName } from '../../ir/name.ts';
import type { RouteAction } from '../../ir/route.ts';
import { err, type Result } from '../../lib/result.ts';
import type { Problem } from '../../resolve/problem.ts';
import { resolveServicePort, type ServiceBackend } from '../../resolve/service.ts';
import { readObject, type Read } from '../../snapshot/view.ts';
import type { ClusterRequest } from '../attachment.ts';

/** What a backend does with a request. `problem` is set where it can't be reached and answers by itself instead. */
export interface TranslatedBackend {
  readonly action: RouteAction;
  readonly cluster?: ClusterRequest;
  readonly problem?: Problem;
}

function refuse(statusCode: 500 | 503, problem: Problem): TranslatedBackend {
  return { action: { kind: 'DirectResponse', statusCode, why: problem.message }, problem };
}

/** A Service's port by its number or its name, exactly one of which is given. */
function resolvePort(read: Read, namespace: string, backend: IngressServiceBackend): Result<ServiceBackend, Problem> {
  const { name: service, port } = backend;
  const hasName = port?.name !== undefined && port.name !== '';
  const hasNumber = port?.number !== undefined && port.number !== 0;
  if (hasName === hasNumber) {
    const message = `The backend must name a port of Service ${namespace}/${service} by either number or name.`;
    return err({ reason: 'Invalid', message });
  }
  if (port?.number !== undefined && hasNumber) return resolveServicePort(read, namespace, service, port.number);
  const object = readObject(read, 'Service', namespace, service);
  if (object === undefined) {
    return err({ reason: 'BackendNotFound', message: `Service ${namespace}/${service} does not exist.` });
  }
  const found = object.spec?.ports?.find((entry) => entry.name === port?.name);
  if (found === undefined) {
    return err({
      reason: 'BackendNotFound',
      message: `Service ${namespace}/${service} has no port named ${port?.name}.`,
    });
  }
  return resolveServicePort(read, namespace, service, found.port);
}

/**
 * Sends requests to the one backend. The API is silent about backends that can't be reached: a Service or port that
 * is not there answers 503, as it may come; what can never work answers 500. Neither falls through to another path.
 */
export function translateIngressBackend(read: Read, namespace: string, backend: IngressBackend): TranslatedBackend {
  if (backend.resource !== undefined) {
    const { kind, name } = backend.resource;
    const message = `${kind} ${name} can't be a backend: resource backends are not supported, name a Service.`;
    return refuse(500, { reason: 'UnsupportedValue', message });
  }
  if (backend.service === undefined) {
    return refuse(500, { reason: 'Invalid', message: 'The backend names no Service.' });
  }
  const resolved = resolvePort(read, namespace, backend.service);
  if (!resolved.ok) return refuse(resolved.error.reason === 'BackendNotFound' ? 503 : 500, resolved.error);
  const { service, port } = resolved.value;
  const name = clusterName(namespace, service, port);
  return {
    action: {
      kind: 'Forward',
      clusters: [
        { cluster: name, weight: 1, requestHeaders: noHeaderModification, responseHeaders: noHeaderModification },
      ],
      invalidWeight: 0,
      timeouts: {},
      mirrors: [],
    },
    cluster: { kind: 'ServicePort', name, namespace, service, port },
  };
}
