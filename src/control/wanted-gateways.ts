import type { WantedInfrastructure } from '../infra/kubernetes/infrastructure.ts';
import type { ListenerPort, WantedGateway } from '../infra/kubernetes/wanted.ts';
import type { GatewayIr } from '../ir/ir.ts';
import type { Gateway, GatewayTemplateSpec } from '../../gen/kubernetes/types.ts';
import type { InvalidObject } from '../kube/kept.ts';
import { objectKey } from '../snapshot/object.ts';
import type { ControlState } from './controller.ts';

const protocols: ReadonlyMap<string, ListenerPort['protocol']> = new Map([
  ['HTTP', 'TCP'],
  ['HTTPS', 'TCP'],
  ['TLS', 'TCP'],
  ['TCP', 'TCP'],
  ['UDP', 'UDP'],
]);

/**
 * The ports that a Gateway is reached at: all that it names, so that a listener which is invalid for a while does not
 * take its port out of the Service, and those that ListenerSets bring.
 */
function portsOf(gateway: Gateway, ir: GatewayIr | undefined): readonly ListenerPort[] {
  const named = gateway.spec.listeners.flatMap(({ port, protocol }): readonly ListenerPort[] => {
    const transport = protocols.get(protocol);
    return transport === undefined ? [] : [{ port, protocol: transport }];
  });
  const bound = (ir?.listeners ?? []).map(({ port, kind }): ListenerPort => ({
    port,
    protocol: kind === 'Udp' ? 'UDP' : 'TCP',
  }));
  const ports = new Map([...named, ...bound].map((entry) => [`${entry.protocol} ${entry.port}`, entry]));
  return [...ports.values()].sort((a, b) => a.port - b.port || (a.protocol < b.protocol ? -1 : 1));
}

function wantedGateway(
  gateway: Gateway,
  ir: GatewayIr | undefined,
  template: GatewayTemplateSpec,
): WantedGateway | undefined {
  const ports = portsOf(gateway, ir);
  // Without a port there is nothing that a Service could lead to.
  if (ports.length === 0) return undefined;
  const { gatewayClassName, infrastructure, addresses = [] } = gateway.spec;
  const { namespace = 'default', name, uid = '' } = gateway.metadata;
  return {
    gateway: { namespace, name, uid },
    className: gatewayClassName,
    labels: infrastructure?.labels ?? {},
    annotations: infrastructure?.annotations ?? {},
    ports,
    addresses: addresses.flatMap(({ value }) => (value === undefined || value === '' ? [] : value)),
    template,
  };
}

/**
 * The Gateways whose Envoys are to run in the cluster. Those of a Gateway with a mistake, or without its class, stay as
 * they are, and so do those of Gateways that can't be read: `invalid`.
 */
export function wantedInfrastructure(
  { snapshot, translation }: ControlState,
  controllerName: string,
  invalid: readonly InvalidObject[],
): WantedInfrastructure {
  const irs = new Map(translation.ir.gateways.map((ir) => [ir.name, ir]));
  const gateways: WantedGateway[] = [];
  const wantedUids = new Set<string>();
  const kept = new Set<string>();
  for (const { name, gateway: ref, accepted, template } of translation.gateways) {
    const gateway = snapshot.collections.Gateway.get(objectKey(ref));
    if (gateway === undefined) continue;
    const wanted = accepted ? wantedGateway(gateway, irs.get(name), template) : undefined;
    if (wanted === undefined) {
      kept.add(gateway.metadata.uid ?? '');
    } else {
      gateways.push(wanted);
      wantedUids.add(wanted.gateway.uid);
    }
  }
  for (const gateway of snapshot.collections.Gateway.values()) {
    // Whose class is gone, not another controller's: a class that was deleted by mistake must not end all traffic.
    const { gatewayClassName: name } = gateway.spec;
    if (snapshot.collections.GatewayClass.has(objectKey({ kind: 'GatewayClass', namespace: '', name }))) continue;
    const { uid = '' } = gateway.metadata;
    if (!wantedUids.has(uid)) kept.add(uid);
  }
  for (const { ref, uid } of invalid) if (ref.kind === 'Gateway' && !wantedUids.has(uid)) kept.add(uid);
  const foreign = [...snapshot.collections.GatewayClass.values()].filter(
    ({ spec }) => spec.controllerName !== controllerName,
  );
  return { gateways, kept, foreignClasses: new Set(foreign.map(({ metadata }) => metadata.name)) };
}
