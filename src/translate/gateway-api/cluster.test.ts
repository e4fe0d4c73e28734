import { describe, expect, it } from 'vitest';
import { caYaml, createTestCertificate } from '../../../test/fixture/certificate.ts';
import { parseObjects, readerOf, viewOf } from '../../../test/fixture/view.ts';
import { clusterName, ruleClusterName, secretName } from '../../ir/name.ts';
import { standaloneOptions } from '../options.ts';
import { translateCluster } from './cluster.ts';

const name = clusterName('default', 'a', 80);
const request = { kind: 'ServicePort', name, namespace: 'default', service: 'a', port: 80 } as const;
const service =
  'kind: Service\nmetadata: {name: a, namespace: default}\nspec: {ports: [{port: 80, appProtocol: kubernetes.io/h2c}]}';
const ca = caYaml('ConfigMap', 'ca', createTestCertificate(['ca']).chain);
const policy = `kind: BackendTLSPolicy
metadata: {name: p, namespace: default}
spec: {targetRefs: [{group: "", kind: Service, name: a}], validation: {hostname: a, caCertificateRefs: [{group: "", kind: ConfigMap, name: ca}]}}`;
const clientCertificate = secretName('Secret', 'default', 'client');

function translate(documents: readonly string[], client: typeof clientCertificate | undefined) {
  return translateCluster(
    readerOf(viewOf(parseObjects(documents.join('\n---\n')))),
    request,
    client,
    standaloneOptions,
  );
}

describe('translateCluster', () => {
  it('makes the cluster of a Service port; without TLS no client certificate is shown', () => {
    expect(translate([service], clientCertificate)).toEqual({
      cluster: { name, origins: ['Service/default/a'], protocol: 'Http2', weightedLocalities: false },
      secrets: [],
    });
  });

  it('speaks TLS as the policy says, with the client certificate of the Gateway', () => {
    expect(translate([service, ca, policy], clientCertificate)).toMatchObject({
      cluster: {
        origins: ['BackendTLSPolicy/default/p', 'Service/default/a'],
        tls: {
          sni: 'a',
          subjectAltNames: [{ kind: 'DNS', value: 'a' }],
          ca: { kind: 'Bundle', secret: 'ConfigMap/default/ca/ca.crt' },
          clientCertificate,
        },
      },
      secrets: [{ kind: 'CaBundle', name: 'ConfigMap/default/ca/ca.crt', origin: 'ConfigMap/default/ca' }],
    });
    expect(translate([service, ca, policy], undefined)?.cluster.tls).not.toHaveProperty('clientCertificate');
  });

  it('makes no cluster, not even one in plain text, where the policy can not be met', () => {
    expect(translate([service, policy], undefined)).toBeUndefined();
  });

  it('makes the cluster of a rule', () => {
    const rule = ruleClusterName('HTTPRoute/default/r', 0);
    const backends = [
      { namespace: 'default', service: 'b', port: 80, weight: 1 },
      { namespace: 'default', service: 'a', port: 80, weight: 1 },
    ];
    const read = readerOf(viewOf([]));
    expect(
      translateCluster(read, { kind: 'Rule', name: rule, protocol: 'Http1', backends }, undefined, standaloneOptions),
    ).toEqual({
      cluster: {
        name: rule,
        origins: ['Service/default/a', 'Service/default/b'],
        protocol: 'Http1',
        weightedLocalities: true,
      },
      secrets: [],
    });
  });
});
