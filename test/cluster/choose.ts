import { down, isUp, up } from './cluster.ts';
import { loadImages } from './images.ts';
import { chosenInstance, kubeconfigPath } from './instance.ts';

export interface ChosenCluster {
  readonly kubeconfig: string;
  /** Ends what was started for the suites, and nothing else. */
  readonly release: () => Promise<void>;
}

/**
 * The cluster that the suites run against. SALLYPORT_KUBECONFIG names one of the user's (kind, for one), into which the
 * user has loaded the images; else it is ours, which goes away afterwards unless it was up before.
 */
export async function chooseCluster(env: NodeJS.ProcessEnv): Promise<ChosenCluster> {
  const given = env['SALLYPORT_KUBECONFIG'];
  if (given) return { kubeconfig: given, release: async () => {} };
  const instance = chosenInstance(env);
  const wasUp = isUp(instance);
  if (wasUp) await loadImages(instance);
  else await up(instance);
  return { kubeconfig: kubeconfigPath(instance), release: async () => (wasUp ? undefined : down(instance)) };
}
