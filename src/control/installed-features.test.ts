import { expect, it } from 'vitest';
import type { Feature } from '../kube/discovery.ts';
import type { ObjectStatus } from '../translate/translation.ts';
import { withInstalledFeatures } from './installed-features.ts';

function classStatus(...names: readonly string[]): ObjectStatus {
  const supportedFeatures = names.map((name) => ({ name }));
  return { ref: { kind: 'GatewayClass', namespace: '', name: 'sallyport' }, status: { supportedFeatures } };
}

const missing = (of: 'TLSRoute' | 'Gateway' | 'BackendTLSPolicy'): Feature => ({ kind: 'NotInstalled', of });

it('leaves out the features of a kind that is not there, and no others', () => {
  const all = classStatus(
    'BackendTLSPolicy',
    'BackendTLSPolicySANValidation',
    'HTTPRoute',
    'TLSRoute',
    'TLSRouteModeMixed',
  );
  expect(withInstalledFeatures([all], [missing('TLSRoute')])).toEqual([
    classStatus('BackendTLSPolicy', 'BackendTLSPolicySANValidation', 'HTTPRoute'),
  ]);
  expect(withInstalledFeatures([all], [missing('BackendTLSPolicy')])).toEqual([
    classStatus('HTTPRoute', 'TLSRoute', 'TLSRouteModeMixed'),
  ]);
});

it('is the very same list where everything is installed, and touches no other kind', () => {
  const statuses = [classStatus('TLSRoute')];
  expect(withInstalledFeatures(statuses, [])).toBe(statuses);
  const gateway: ObjectStatus = { ref: { kind: 'Gateway', namespace: 'a', name: 'b' }, status: {} };
  expect(withInstalledFeatures([gateway], [missing('TLSRoute')])).toEqual([gateway]);
});
