import type { Gateway, GatewayTemplateSpec } from '../../../gen/kubernetes/types.ts';
import type { Problem } from '../../resolve/problem.ts';
import type { Read } from '../../snapshot/view.ts';
import type { TranslateOptions } from '../options.ts';
import { type GatewayAddresses, resolveGatewayAddresses } from './gateway-address.ts';
import { noTemplate, resolveGatewayTemplate } from './gateway-template.ts';

/** Whether the listeners of a Gateway are served. */
export type Serving =
  | 'Served'
  /** The Gateway is refused, and what ran goes on. */
  | 'ServedAsBefore'
  /** There is no address to bind. */
  | 'NotServed';

/** How a Gateway of either role is served as a whole. */
export interface GatewayServing extends Pick<GatewayAddresses, 'addresses' | 'unusable'> {
  readonly serving: Serving;
  /**
   * Why the Gateway is not accepted. That is about how its Envoys are to be deployed: those that run already go on
   * serving it, unless there is no address to bind.
   */
  readonly refusal: Problem | undefined;
  /** How its Envoys are deployed; empty where that can't be told. */
  readonly template: GatewayTemplateSpec;
}

function servingOf(addresses: readonly string[], refusal: Problem | undefined): Serving {
  if (addresses.length === 0) return 'NotServed';
  return refusal === undefined ? 'Served' : 'ServedAsBefore';
}

function refuse(problem: Problem, addresses: readonly string[], { addressSource }: TranslateOptions): Problem {
  if (addresses.length === 0) return problem;
  // On one host nothing is deployed.
  const rest =
    addressSource === 'Services' ? 'Envoys that run already serve on as they are deployed.' : 'It is served without.';
  return { ...problem, message: `${problem.message} ${rest}` };
}

export function resolveGatewayServing(read: Read, gateway: Gateway, options: TranslateOptions): GatewayServing {
  const { addresses, unsupported, unusable } = resolveGatewayAddresses(gateway, options);
  const template = resolveGatewayTemplate(read, gateway);
  const problem = template.ok ? unsupported : template.error;
  const refusal = problem === undefined ? undefined : refuse(problem, addresses, options);
  return {
    serving: servingOf(addresses, refusal),
    addresses,
    refusal,
    ...(unusable === undefined ? {} : { unusable }),
    template: template.ok ? template.value : noTemplate,
  };
}
