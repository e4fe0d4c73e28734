// The whole of a cluster: up, down, and what is there.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type ComponentName, componentNames, componentProcess, ctr, nodeName, startComponent } from './components.ts';
import { writeConfiguration, writeKubeconfig } from './configuration.ts';
import { dnsObjects } from './dns.ts';
import { imageNames, loadImages, makeImages, systemImages } from './images.ts';
import { type Instance, kubeconfigPath, within } from './instance.ts';
import { withLock } from './lock.ts';
import { destroyMachine, startMachine } from './machine.ts';
import { type Channel, gatewayApiCrds, kubectlProgram, nodeProgram } from './programs.ts';
import { installPackages } from './prerequisites.ts';
import { root } from './cache.ts';
import { must, run, tell, waitFor } from './run.ts';

/** Starts the cluster, with images of ours loaded, unless it runs. What a killed one left goes first. */
export async function up(instance: Instance, images: readonly string[] = imageNames): Promise<void> {
  if (isUp(instance)) return;
  await installPackages();
  await nodeProgram();
  await kubectlProgram();
  await makeImages([...systemImages, ...images]);
  await withLock(instance, async () => {
    if (!isUp(instance)) await start(instance, images);
  });
}

async function start(instance: Instance, images: readonly string[]): Promise<void> {
  const began = Date.now();
  await remove(instance);
  mkdirSync(instance.folder, { recursive: true, mode: 0o755 });
  const token = randomBytes(16).toString('hex');
  writeConfiguration(instance, token);
  await startMachine(instance);
  await Promise.all([startComponent(instance, 'etcd'), startComponent(instance, 'containerd')]);
  await Promise.all([startControlPlane(instance, token), startRuntime(instance)]);
  await startAll(instance, ['kube-controller-manager', 'kube-scheduler', 'kube-proxy', 'kubelet', 'addresses']);
  await Promise.all([loadImages(instance, images), waitForNode(instance)]);
  tell(`the cluster is up after ${((Date.now() - began) / 1000).toFixed(1)} s`);
}

/** Ends the cluster and removes all that it left on this machine. It may be there in part, or not at all. */
export function down(instance: Instance): Promise<void> {
  return withLock(instance, () => remove(instance));
}

async function remove(instance: Instance): Promise<void> {
  await destroyMachine(instance);
  rmSync(instance.folder, { recursive: true, force: true });
}

/** True while every component runs. */
export function isUp(instance: Instance): boolean {
  return componentNames.every((name) => componentProcess(instance, name) !== undefined);
}

/** kubectl with the words, and with the objects on its input where there are some. */
export async function kubectl(
  kubeconfig: string,
  words: readonly string[],
  objects?: readonly unknown[],
): Promise<string> {
  const input = objects === undefined ? '' : JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  return must([await kubectlProgram(), '--kubeconfig', kubeconfig, ...words], { input });
}

/** Installs the CRDs of the Gateway API and ours, and waits until they are served. */
export async function installCrds(kubeconfig: string, channel: Channel): Promise<void> {
  const folder = await gatewayApiCrds(channel);
  const files = [folder, join(root, 'crds')].flatMap((from) =>
    readdirSync(from)
      .filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml')
      .map((name) => join(from, name)),
  );
  await kubectl(kubeconfig, ['apply', '--server-side', ...files.flatMap((path) => ['-f', path])]);
  await kubectl(kubeconfig, ['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s']);
}

async function startAll(instance: Instance, names: readonly ComponentName[]): Promise<void> {
  for (const name of names) await startComponent(instance, name);
}

async function startControlPlane(instance: Instance, token: string): Promise<void> {
  await startComponent(instance, 'kube-apiserver');
  const certificate = within(instance, 'certificates', 'apiserver.crt');
  await waitFor('the certificate of the API server', 60, () => (existsSync(certificate) ? true : undefined));
  writeKubeconfig(instance, token, readFileSync(certificate));
  const program = await kubectlProgram();
  await waitFor('a ready API server', 120, async () => {
    const { code } = await run([program, '--kubeconfig', kubeconfigPath(instance), 'get', '--raw', '/readyz']);
    return code === 0 ? true : undefined;
  });
}

async function startRuntime(instance: Instance): Promise<void> {
  await waitFor('containerd', 60, async () => ((await ctr(instance, 'version')).code === 0 ? true : undefined));
  await loadImages(instance, systemImages);
}

async function waitForNode(instance: Instance): Promise<void> {
  const kubeconfig = kubeconfigPath(instance);
  await kubectl(kubeconfig, ['apply', '--server-side', '-f', '-'], dnsObjects(instance));
  await waitFor('the node', 120, async () => {
    const status = ['get', 'node', nodeName, '-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'];
    const { stdout } = await run([await kubectlProgram(), '--kubeconfig', kubeconfig, ...status]);
    return stdout === 'True' ? true : undefined;
  });
  const rollout = ['rollout', 'status', 'deployment/coredns', '--namespace=kube-system', '--timeout=120s'];
  await kubectl(kubeconfig, rollout);
}
