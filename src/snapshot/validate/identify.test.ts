import { describe, expect, it } from 'vitest';
import { apiVersionOf, identify } from './identify.ts';
import { createValidator } from './validator.ts';

const metadata = { name: 'r', namespace: 'shop' };

describe('identify', () => {
  it('reads each kind in its version, and in one that holds the same', () => {
    expect(apiVersionOf('Service')).toBe('v1');
    expect(apiVersionOf('HTTPRoute')).toBe('gateway.networking.k8s.io/v1');
    expect(identify({ apiVersion: 'v1', kind: 'Service' })).toMatchObject({ kind: 'Known', of: 'Service' });
    expect(identify({ apiVersion: 'gateway.networking.k8s.io/v1beta1', kind: 'HTTPRoute' })).toMatchObject({
      kind: 'Known',
      of: 'HTTPRoute',
      fields: { apiVersion: 'gateway.networking.k8s.io/v1' },
    });
  });

  it('says what is missing', () => {
    expect(identify({ apiVersion: 'v1' })).toMatchObject({ kind: 'Malformed', field: 'kind' });
    expect(identify({ kind: 'Service' })).toMatchObject({ kind: 'Malformed', field: 'apiVersion' });
    expect(identify({ apiVersion: 1, kind: 'Service' })).toMatchObject({ kind: 'Malformed', field: 'apiVersion' });
    for (const value of [null, undefined, 1, 'Service', []]) expect(identify(value).kind).toBe('Malformed');
  });

  it('passes over kinds of other groups, even of the same name', () => {
    expect(identify({ apiVersion: 'serving.knative.dev/v1', kind: 'Service' })).toEqual({ kind: 'Other' });
    expect(identify({ apiVersion: 'networking.istio.io/v1', kind: 'Gateway' })).toEqual({ kind: 'Other' });
    expect(identify({ apiVersion: 'apps/v1', kind: 'Deployment' })).toEqual({ kind: 'Other' });
    expect(identify({ apiVersion: 'v1', kind: 'toString' })).toEqual({ kind: 'Other' });
  });

  it('tells of a kind of the Gateway API that is not read', () => {
    const identity = identify({ apiVersion: 'gateway.networking.x-k8s.io/v1alpha1', kind: 'XMesh' });
    expect(identity.kind === 'Other' && identity.message).toContain('XMesh');
  });

  it('takes a kind of ours that is one slip away for a mistake', () => {
    for (const [apiVersion, kind, meant] of [
      ['sallyport.dev/v1alpha1', 'Egres', 'Egress'],
      ['gateway.networking.k8s.io/v1', 'HTTPRuote', 'HTTPRoute'],
    ] as const) {
      const [diagnostic] = createValidator()({ apiVersion, kind, metadata }).diagnostics;
      expect(diagnostic).toMatchObject({ severity: 'error', reason: 'UnsupportedKind' });
      expect(diagnostic?.message).toContain(`Did you mean ${meant}?`);
    }
  });

  it('takes names that every object of JavaScript has for names like any other', () => {
    for (const apiVersion of ['constructor', 'toString', '__proto__', 'constructor/v1', '__proto__/v1']) {
      const validation = createValidator()({ apiVersion, kind: 'Gateway', metadata });
      expect(validation).toEqual({ kind: 'Ignored', diagnostics: [] });
    }
  });

  it('tells of a version that is not read, and of which object', () => {
    const ref = { kind: 'Ingress', namespace: 'shop', name: 'r' };
    // Both are gone from Kubernetes since 1.22; the first was of another group.
    for (const apiVersion of ['extensions/v1beta1', 'networking.k8s.io/v1beta1']) {
      expect(createValidator()({ apiVersion, kind: 'Ingress', metadata })).toMatchObject({
        kind: 'Invalid',
        ref,
        diagnostics: [{ severity: 'error', reason: 'UnsupportedKind', field: 'apiVersion', object: ref }],
      });
    }
  });

  it('takes the namespace as it would be, and does without a name', () => {
    const validate = createValidator();
    const of = (kind: string, apiVersion: string, with_: object) => validate({ apiVersion, kind, metadata: with_ });
    expect(of('Ingress', 'networking.k8s.io/v1beta1', { name: 'r' })).toMatchObject({
      ref: { namespace: 'default' },
    });
    expect(of('GatewayClass', 'gateway.networking.k8s.io/v1alpha2', { name: 'c' })).toMatchObject({
      ref: { kind: 'GatewayClass', namespace: '', name: 'c' },
    });
    expect(of('Ingress', 'networking.k8s.io/v1beta1', { name: 1 })).not.toHaveProperty('ref');
    expect(of('Ingress', 'networking.k8s.io/v1beta1', {})).not.toHaveProperty('ref');
  });
});
