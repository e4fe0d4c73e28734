// npm run manifests: writes deploy/sallyport.yaml, the chart with its defaults as one plain manifest.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../test/cluster/cache.ts';
import { renderChart } from './chart.ts';

const namespace = 'sallyport-system';

const head = `# Sallyport for one cluster, with the defaults of its Helm chart, from which npm run manifests makes this file.
#   kubectl apply --server-side -f sallyport.yaml
# The CustomResourceDefinitions of the Gateway API (1.6, experimental channel) have to be there first.
apiVersion: v1
kind: Namespace
metadata:
  name: ${namespace}
  labels:
    pod-security.kubernetes.io/enforce: restricted
`;

/** The text of deploy/sallyport.yaml. */
export async function renderManifest(): Promise<string> {
  // What Helm shall leave in place is Helm's own matter.
  const objects = await renderChart(['--namespace', namespace, '--set', 'crds.keep=false']);
  return head + objects.replaceAll(/^# Source: .*\n/gm, '');
}

if (import.meta.main) writeFileSync(join(root, 'deploy/sallyport.yaml'), await renderManifest());
