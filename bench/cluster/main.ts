// npm run bench:cluster [-- name… [routes…] [--profiles FOLDER] [--share 0.1] [--replicas 1]]
import { parseArgs } from 'node:util';
import { chooseCluster } from '../../test/cluster/choose.ts';
import { installCrds } from '../../test/cluster/cluster.ts';
import { installSallyport } from '../../test/cluster/install.ts';
import { connectApi } from './api.ts';
import { benchBurst } from './burst.ts';
import { benchChurn } from './churn.ts';
import { benchColdStart } from './cold-start.ts';
import { benchEndpoints } from './endpoints.ts';
import { benchListeners } from './listeners.ts';
import { benchPropagation } from './propagation.ts';
import type { Bench } from './site.ts';
import { benchSteady } from './steady.ts';

/** Bench names, and sizes for the propagation bench; without names all are run. */
const names = ['propagation', 'burst', 'steady', 'churn', 'endpoints', 'cold-start', 'listeners'] as const;
type Name = (typeof names)[number];

const { positionals: args, values } = parseArgs({
  allowPositionals: true,
  options: { profiles: { type: 'string' }, share: { type: 'string' }, replicas: { type: 'string' } },
});
const { profiles } = values;
const share = Number(values.share ?? 1);
if (!(share > 0 && share <= 1)) throw new Error('--share is above 0 and at most 1');
const sizes = args.map(Number).filter(Number.isInteger);
const chosen = names.filter((name) => args.includes(name));
const benches: { readonly [N in Name]: (bench: Bench) => Promise<void> } = {
  propagation: (bench) => benchPropagation(bench, sizes.length > 0 ? sizes : [0, 1_000, 3_000]),
  burst: benchBurst,
  steady: benchSteady,
  churn: benchChurn,
  endpoints: benchEndpoints,
  'cold-start': benchColdStart,
  listeners: benchListeners,
};

const { kubeconfig, release } = await chooseCluster(process.env);
try {
  await installCrds(kubeconfig, 'experimental');
  const installation = await installSallyport(kubeconfig, {
    values: ['ingress.create=false', `replicas=${values.replicas ?? '2'}`],
  });
  const api = await connectApi(kubeconfig);
  try {
    for (const name of chosen.length > 0 ? chosen : names) {
      await benches[name]({ kubeconfig, api, share, ...(profiles === undefined ? {} : { profiles }) });
    }
  } finally {
    api.close();
    await installation.uninstall();
  }
} finally {
  await release();
}
