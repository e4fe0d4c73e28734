import type { KubernetesObject } from './object.ts';
import { metadataOf, podSelector } from './parts.ts';
import type { WantedGateway } from './wanted.ts';

/** At most one pod of a Gateway at a time is moved away; with a single one, it too. */
export function renderDisruptionBudget(wanted: WantedGateway): KubernetesObject {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metadataOf(wanted),
    spec: {
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: { matchLabels: podSelector(wanted) },
    },
  };
}

/** The autoscaler that a template asks for; undefined where the number of pods is fixed. */
export function renderAutoscaler(wanted: WantedGateway): KubernetesObject | undefined {
  const { autoscaling } = wanted.template;
  if (autoscaling === undefined) return undefined;
  const { minReplicas = 1, maxReplicas, targetCPUUtilization = 70 } = autoscaling;
  const metadata = metadataOf(wanted);
  const target = { type: 'Utilization', averageUtilization: targetCPUUtilization };
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata,
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: metadata.name },
      minReplicas,
      maxReplicas,
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }],
    },
  };
}
