import type { GatewayIdentity } from '../authority/identity.ts';
import { labelValue, objectName } from './name.ts';
import type { KubernetesKind, KubernetesObject, ObjectMeta } from './object.ts';
import type { WantedGateway } from './wanted.ts';

const gatewayNameLabel = 'gateway.networking.k8s.io/gateway-name';
const gatewayClassLabel = 'gateway.networking.k8s.io/gateway-class-name';

/** What tells objects that Sallyport makes for Gateways from all others. */
export const managedLabels = {
  'app.kubernetes.io/managed-by': 'sallyport',
  'app.kubernetes.io/component': 'gateway',
} as const;

const gatewayKind: KubernetesKind = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway' };

/** The pods of a Gateway. A Deployment can't change it, so that it holds nothing that can change. */
export function podSelector({ gateway }: WantedGateway): Readonly<Record<string, string>> {
  return { ...managedLabels, [gatewayNameLabel]: labelValue(gateway.name) };
}

/** The labels of all that is made for a Gateway: those of `spec.infrastructure`, which replace none of ours. */
export function labelsOf(wanted: WantedGateway): Readonly<Record<string, string>> {
  return {
    ...wanted.labels,
    ...podSelector(wanted),
    'app.kubernetes.io/name': 'envoy',
    [gatewayClassLabel]: labelValue(wanted.className),
  };
}

/** The metadata of what is made for a Gateway, which goes when the Gateway goes. */
export function metadataOf(wanted: WantedGateway, name?: string): ObjectMeta {
  const { gateway, className, annotations } = wanted;
  return {
    name: name ?? objectName(gateway.name, className),
    namespace: gateway.namespace,
    labels: labelsOf(wanted),
    annotations,
    ownerReferences: [{ ...gatewayKind, name: gateway.name, uid: gateway.uid, controller: true }],
  };
}

/** Whether an object was made for a Gateway of this class. */
export function isOfClass({ metadata }: KubernetesObject, className: string): boolean {
  return metadata.labels?.[gatewayClassLabel] === labelValue(className);
}

/** The Gateway that an object was made for; undefined for an object of somebody else. */
export function gatewayOf({ metadata }: KubernetesObject): GatewayIdentity | undefined {
  const { namespace, labels = {}, ownerReferences = [] } = metadata;
  if (!Object.entries(managedLabels).every(([key, value]) => labels[key] === value)) return undefined;
  const owner = ownerReferences.find(({ controller, kind }) => controller === true && kind === gatewayKind.kind);
  return owner === undefined ? undefined : { namespace, name: owner.name, uid: owner.uid };
}
