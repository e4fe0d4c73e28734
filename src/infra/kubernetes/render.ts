import { contentHash } from '../../lib/hash.ts';
import type { ClientCertificate } from '../authority/client-secret.ts';
import { renderAutoscaler, renderDisruptionBudget } from './autoscaling.ts';
import { renderConfigMap } from './config-map.ts';
import { renderDeployment } from './deployment.ts';
import type { KubernetesKind, KubernetesObject, ObjectMeta } from './object.ts';
import { metadataOf } from './parts.ts';
import { renderServices } from './service.ts';
import type { RenderOptions, WantedGateway } from './wanted.ts';

/** Every kind that can be made for a Gateway. */
export const renderedKinds: readonly KubernetesKind[] = [
  { apiVersion: 'v1', kind: 'ServiceAccount' },
  { apiVersion: 'v1', kind: 'ConfigMap' },
  { apiVersion: 'v1', kind: 'Secret' },
  { apiVersion: 'v1', kind: 'Service' },
  { apiVersion: 'apps/v1', kind: 'Deployment' },
  { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' },
  { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' },
];

function renderServiceAccount(wanted: WantedGateway): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: metadataOf(wanted),
    automountServiceAccountToken: false,
  };
}

/** The Secret of a Gateway's certificate. */
export function renderCertificate(metadata: ObjectMeta, certificate: ClientCertificate): KubernetesObject {
  const encode = (text: string) => Buffer.from(text).toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata,
    type: 'kubernetes.io/tls',
    data: {
      'tls.crt': encode(certificate.certificate),
      'tls.key': encode(certificate.key),
      'ca.crt': encode(certificate.authorities),
    },
  };
}

/** All that is to be there for one Gateway, in its own namespace, each object before those that need it. */
export function renderGateway(
  wanted: WantedGateway,
  certificate: ClientCertificate,
  options: RenderOptions,
): readonly KubernetesObject[] {
  const config = renderConfigMap(wanted, options);
  const autoscaler = renderAutoscaler(wanted);
  return [
    renderServiceAccount(wanted),
    config,
    renderCertificate(metadataOf(wanted), certificate),
    ...renderServices(wanted),
    renderDeployment(wanted, options, contentHash(JSON.stringify(config['data']))),
    renderDisruptionBudget(wanted),
    ...(autoscaler === undefined ? [] : [autoscaler]),
  ];
}
