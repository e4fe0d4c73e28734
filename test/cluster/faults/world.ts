// What the fault tests have in common: Sallyport as its chart installs it, a namespace with backends, and traffic.
import { request } from 'node:http';
import { installCrds, kubectl } from '../cluster.ts';
import { installSallyport, type Installation } from '../install.ts';
import { removeNamespaces, uniqueName } from '../namespace.ts';
import { waitFor } from '../run.ts';
import { type Load, startLoad, type Verdict } from './load.ts';
import { backend, hostOf, type Manifest } from './objects.ts';

export interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly status: {
    readonly podIP?: string;
    readonly qosClass?: string;
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly { readonly restartCount: number; readonly containerID?: string }[];
  };
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

const system = 'sallyport-system';
const controllerSelector = 'app.kubernetes.io/name=sallyport,app.kubernetes.io/component=controller';
const backendPort = 8080;

/** An answer in short: its status, 0 where there was none. */
export function ask(address: string, host: string, path = '/'): Promise<number> {
  return new Promise((resolve) => {
    const sent = request({ host: address, path, headers: { host }, agent: false, timeout: 2_000 }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
      response.on('error', () => resolve(0));
    });
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => resolve(0));
    sent.end();
  });
}

const isReady = ({ metadata, status }: Pod) =>
  metadata.deletionTimestamp === undefined &&
  status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;

/** A world to break; `stop` leaves nothing of it behind. */
export class World {
  readonly kubeconfig: string;
  readonly namespace = uniqueName('faults');
  #installation: Installation | undefined;

  constructor(kubeconfig: string) {
    this.kubeconfig = kubeconfig;
  }

  /** Installs, and makes the backends `app` and `control`. */
  async start(): Promise<void> {
    await installCrds(this.kubeconfig, 'experimental');
    // Its Gateway is one Envoy that nobody needs here.
    this.#installation = await installSallyport(this.kubeconfig, { values: ['ingress.create=false'] });
    await kubectl(this.kubeconfig, ['create', 'namespace', this.namespace]);
    await this.apply(...backend('app'), ...backend('control', 1));
    await this.rolledOut('app');
    await this.rolledOut('control');
  }

  async stop(): Promise<void> {
    await removeNamespaces(this.namespace);
    await this.#installation?.uninstall();
  }

  /** kubectl in the world's namespace. */
  kubectl(...words: readonly string[]): Promise<string> {
    return kubectl(this.kubeconfig, ['--namespace', this.namespace, ...words]);
  }

  /** kubectl in the controller's namespace. */
  system(...words: readonly string[]): Promise<string> {
    return kubectl(this.kubeconfig, ['--namespace', system, ...words]);
  }

  async apply(...objects: readonly Manifest[]): Promise<void> {
    const words = ['--namespace', this.namespace, 'apply', '--server-side', '--filename', '-'];
    await kubectl(this.kubeconfig, words, objects);
  }

  async rolledOut(deployment: string): Promise<void> {
    await this.kubectl('rollout', 'status', `deployment/${deployment}`, '--timeout=240s');
  }

  /** Pods that are ready and not about to go. */
  async readyPods(selector: string, namespace = this.namespace): Promise<readonly Pod[]> {
    const words = ['--namespace', namespace, 'get', 'pods', '--selector', selector, '--output=json'];
    const { items }: { readonly items: readonly Pod[] } = JSON.parse(await kubectl(this.kubeconfig, words));
    return items.filter(isReady);
  }

  /** The Envoys of a Gateway that are ready. */
  envoys(gateway: string): Promise<readonly Pod[]> {
    return this.readyPods(`gateway.networking.k8s.io/gateway-name=${gateway}`);
  }

  /** The replicas of the controller that are ready. */
  controllers(): Promise<readonly Pod[]> {
    return this.readyPods(controllerSelector, system);
  }

  /** Waits until so many replicas of the controller are ready, none of them among `others`. */
  async newControllers(count: number, others: readonly Pod[] = []): Promise<readonly Pod[]> {
    const old = new Set(others.map(({ metadata }) => metadata.name));
    return waitFor(`${count} new replicas of the controller`, 120, async () => {
      const fresh = (await this.controllers()).filter(({ metadata }) => !old.has(metadata.name));
      return fresh.length >= count ? fresh : undefined;
    });
  }

  /** The name of the Pod that leads. */
  async leader(): Promise<string> {
    return waitFor('a leader', 30, async () => {
      const path = 'jsonpath={.spec.holderIdentity}';
      return (await this.system('get', 'lease', 'sallyport-leader', '--output', path)) || undefined;
    });
  }

  /** The address of a Gateway, when it says that it is programmed. */
  async address(gateway: string): Promise<string> {
    return waitFor(`an address of Gateway ${gateway}`, 120, async () => {
      const { status = {} } = JSON.parse(await this.kubectl('get', 'gateway', gateway, '--output=json')) as {
        readonly status?: { readonly addresses?: readonly { value: string }[]; readonly conditions?: Condition[] };
      };
      const programmed = status.conditions?.find(({ type }) => type === 'Programmed')?.status === 'True';
      return programmed ? status.addresses?.[0]?.value : undefined;
    });
  }

  /** Waits until a route is served by a Gateway. */
  async served(gateway: string, route: string, seconds = 60): Promise<void> {
    const address = await this.address(gateway);
    await waitFor(`route ${route}`, seconds, async () => (await ask(address, hostOf(route))) === 200 || undefined);
  }

  /** Traffic through a Gateway to the hosts of these routes while something happens, and for a moment before and after. */
  async underLoad(gateway: string, routes: readonly string[], act: (load: Load) => Promise<void>): Promise<Verdict> {
    const address = await this.address(gateway);
    const [control] = await this.readyPods('app=control');
    const to = { address: control?.status.podIP ?? '', port: backendPort };
    const load = startLoad({ address, hosts: routes.map(hostOf), control: to });
    let verdict: Verdict | undefined;
    try {
      await load.goOn(2);
      await act(load);
      await load.goOn(3);
    } finally {
      verdict = await load.stop();
    }
    return verdict;
  }

  /** A figure of all Pods together, by the metrics that they show; 0 where none shows it. */
  async metric(pods: readonly Pod[], port: number, path: string, pattern: RegExp): Promise<number> {
    const texts = await Promise.all(
      pods.map(async ({ status }) => (await fetch(`http://${status.podIP ?? ''}:${port}${path}`)).text()),
    );
    const lines = texts.flatMap((text) => text.split('\n')).filter((line) => pattern.test(line));
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }
}
