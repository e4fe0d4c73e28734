import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import packageFile from '../../package.json' with { type: 'json' };
import { formatIpRange, parseIpRange } from '../lib/ip-range.ts';
import type { CheckCommandOptions } from './command/check.ts';
import type { ControllerCommandOptions } from './command/controller.ts';
import type { ExplainCommandOptions } from './command/explain.ts';
import type { StatusCommandOptions } from './command/status.ts';
import type { WaitCommandOptions } from './command/wait.ts';
import type { RunCommandOptions } from './command/run.ts';
import type { TranslateCommandOptions } from './command/translate.ts';
import { completionShells } from './completion.ts';

/** The exit code of a command line that was not understood; undefined for errors that are ours. */
export function usageExitCode(error: unknown): number | undefined {
  if (!(error instanceof CommanderError)) return undefined;
  return error.exitCode === 0 ? 0 : 2;
}

function integer(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new InvalidArgumentError(`give a whole number from ${least} to ${most}.`);
    }
    return value;
  };
}

/** Ranges one after the other, each of which can be read. */
function cidr(text: string, previous: readonly string[]): readonly string[] {
  const range = parseIpRange(text);
  if (!range.ok) throw new InvalidArgumentError(`${range.error}.`);
  return [...previous, formatIpRange(range.value)];
}

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}

const output = (...choices: readonly string[]) =>
  new Option('-o, --output <format>', 'how to print').choices([...choices]).default('text');

const kubeconfigOption = () =>
  new Option('--kubeconfig <file>', 'where the API server is; as kubectl finds it unless given');
const controllerNameOption = () =>
  new Option('--controller-name <name>', 'with --cluster: whose GatewayClasses are served').default(
    'sallyport.dev/gateway-controller',
  );
const contextOption = () => new Option('--context <name>', 'a context of the kubeconfig');

function addRun(program: Command): void {
  program
    .command('run')
    .description('serve what files and folders say, and follow their changes')
    .argument('<path...>', 'files and folders of manifests')
    .option('--admin <address:port>', 'where health, metrics and dumps are shown, or "off"', '127.0.0.1:9901')
    .option('--bind-address <address>', 'where listeners bind unless their Gateway asks for an address', '127.0.0.1')
    .option('--port-offset <number>', 'added to the port of every listener', integer(0, 65_000), 0)
    .option('--concurrency <threads>', 'worker threads of each Envoy', integer(1, 256), 2)
    .option('--max-connections <number>', 'connections over all listeners of an Envoy', integer(1, 10_000_000), 50_000)
    .option('--drain-time <seconds>', 'how long open requests may take when stopping', integer(0, 3_600), 10)
    .option('--access-log <where>', '"stdout", "off" or a file', 'stdout')
    .addOption(new Option('--log-level <level>').choices(['debug', 'info', 'warn', 'error']).default('info'))
    .addOption(new Option('--log-format <format>', 'text on a terminal, else json').choices(['text', 'json']))
    .addHelpText(
      'after',
      '\nExamples:\n  sallyport run examples/quickstart\n  sallyport run --port-offset 10000 manifests/ extra.yaml',
    )
    .action(async (paths: string[], options: RunCommandOptions) =>
      (await import('./command/run.ts')).run(paths, options),
    );
}

