// Sallyport in a cluster, as the chart installs it.
import { join } from 'node:path';
import { root } from './cache.ts';
import { kubectl } from './cluster.ts';
import { controllerImage, envoyImage } from './images.ts';
import { helmProgram } from './programs.ts';
import { must } from './run.ts';

export interface Installation {
  readonly namespace: string;
  uninstall(): Promise<void>;
}

export interface InstallOptions {
  /** Values of the chart beside the images, as `--set` takes them. */
  readonly values?: readonly string[];
}

const release = 'sallyport';
const namespace = 'sallyport-system';

function imageValues(): readonly string[] {
  const at = controllerImage.lastIndexOf(':');
  return [
    `image.repository=${controllerImage.slice(0, at)}`,
    `image.tag=${controllerImage.slice(at + 1)}`,
    `envoy.image=${envoyImage}`,
  ];
}

/** Installs the chart of this tree and waits until every replica is ready. */
export async function installSallyport(
  kubeconfig: string,
  { values = [] }: InstallOptions = {},
): Promise<Installation> {
  const helm = [await helmProgram(), '--kubeconfig', kubeconfig, '--namespace', namespace];
  const set = [...imageValues(), ...values].flatMap((value) => ['--set', value]);
  const chart = join(root, 'deploy/helm/sallyport');
  await must([
    ...helm,
    'upgrade',
    '--install',
    release,
    chart,
    '--create-namespace',
    // Our own definitions may be there already, from another suite.
    '--take-ownership',
    ...set,
    '--wait',
    '--timeout',
    '3m',
  ]);
  return {
    namespace,
    async uninstall() {
      await must([...helm, 'uninstall', release, '--ignore-not-found', '--wait', '--timeout', '3m']);
      await kubectl(kubeconfig, ['delete', 'namespace', namespace, '--ignore-not-found', '--wait']);
    },
  };
}
