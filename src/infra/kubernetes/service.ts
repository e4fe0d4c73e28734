import { addressServiceName } from './name.ts';
import type { KubernetesObject } from './object.ts';
import { metadataOf, podSelector } from './parts.ts';
import type { WantedGateway } from './wanted.ts';

function renderOne(wanted: WantedGateway, name: string, address: string | undefined): KubernetesObject {
  const { type = 'LoadBalancer', externalTrafficPolicy, loadBalancerClass, ...own } = wanted.template.service ?? {};
  const metadata = metadataOf(wanted, name);
  const balanced = type === 'LoadBalancer';
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      ...metadata,
      labels: { ...own.labels, ...metadata.labels },
      annotations: { ...own.annotations, ...metadata.annotations },
    },
    spec: {
      type,
      selector: podSelector(wanted),
      ports: wanted.ports.map(({ port, protocol }) => ({
        name: `${protocol.toLowerCase()}-${port}`,
        port,
        targetPort: port,
        protocol,
      })),
      ...(externalTrafficPolicy === undefined || type === 'ClusterIP' ? {} : { externalTrafficPolicy }),
      ...(loadBalancerClass === undefined || !balanced ? {} : { loadBalancerClass }),
      ...(address === undefined ? {} : { loadBalancerIP: address }),
    },
  };
}

/** The Services of a Gateway: one for each address that it asks for. None without ports, which a Service must have. */
export function renderServices(wanted: WantedGateway): readonly KubernetesObject[] {
  if (wanted.ports.length === 0) return [];
  const { name } = metadataOf(wanted);
  const balanced = (wanted.template.service?.type ?? 'LoadBalancer') === 'LoadBalancer';
  if (!balanced || wanted.addresses.length === 0) return [renderOne(wanted, name, undefined)];
  return wanted.addresses.map((address) => renderOne(wanted, addressServiceName(name, address), address));
}