function addController(program: Command): void {
  program
    .command('controller')
    .description('serve the Gateways of a cluster; as a Pod, or from outside with a kubeconfig')
    .option('--kubeconfig <file>', 'where the API server is; as kubectl finds it, or as a Pod, unless given')
    .option('--context <name>', 'a context of the kubeconfig')
    .addOption(
      new Option('--namespace <name>', 'where the controller runs').env('POD_NAMESPACE').default('sallyport-system'),
    )
    .option('--watch-namespace <name>', 'read only this namespace; may be repeated', collect, [] as readonly string[])
    .option('--controller-name <name>', 'as in GatewayClasses', 'sallyport.dev/gateway-controller')
    .option(
      '--cluster-cidr <range>',
      'addresses of Services, Pods or nodes, which egress calls only where a rule names them; may be repeated',
      cidr,
      [] as readonly string[],
    )
    .option('--allow-local-endpoints', 'use endpoints on loopback, link-local and metadata addresses, and on nodes')
    .option('--xds-address <address>', 'where discovery is served', '0.0.0.0')
    .option('--xds-port <port>', 'the port of discovery', integer(0, 65_535), 18_000)
    .option(
      '--xds-service <host>',
      'the name that proxies reach discovery by; sallyport-xds.NAMESPACE.svc unless given',
    )
    .option('--peer-port <port>', 'where replicas listen to one another', integer(1, 65_535), 18_001)
    .option('--health-address <address>', 'where health and metrics are shown', '0.0.0.0')
    .option('--health-port <port>', 'the port of health and metrics', integer(0, 65_535), 9902)
    .option('--admin-port <port>', 'the port of dumps, on 127.0.0.1', integer(0, 65_535), 9901)
    .option('--envoy-image <image>', 'the image of the proxies', 'docker.io/sallyport/envoy:1.40.0')
    .addOption(new Option('--log-level <level>').choices(['debug', 'info', 'warn', 'error']).default('info'))
    .addOption(new Option('--log-format <format>', 'text on a terminal, else json').choices(['text', 'json']))
    .addHelpText('after', '\nExample:\n  sallyport controller --kubeconfig ~/.kube/config --namespace sallyport-system')
    .action(async (options: ControllerCommandOptions) => (await import('./command/controller.ts')).controller(options));
}

function withController(command: Command): Command {
  return command
    .addOption(kubeconfigOption())
    .addOption(contextOption())
    .option('-n, --namespace <name>', 'the namespace of the object; that of the kubeconfig unless given')
    .option('--controller-namespace <name>', 'where the controller runs', 'sallyport-system')
    .addOption(new Option('--admin-port <port>').argParser(integer(1, 65_535)).default(9901).hideHelp())
    .addOption(output('text', 'json'));
}

function addClusterReaders(program: Command): void {
  withController(program.command('status'))
    .description('say what a cluster serves: replicas, Gateways, Envoys, or where one object is live')
    .argument('[kind/name]', 'an object')
    .addHelpText(
      'after',
      '\nExit code 0: all is well; 1: something is not.\n\nExamples:\n  sallyport status\n  sallyport status httproute/cart -n shop',
    )
    .action(async (object: string | undefined, options: StatusCommandOptions) =>
      (await import('./command/status.ts')).status(object, options),
    );
  withController(program.command('wait'))
    .description('wait until every Envoy serves an object as it is now, or say why not')
    .argument('<kind/name>', 'an object')
    .option('--timeout <seconds>', 'how long to wait', integer(0, 86_400), 30)
    .addHelpText(
      'after',
      '\nWhat is wrong with it is told at once, and may be put right while it waits. What does not exist is not waited for.\n\nExit code 0: every Envoy serves it; 1: not within the time; 2: no controller can be asked.\n\nExample:\n  kubectl apply -f cart.yaml && sallyport wait httproute/cart -n shop',
    )
    .action(async (object: string, options: WaitCommandOptions) =>
      (await import('./command/wait.ts')).wait(object, options),
    );
}

function addQuickstart(program: Command): void {
  program
    .command('quickstart')
    .description('run the example, with its small servers, and say what to try')
    .argument('[folder]', 'the example; the one of this package unless given')
    .addHelpText('after', '\nExample:\n  sallyport quickstart')
    .action(async (folder: string | undefined) => (await import('./command/quickstart.ts')).quickstart(folder));
}

