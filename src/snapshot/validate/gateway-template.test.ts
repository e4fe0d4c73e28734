import { describe, expect, it } from 'vitest';
import { createValidator } from './validator.ts';
import { parse } from 'yaml';

const validate = createValidator();

function check(spec: string): readonly { field: string | undefined; message: string }[] {
  const text = `{apiVersion: sallyport.dev/v1alpha1, kind: GatewayTemplate, metadata: {name: t, namespace: shop}, spec: ${spec}}`;
  const validation = validate(parse(text));
  if (validation.kind === 'Ignored') return [{ field: undefined, message: validation.kind }];
  return validation.diagnostics.map(({ field, message }) => ({ field, message }));
}

describe('GatewayTemplate', () => {
  it.each([
    '{}',
    '{replicas: 0}',
    '{autoscaling: {minReplicas: 2, maxReplicas: 2, targetCPUUtilization: 50}}',
    '{resources: {requests: {cpu: 1, memory: 64Mi}, limits: {memory: 1.5Gi}}}',
    '{service: {type: NodePort, externalTrafficPolicy: Local, annotations: {a: b}, labels: {a: b}}}',
    '{service: {loadBalancerClass: x.dev/y}}',
    '{tolerations: [{key: a, operator: Exists}], affinity: {nodeAffinity: {anything: [1]}}, topologySpreadConstraints: [{maxSkew: 1}]}',
    '{image: "registry.example/envoy:1", imagePullPolicy: Always, podLabels: {a: b}, podAnnotations: {a: b}, nodeSelector: {a: b}}',
    '{concurrency: 4, maxConnections: 100, drainSeconds: 60, proxyProtocol: true, trustedHops: 1}',
  ])('takes %s', (spec) => expect(check(spec)).toEqual([]));

  it.each([
    ['{replicas: 1, autoscaling: {maxReplicas: 2}}', 'spec', 'replicas and autoscaling exclude each other'],
    ['{autoscaling: {minReplicas: 3, maxReplicas: 2}}', 'spec.autoscaling', 'minReplicas must not exceed maxReplicas'],
    [
      '{service: {type: ClusterIP, externalTrafficPolicy: Local}}',
      'spec.service',
      'externalTrafficPolicy has no meaning with type ClusterIP',
    ],
    ['{service: {type: NodePort, loadBalancerClass: x}}', 'spec.service', 'loadBalancerClass needs type LoadBalancer'],
  ])('refuses %s', (spec, field, message) => expect(check(spec)).toEqual([{ field, message }]));

  it.each([
    ['{replicas: -1}', 'spec.replicas'],
    ['{autoscaling: {}}', 'spec.autoscaling.maxReplicas'],
    ['{resources: {requests: {cpu: much}}}', 'spec.resources.requests.cpu'],
    ['{service: {type: ExternalName}}', 'spec.service.type'],
    ['{trustedHops: 33}', 'spec.trustedHops'],
    ['{concurrency: 0}', 'spec.concurrency'],
    ['{tolerations: [1]}', 'spec.tolerations[0]'],
    ['{proxyProtocol: "yes"}', 'spec.proxyProtocol'],
    ['{replicaCount: 1}', 'spec.replicaCount'],
  ])('finds the field in %s', (spec, field) => expect(check(spec).map((finding) => finding.field)).toContain(field));
});
