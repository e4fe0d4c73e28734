import { describe, expect, it } from 'vitest';
import { cluster } from '../../../test/fixture/ir.ts';
import { dumpResource } from '../dump.ts';
import { debianOptions } from '../options.ts';
import { buildCluster } from './cluster.ts';

describe('the cluster of a host outside', () => {
  const hostOutside = (...refusedRanges: readonly string[]) =>
    JSON.stringify(
      dumpResource(
        buildCluster(cluster('a', { dns: { hostname: 'api.example.com', port: 80, refusedRanges } }), debianOptions),
      ),
    );

  it('looks at the address that a request is about to go to, where addresses are refused', () => {
    const guarded = hostOutside('10.0.0.0/8', 'fd00::/8');
    expect(guarded).toContain('envoy.filters.http.upstream_rbac');
    for (const address of ['10.0.0.0', 'fd00::']) expect(guarded).toContain(`"address_prefix":"${address}"`);
    expect(hostOutside()).not.toContain('upstream_rbac');
  });
});
