import type { GatewayTemplateSpec } from '../../../gen/kubernetes/types.ts';
import type { Result } from '../../lib/result.ts';
import type { Problem } from '../../resolve/problem.ts';
import type { GatewayAddresses } from './gateway-address.ts';

/**
 * Why a Gateway is not accepted as a whole. That is about how its Envoys are to be deployed: those that run already go
 * on serving it, unless there is no address to bind.
 */
export function findGatewayRefusal(
  template: Result<GatewayTemplateSpec, Problem>,
  { addresses, unsupported }: GatewayAddresses,
): Problem | undefined {
  const problem = template.ok ? unsupported : template.error;
  if (problem === undefined || addresses.length === 0) return problem;
  return { ...problem, message: `${problem.message} Envoys that run already serve on as they are deployed.` };
}
