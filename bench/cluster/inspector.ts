import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kubectl } from '../../test/cluster/cluster.ts';
import { kubectlProgram } from '../../test/cluster/programs.ts';
import type { Api } from './api.ts';
import { controllerNamespace, replicaPods } from './replicas.ts';

/** The inspector of a replica of the controller, which collects its garbage on request and tells what it spends its time on. */
export interface Inspector {
  collectGarbage(): Promise<void>;
  startProfile(): Promise<void>;
  /** Writes what was gathered since, as the tools of browsers read it. */
  saveProfile(path: string): Promise<void>;
  close(): void;
}

const inspectorPort = 9229;

/** The local port that `kubectl port-forward` has chosen. */
async function forward(kubeconfig: string, namespace: string, pod: string) {
  const words = ['--kubeconfig', kubeconfig, '--namespace', namespace, 'port-forward', pod, `:${inspectorPort}`];
  const child = spawn(await kubectlProgram(), words, { stdio: ['ignore', 'pipe', 'ignore'] });
  const port = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const [, chosen] = /127\.0\.0\.1:(\d+) ->/.exec(text) ?? [];
      if (chosen !== undefined) resolve(chosen);
    });
    child.once('close', () => reject(new Error(`no way to the inspector of ${pod}`)));
  });
  return { port, close: () => child.kill() };
}

/** The signal by which Node starts its inspector goes to process 1 of the container; it needs no start option. */
async function inspect(kubeconfig: string, pod: string): Promise<Inspector> {
  const namespace = controllerNamespace;
  const wake = "process.kill(1, 'SIGUSR1')";
  await kubectl(kubeconfig, ['--namespace', namespace, 'exec', pod, '--', 'node', '--eval', wake]);
  const way = await forward(kubeconfig, namespace, pod);
  const listed = await fetch(`http://127.0.0.1:${way.port}/json/list`);
  const [target] = (await listed.json()) as readonly { readonly id: string }[];
  const socket = new WebSocket(`ws://127.0.0.1:${way.port}/${target?.id ?? ''}`);
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', () => reject(new Error(`the inspector of ${pod} does not answer`)));
  });
  const waiting = new Map<number, (result: unknown) => void>();
  socket.addEventListener('message', ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { readonly id?: number; readonly result?: unknown };
    if (id !== undefined) waiting.get(id)?.(result);
  });
  let asked = 0;
  const call = (method: string) =>
    new Promise<unknown>((resolve) => {
      asked += 1;
      waiting.set(asked, resolve);
      socket.send(JSON.stringify({ id: asked, method }));
    });
  return {
    async collectGarbage() {
      for (let round = 0; round < 3; round++) await call('HeapProfiler.collectGarbage');
    },
    async startProfile() {
      await call('Profiler.enable');
      await call('Profiler.start');
    },
    async saveProfile(path) {
      const { profile } = (await call('Profiler.stop')) as { readonly profile: unknown };
      writeFileSync(path, JSON.stringify(profile));
    },
    close() {
      socket.close();
      way.close();
    },
  };
}

/** Inspects all replicas, the leader first, while the work is done. */
export async function inspecting<T>(
  kubeconfig: string,
  api: Api,
  work: (inspectors: readonly Inspector[]) => Promise<T>,
): Promise<T> {
  const inspectors: Inspector[] = [];
  try {
    for (const pod of await replicaPods(api)) inspectors.push(await inspect(kubeconfig, pod));
    return await work(inspectors);
  } finally {
    for (const inspector of inspectors) inspector.close();
  }
}

/** Does the work, and writes what each replica spent its time on meanwhile to a folder, where there is one. */
export function profiling<T>(
  { kubeconfig, api, profiles }: { readonly kubeconfig: string; readonly api: Api; readonly profiles?: string },
  name: string,
  work: () => Promise<T>,
): Promise<T> {
  if (profiles === undefined) return work();
  mkdirSync(profiles, { recursive: true });
  return inspecting(kubeconfig, api, async (inspectors) => {
    for (const inspector of inspectors) await inspector.startProfile();
    const done = await work();
    for (const [index, inspector] of inspectors.entries()) {
      const part = index === 0 ? 'leader' : 'follower';
      await inspector.saveProfile(join(profiles, `${name}-${part}.cpuprofile`));
    }
    return done;
  });
}
