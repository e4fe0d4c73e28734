import type { TestProject } from 'vitest/node';
import { chooseCluster } from './choose.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The kubeconfig of the cluster under test. */
    readonly kubeconfig: string;
  }
}

/** Run by vitest once before all files, in its main process. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { kubeconfig, release } = await chooseCluster(process.env);
  project.provide('kubeconfig', kubeconfig);
  return release;
}