function addReaders(program: Command): void {
  program
    .command('check')
    .description('say what is wrong with manifests, and what becomes of each object')
    .argument('<path...>', 'files and folders of manifests')
    .option('--cluster', 'as if they were applied to the cluster that kubectl would take')
    .addOption(controllerNameOption())
    .addOption(kubeconfigOption())
    .addOption(contextOption())
    .addOption(output('text', 'json'))
    .addHelpText(
      'after',
      '\nExit code 0: nothing is wrong; 1: there are errors, or with --cluster rules that would get no request;\n2: the command line was not understood.\n\nExamples:\n  sallyport check manifests/\n  sallyport check --cluster cart.yaml',
    )
    .action(async (paths: string[], options: CheckCommandOptions) =>
      (await import('./command/check.ts')).check(paths, options),
    );
  program
    .command('translate')
    .description('print what manifests are translated to; keys are covered')
    .argument('<path...>', 'files and folders of manifests')
    .addOption(new Option('--xds', 'Envoy resources, which is the default').conflicts('ir'))
    .addOption(new Option('--ir', 'the model between Kubernetes and Envoy').conflicts('xds'))
    .option('--gateway <namespace/name>', 'only this Gateway')
    .addOption(
      new Option('--type <type>', 'only these resources').choices([
        'listeners',
        'routes',
        'clusters',
        'endpoints',
        'secrets',
      ]),
    )
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['yaml', 'json']).default('yaml'))
    .addHelpText(
      'after',
      '\nExamples:\n  sallyport translate manifests/ --type routes\n  sallyport translate manifests/ --ir -o json',
    )
    .action(async (paths: string[], options: TranslateCommandOptions) =>
      (await import('./command/translate.ts')).translateCommand(paths, options),
    );
}

function addExplain(program: Command): void {
  program
    .command('explain')
    .description('say which listener, route and rules a request meets, and why the others lost')
    .argument('<path...>', 'files and folders of manifests, then METHOD and URL')
    .usage('[options] PATH... METHOD URL')
    .option('--cluster', 'the cluster that kubectl would take, in place of files')
    .addOption(controllerNameOption())
    .addOption(kubeconfigOption())
    .addOption(contextOption())
    .option('-H, --header <name:value>', 'a header of the request; may be repeated', collect, [] as readonly string[])
    .option('--gateway <namespace/name>', 'only this Gateway')
    .option('--from <pod>', 'explain a call that leaves: the caller, as namespace/pod or an address')
    .option('--sni <name>', 'the server name of the TLS handshake, where it is not the host of the URL')
    .addOption(output('text', 'json'))
    .addHelpText(
      'after',
      `
Examples:
  sallyport explain manifests/ GET https://shop.example.com/cart/7 -H 'x-canary: yes'
  sallyport explain manifests/ POST http://api.example.com/charge --from shop/checkout
  sallyport explain --cluster GET https://shop.example.com/cart/7
  sallyport explain manifests/ CONNECT api.example.com:443 --from 10.1.2.3`,
    )
    .action(async (words: string[], options: ExplainCommandOptions) =>
      (await import('./command/explain.ts')).explain(words, options),
    );
  program
    .command('test')
    .description('try test files against the manifests that they name; no Envoy is needed')
    .argument('<file...>', 'test files')
    .addOption(output('text', 'json', 'junit'))
    .addHelpText(
      'after',
      '\nExit code 0: all is as expected; 1: something is not; 2: a test file was not understood.\n\nExamples:\n  sallyport test tests/*.yaml\n  sallyport test tests/cart.yaml -o junit > report.xml',
    )
    .action(async (files: string[], options: { readonly output: 'text' | 'json' | 'junit' }) =>
      (await import('./command/test.ts')).test(files, options),
    );
}

/** All commands. Each loads its code when it is called, so that help and completion are quick. */
export function createProgram(): Command {
  const program = new Command('sallyport')
    .description('One control plane for all traffic of Kubernetes, over real Envoy.')
    .version(packageFile.version, '-V, --version')
    .showSuggestionAfterError()
    .showHelpAfterError('(add --help for what can be given)')
    .exitOverride();
  addRun(program);
  addController(program);
  addClusterReaders(program);
  addReaders(program);
  addExplain(program);
  addQuickstart(program);
  program
    .command('version')
    .description('print the version')
    .addHelpText('after', '\nExample:\n  sallyport version')
    .action(() => void process.stdout.write(`${packageFile.version}\n`));
  program
    .command('completion')
    .description('print the completion script of a shell')
    .addArgument(program.createArgument('<shell>', 'the shell').choices([...completionShells]))
    .addHelpText('after', '\nExample:\n  source <(sallyport completion bash)')
    .action(async (shell: string) => {
      const { renderCompletion } = await import('./completion.ts');
      process.stdout.write(renderCompletion(program, shell));
    });
  return program;
}
