import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { chooseCluster } from '../choose.ts';
import { down, isUp, kubectl, up } from '../cluster.ts';
import { componentNames, componentProcess } from '../components.ts';
import { instanceNumber, kubeconfigPath, within } from '../instance.ts';
import { systemImages } from '../images.ts';
import { waitFor } from '../run.ts';
import { processesOf, tracesOf } from './traces.ts';

// Not the cluster that the other suites use.
const instance = instanceNumber(7);
const nodes = () => kubectl(kubeconfigPath(instance), ['get', 'nodes', '--output', 'name']);

afterAll(() => down(instance));

describe('a cluster of this machine', () => {
  it('leaves nothing behind, however often it comes and goes', async () => {
    await down(instance);
    const before = await tracesOf(instance);
    for (let round = 0; round < 3; round++) {
      await up(instance, systemImages);
      expect(await nodes()).toBe('node/node\n');
      await down(instance);
      expect(await tracesOf(instance)).toEqual(before);
    }
  });

  it('does nothing where it is up already', async () => {
    await up(instance, systemImages);
    const pids = () => componentNames.map((name) => componentProcess(instance, name)?.pid);
    const before = pids();
    await up(instance, systemImages);
    expect(pids()).toEqual(before);
  });

  it('comes up again after all of its processes were killed', async () => {
    await up(instance, systemImages);
    for (const pid of processesOf(instance)) process.kill(Number(pid), 'SIGKILL');
    await waitFor('the end of the components', 10, () => (isUp(instance) ? undefined : true));
    await up(instance, systemImages);
    expect(await nodes()).toBe('node/node\n');
  });

  it('comes up again after one of its processes was killed', async () => {
    await up(instance, systemImages);
    process.kill(componentProcess(instance, 'etcd')!.pid, 'SIGKILL');
    await waitFor('the end of etcd', 10, () => (isUp(instance) ? undefined : true));
    await up(instance, systemImages);
    expect(await nodes()).toBe('node/node\n');
  });

  it('comes up after a start that was killed half-way', async () => {
    await down(instance);
    const env = { ...process.env, SALLYPORT_CLUSTER: '7' };
    const starting = spawn(process.execPath, [join(import.meta.dirname, '../main.ts'), 'up'], { env, stdio: 'ignore' });
    const ended = once(starting, 'exit');
    await waitFor('half a cluster', 60, () => (existsSync(within(instance, 'pids', 'kubelet')) ? true : undefined));
    starting.kill('SIGKILL');
    await ended;
    await down(instance);
    expect(processesOf(instance)).toEqual([]);
    await up(instance, systemImages);
    expect(await nodes()).toBe('node/node\n');
  });

  it('is left alone where the user names a cluster', async () => {
    await down(instance);
    const env = { SALLYPORT_CLUSTER: '7', SALLYPORT_KUBECONFIG: '/home/someone/.kube/config' };
    const { kubeconfig, release } = await chooseCluster(env);
    expect(kubeconfig).toBe('/home/someone/.kube/config');
    await release();
    expect(existsSync(instance.folder)).toBe(false);
  });
});
