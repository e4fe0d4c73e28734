import type { GatewayTemplateSpec } from '../../../gen/kubernetes/types.ts';
import type { Result } from '../../lib/result.ts';
import type { Problem } from '../../resolve/problem.ts';
import type { TranslateOptions } from '../options.ts';
import type { GatewayAddresses } from './gateway-address.ts';

/** Whether the listeners of a Gateway are served. */
export type Serving =
  | 'Served'
  /** The Gateway is refused, and what ran goes on. */
  | 'ServedAsBefore'
  /** There is no address to bind. */
  | 'NotServed';

/**
 * Why a Gateway is not accepted as a whole. That is about how its Envoys are to be deployed: those that run already go
 * on serving it, unless there is no address to bind.
 */
export function findGatewayRefusal(
  template: Result<GatewayTemplateSpec, Problem>,
  { addresses, unsupported }: GatewayAddresses,
  { addressSource }: TranslateOptions,
): Problem | undefined {
  const problem = template.ok ? unsupported : template.error;
  if (problem === undefined || addresses.length === 0) return problem;
  // On one host nothing is deployed.
  const rest =
    addressSource === 'Services' ? 'Envoys that run already serve on as they are deployed.' : 'It is served without.';
  return { ...problem, message: `${problem.message} ${rest}` };
}

export function servingOf({ addresses }: GatewayAddresses, refusal: Problem | undefined): Serving {
  if (addresses.length === 0) return 'NotServed';
  return refusal === undefined ? 'Served' : 'ServedAsBefore';
}
