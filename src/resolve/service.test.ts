import { describe, expect, it } from 'vitest';
import { caYaml, createTestCertificate } from '../../test/fixture/certificate.ts';
import { parseObjects, readerOf, viewOf } from '../../test/fixture/view.ts';
import { resolveBackend, type BackendReference } from './service.ts';

const from = { group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'default' };

function resolve(yaml: string, ref: Partial<BackendReference> = {}) {
  return resolveBackend(readerOf(viewOf(parseObjects(yaml))), from, { name: 'a', port: 80, ...ref });
}

function service(port: string, spec = ''): string {
  return `kind: Service\nmetadata: {name: a, namespace: default}\nspec: {${spec}ports: [{port: 80${port}}]}`;
}

const ca = caYaml('ConfigMap', 'ca', createTestCertificate(['ca']).chain);

function policy(name: string, spec: string, created = '2026-01-01T00:00:00Z', section = ''): string {
  return `kind: BackendTLSPolicy
metadata: {name: ${name}, namespace: default, creationTimestamp: "${created}"}
spec: {targetRefs: [{group: "", kind: Service, name: a${section}}], ${spec}}`;
}

const trusting = 'validation: {hostname: A.Example.com, caCertificateRefs: [{group: "", kind: ConfigMap, name: ca}]}';

describe('resolveBackend', () => {
  it.each([
    ['', 'Http1'],
    [', appProtocol: http', 'Http1'],
    [', appProtocol: kubernetes.io/ws', 'Http1'],
    [', appProtocol: kubernetes.io/h2c', 'Http2'],
    [', appProtocol: grpc', 'Http2'],
    [', appProtocol: HTTP2', 'Http2'],
  ])('takes the protocol of a port%s', (port, protocol) => {
    expect(resolve(service(port))).toMatchObject({ ok: true, value: { service: 'a', port: 80, protocol } });
  });

  it.each([
    ['an unknown kind', service(''), { kind: 'Bucket' }, 'InvalidKind'],
    ['an unknown group', service(''), { group: 'x.dev' }, 'InvalidKind'],
    ['an ExternalName', service('', 'type: ExternalName, externalName: x.dev, '), {}, 'InvalidKind'],
    ['a Service that is not there', service(''), { name: 'b' }, 'BackendNotFound'],
    ['a port that is not there', service(''), { port: 81 }, 'BackendNotFound'],
    ['another namespace', service(''), { namespace: 'shop' }, 'RefNotPermitted'],
    ['UDP', service(', protocol: UDP'), {}, 'UnsupportedProtocol'],
    ['an unknown appProtocol', service(', appProtocol: mysql'), {}, 'UnsupportedProtocol'],
    ['a prefixed name in another case', service(', appProtocol: Kubernetes.io/h2c'), {}, 'UnsupportedProtocol'],
    ['a name every object has', service(', appProtocol: constructor'), {}, 'UnsupportedProtocol'],
    ['https without a policy', service(', appProtocol: https'), {}, 'UnsupportedProtocol'],
    ['wss without a policy', service(', appProtocol: kubernetes.io/wss'), {}, 'UnsupportedProtocol'],
  ])('refuses %s', (_, yaml, ref, reason) => {
    expect(resolve(yaml, ref)).toMatchObject({ ok: false, error: { reason } });
  });

  it('takes the TCP entry of a port that several protocols share', () => {
    const yaml =
      'kind: Service\nmetadata: {name: a}\nspec: {ports: [{name: u, port: 80, protocol: UDP}, {name: t, port: 80}]}';
    expect(resolve(yaml)).toMatchObject({ ok: true, value: { portName: 't' } });
  });
});

describe('resolveBackend with a BackendTLSPolicy', () => {
  it('takes SNI, name and CA from the policy', () => {
    const backend = resolve([service(', appProtocol: https'), ca, policy('p', trusting)].join('\n---\n'));
    expect(backend).toMatchObject({
      ok: true,
      value: {
        tls: {
          tls: {
            sni: 'a.example.com',
            subjectAltNames: [{ kind: 'DNS', value: 'a.example.com' }],
            ca: { kind: 'Bundle', secret: 'ConfigMap/default/ca/ca.crt' },
          },
          origin: 'BackendTLSPolicy/default/p',
        },
      },
    });
  });

  it('does not reach a Service whose policy can not be read', () => {
    const standIn = `${policy('p', 'validation: {hostname: "", caCertificateRefs: []}')}\nunreadable: 'spec.x: Unknown.'`;
    const younger = policy('younger', trusting, '2026-01-02T00:00:00Z');
    expect(resolve([service(''), ca, standIn, younger].join('\n---\n'))).toEqual({
      ok: false,
      error: { reason: 'Invalid', message: "BackendTLSPolicy default/p can't be met: spec.x: Unknown." },
    });
    const older = policy('older', trusting, '2025-01-01T00:00:00Z');
    expect(resolve([service(''), ca, standIn, older].join('\n---\n'))).toMatchObject({
      value: { tls: { origin: 'BackendTLSPolicy/default/older' } },
    });
  });

  it('compares only subjectAltNames where they are given', () => {
    const names = 'subjectAltNames: [{type: Hostname, hostname: b.example.com}, {type: URI, uri: "spiffe://x/y"}]';
    const spec = `validation: {hostname: a.example.com, wellKnownCACertificates: System, ${names}}`;
    const backend = resolve([service(''), policy('p', spec)].join('\n---\n'));
    expect(backend).toMatchObject({
      value: {
        tls: {
          tls: {
            sni: 'a.example.com',
            subjectAltNames: [
              { kind: 'DNS', value: 'b.example.com' },
              { kind: 'URI', value: 'spiffe://x/y' },
            ],
            ca: { kind: 'System' },
          },
        },
      },
    });
  });

  it.each([
    ['no such ConfigMap', [policy('p', trusting)], 'NoValidCACertificate'],
    ['options', [ca, policy('p', `${trusting}, options: {x.dev/y: z}`)], 'UnsupportedValue'],
    [
      'an unknown well-known set',
      [policy('p', 'validation: {hostname: a, wellKnownCACertificates: x.dev/y}')],
      'Invalid',
    ],
  ])('denies the backend of a policy with %s', (_, objects, reason) => {
    expect(resolve([service(''), ...objects].join('\n---\n'))).toMatchObject({ ok: false, error: { reason } });
  });

  const system = (hostname: string) => `validation: {hostname: ${hostname}, wellKnownCACertificates: System}`;

  it.each([
    [
      'the oldest',
      policy('b', system('old'), '2026-01-01T00:00:00Z'),
      policy('a', system('new'), '2026-01-02T00:00:00Z'),
      'old',
    ],
    ['the first by name', policy('b', system('second')), policy('a', system('first')), 'first'],
    [
      'the one for the port',
      policy('a', system('all')),
      policy('b', system('port'), undefined, ', sectionName: web'),
      'port',
    ],
  ])('follows %s of two policies', (_, one, other, sni) => {
    const backend = resolve([service(', name: web'), one, other].join('\n---\n'));
    expect(backend).toMatchObject({ ok: true, value: { tls: { tls: { sni } } } });
  });

  it('leaves a port alone that the policy does not name', () => {
    const backend = resolve(
      [service(', name: web'), policy('p', system('x'), undefined, ', sectionName: admin')].join('\n---\n'),
    );
    expect(backend.ok && backend.value.tls).toBe(undefined);
  });
});
