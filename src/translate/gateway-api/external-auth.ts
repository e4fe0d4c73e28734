import type { HTTPExternalAuthFilter } from '../../../gen/kubernetes/types.ts';
import type { ExternalAuth } from '../../ir/filter.ts';
import { hostOfService, resolveBackend } from '../../resolve/service.ts';
import { useBackend } from './backend-ref.ts';
import { refuse, type RuleFindings } from './finding.ts';
import type { RuleContext } from './rule-context.ts';

/** An ExternalAuth filter before its backend is resolved. */
export interface AuthFilter {
  readonly filter: HTTPExternalAuthFilter;
  readonly field: string;
}

/** The prefix of the path as it is put before another path; undefined where there is none. */
function translatePath(path: string, field: string, findings: RuleFindings): string | undefined {
  const elements = path.split('/').filter((element) => element !== '');
  if (elements.some((element) => /^(?:\.|%2e){1,2}$/i.test(element))) {
    return refuse(findings, field, `Path ${path} leads out of itself.`);
  }
  return elements.length === 0 ? undefined : `/${elements.join('/')}`;
}

function lowerCase(names: readonly string[] = []): readonly string[] {
  return [...new Set(names.map((name) => name.toLowerCase()))].sort();
}

/** No names stand for all headers. */
function orAll(names: readonly string[]): readonly string[] | 'All' {
  return names.length === 0 ? 'All' : names;
}

/**
 * Resolves the server that an ExternalAuth filter asks; undefined, with a finding, where it can't be asked: requests are
 * then to be refused.
 */
export function translateExternalAuth(
  { read, from, uses }: RuleContext,
  { filter, field }: AuthFilter,
  findings: RuleFindings,
): ExternalAuth | undefined {
  const { protocol, backendRef, http, grpc, forwardBody } = filter;
  uses.addReference(backendRef);
  const backend = resolveBackend(read, from, backendRef, protocol === 'GRPC' ? 'Grpc' : 'Http');
  if (!backend.ok) {
    findings.unresolved.push({ ...backend.error, field: `${field}.backendRef` });
    return undefined;
  }
  const maxSize = forwardBody?.maxSize ?? 0;
  const common = {
    cluster: useBackend(backend.value, uses),
    ...(maxSize === 0 ? {} : { maxBodyBytes: maxSize }),
  };
  switch (protocol) {
    case 'HTTP': {
      const pathPrefix = translatePath(http?.path ?? '', `${field}.http.path`, findings);
      return {
        ...common,
        protocol: 'Http',
        ...(pathPrefix === undefined ? {} : { pathPrefix }),
        requestHeaders: lowerCase(http?.allowedHeaders),
        responseHeaders: orAll(lowerCase(http?.allowedResponseHeaders)),
      };
    }
    case 'GRPC': {
      const { service, namespace, hostname } = backend.value;
      const authority = hostname ?? hostOfService(namespace, service);
      return { ...common, protocol: 'Grpc', authority, requestHeaders: orAll(lowerCase(grpc?.allowedHeaders)) };
    }
    default:
      return refuse(findings, `${field}.protocol`, `Protocol ${String(protocol)} is unknown.`);
  }
}
