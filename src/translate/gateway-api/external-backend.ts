import { evaluateExternalBackend } from '../../resolve/external-backend.ts';
import type { Diagnostic } from '../../snapshot/diagnostic.ts';
import { type ObjectTypes, refOf } from '../../snapshot/object.ts';
import type { Read } from '../../snapshot/view.ts';
import type { TranslateOptions } from '../options.ts';
import type { Condition } from '../translation.ts';
import { createConditionMaker } from './condition.ts';
import { ancestorsOf, type PolicyAncestor, type PolicyGateway } from './policy-ancestor.ts';

type XBackend = ObjectTypes['XBackend'];

/** An entry of an XBackend's `status.parents`, without times. */
export interface BackendParent extends Omit<PolicyAncestor, 'ancestorRef'> {
  readonly parentRef: PolicyAncestor['ancestorRef'];
}

export interface ExternalBackendTranslation {
  readonly parents: readonly BackendParent[];
  readonly diagnostics: readonly Diagnostic[];
}

function parentsOf(
  gateways: readonly PolicyGateway[],
  condition: Condition,
  options: TranslateOptions,
): readonly BackendParent[] {
  return ancestorsOf(gateways, [condition], options).map(({ ancestorRef, ...rest }) => ({
    parentRef: ancestorRef,
    ...rest,
  }));
}

/** The status of an XBackend, for the Gateways whose routes lead to it. */
export function translateExternalBackend(
  read: Read,
  backend: XBackend,
  gateways: readonly PolicyGateway[],
  options: TranslateOptions,
): ExternalBackendTranslation {
  const { yes, no } = createConditionMaker(backend);
  const evaluated = evaluateExternalBackend(read, backend, 'Http');
  if (evaluated.ok) {
    const accepted = yes('Accepted', 'Accepted', 'Routes can send requests to the host.');
    return { parents: parentsOf(gateways, accepted, options), diagnostics: [] };
  }
  return {
    parents: parentsOf(gateways, no('Accepted', evaluated.error), options),
    // What can't be read was told when it was read.
    diagnostics:
      backend.unreadable === undefined
        ? [{ severity: 'error', ...evaluated.error, object: refOf(backend), field: 'spec' }]
        : [],
  };
}
