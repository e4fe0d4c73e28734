import { listenerType } from '../ads/type-url.ts';
import type { GatewayName } from '../ir/name.ts';
import type { Diagnostic } from '../snapshot/diagnostic.ts';
import type { ResourcesByType } from '../xds/build-resources.ts';
import type { Answer } from './gateway-containment.ts';

/** The address that Envoy could not bind, from its words; undefined where that is not what is wrong. */
export function findTakenAddress(message: string): string | undefined {
  return /cannot bind '([^']+)': Address already in use/.exec(message)?.[1];
}

interface Failure {
  readonly address: string;
  readonly tries: number;
}

/**
 * Listeners whose port another program has. No object is at fault, so none is left out: the listener is offered again,
 * under a version that the proxy has not refused yet, until it can be bound.
 */
export class BindFailures {
  readonly #failures = new Map<GatewayName, Map<string, Failure>>();

  /** True where the listener was not known to have failed. */
  add(gateway: GatewayName, listener: string, address: string): boolean {
    const known = this.#failures.get(gateway) ?? new Map<string, Failure>();
    this.#failures.set(gateway, known);
    const before = known.get(listener);
    known.set(listener, { address, tries: (before?.tries ?? 0) + 1 });
    return before === undefined;
  }

  /** A listener was bound after all. True where it had failed before. */
  settle(gateway: GatewayName, { typeUrl, name }: Answer): boolean {
    return typeUrl === listenerType && this.#failures.get(gateway)?.delete(name) === true;
  }

  /** The resources with the failed listeners under new versions; those that are gone are forgotten. */
  offerAgain(gateway: GatewayName, resources: ResourcesByType): ResourcesByType {
    const failures = this.#failures.get(gateway);
    const listeners = resources.get(listenerType);
    if (failures === undefined || failures.size === 0 || listeners === undefined) return resources;
    const offered = new Map(listeners);
    for (const [name, { tries }] of failures) {
      const listener = listeners.get(name);
      if (listener === undefined) failures.delete(name);
      else offered.set(name, { ...listener, version: `${listener.version}~${tries}` });
    }
    return new Map(resources).set(listenerType, offered);
  }

  /** Gateways other than these are gone, and their listeners with them. */
  retain(gateways: ReadonlyMap<GatewayName, unknown>): void {
    for (const gateway of this.#failures.keys()) if (!gateways.has(gateway)) this.#failures.delete(gateway);
  }

  diagnostics(): readonly Diagnostic[] {
    return [...this.#failures].flatMap(([gateway, failures]) => {
      const [namespace = '', name = ''] = gateway.split('/');
      return [...failures.values()].map(({ address }): Diagnostic => {
        const message = `${address} is taken by another program. Stop it, or change the port; it is tried again every few seconds.`;
        return { severity: 'error', reason: 'PortUnavailable', message, object: { kind: 'Gateway', namespace, name } };
      });
    });
  }
}
