import type { EgressListener } from '../ir/egress.ts';
import type { GatewayName, ListenerName } from '../ir/name.ts';
import { decideEgress, type EgressCall, type EgressDecision } from './egress.ts';
import type { Explainable, ExplainOptions } from './explain.ts';

/** What one listener of an egress Gateway makes of a call. */
export interface EgressExplanation {
  readonly call: EgressCall;
  readonly gateway: GatewayName;
  readonly listener: ListenerName;
  readonly port: number;
  readonly decision: EgressDecision;
}

function takes(listener: EgressListener, call: Pick<EgressCall, 'form' | 'port'>): boolean {
  if (listener.kind === 'ForwardProxy') return call.form !== 'ServerName';
  return call.form === 'ServerName' && (call.port === undefined || call.port === listener.port);
}

function isEgress(listener: { readonly kind: string }): listener is EgressListener {
  return listener.kind === 'ForwardProxy' || listener.kind === 'ServerName';
}

/** The address of a Pod that is named `namespace/name`; an address stands for itself. */
function addressOf(listener: EgressListener, from: string): string {
  return listener.callers.find(({ pod }) => pod === from)?.address ?? from;
}

/**
 * Explains a call for each listener of the egress Gateways that takes its form; empty where there is none. `from` is a
 * Pod as `namespace/name`, or an address.
 */
export function explainEgress(
  { ir }: Explainable,
  call: Omit<EgressCall, 'caller'>,
  from: string,
  options: ExplainOptions = {},
): readonly EgressExplanation[] {
  const asked = ir.gateways.filter(({ name }) => options.gateway === undefined || name === options.gateway);
  const explanations = asked.flatMap((gateway) =>
    gateway.listeners
      .filter(isEgress)
      .filter((listener) => takes(listener, call))
      .map((listener): EgressExplanation => {
        const whole = { ...call, caller: { address: addressOf(listener, from) } };
        const decision = decideEgress(listener, whole);
        return { call: whole, gateway: gateway.name, listener: listener.name, port: listener.port, decision };
      }),
  );
  return explanations.sort((a, b) => Number(b.decision.allowed) - Number(a.decision.allowed));
}
