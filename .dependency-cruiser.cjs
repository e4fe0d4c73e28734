// The direction of imports between the stages (ARCHITECTURE.md). `test/layers.test.ts` shows that the rules can fail.
const only = (name, folder, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: `^src/${folder}/`, pathNot: '\\.test\\.ts$' },
  to: { path: '^(src|gen)/', pathNot: [`^src/${folder}/`, ...allowed.map((path) => `^${path}`)] },
});

const pure = '^src/(lib|ir|resolve|translate|xds|explain)/';

module.exports = {
  forbidden: [
    only('lib-imports-nothing', 'lib', [], 'lib has no domain words'),
    only('ir-imports-lib', 'ir', ['src/lib/'], 'the model depends on no stage'),
    only('snapshot-layer', 'snapshot', ['src/lib/', 'gen/kubernetes/'], 'objects know no later stage'),
    only('resolve-layer', 'resolve', ['src/(lib|ir|snapshot)/', 'gen/kubernetes/'], 'references know no later stage'),
    only(
      'translate-layer',
      'translate',
      ['src/(lib|ir|snapshot|resolve)/', 'gen/kubernetes/'],
      'translation never sees an Envoy message',
    ),
    only('xds-layer', 'xds', ['src/(lib|ir|ads)/', 'gen/envoy/'], 'xds never sees a Kubernetes type'),
    only('kube-layer', 'kube', ['src/(lib|snapshot)/', 'gen/kubernetes/'], 'talking to the API server decides nothing'),
    {
      name: 'only-kube-talks-to-the-api-server',
      comment: 'credentials and the models of the whole API stay in one folder',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/kube/' },
      to: { path: '@kubernetes/client-node' },
    },
    only('ads-layer', 'ads', ['src/lib/', 'gen/envoy/envoy/service/discovery/'], 'ads sees names and bytes'),
    only('peer-layer', 'peer', ['src/lib/'], 'replicas pass lines, whatever they mean'),
    only('status-layer', 'status', ['src/(lib|snapshot)/'], 'statuses are written, not made, here'),
    only('bootstrap-layer', 'infra/bootstrap', ['src/(lib|xds)/'], 'one file for every kind of host'),
    only('host-layer', 'infra/host', ['src/lib/', 'src/infra/bootstrap/'], 'processes know no object'),
    only(
      'infrastructure-layer',
      'infra/kubernetes',
      ['src/(lib|ir)/', 'src/infra/(authority|bootstrap)/', 'gen/kubernetes/'],
      'objects are rendered here and applied through a client that is given',
    ),
    only(
      'authority-layer',
      'infra/authority',
      ['src/(lib|ir)/', 'src/infra/kubernetes/(client|object)\\.ts$'],
      'certificates know of a cluster that it keeps Secrets',
    ),
    only('explain-layer', 'explain', ['src/(lib|ir|translate|snapshot)/'], 'requests are judged by the model alone'),
    only('admin-layer', 'admin', ['src/lib/'], 'what is shown is made elsewhere'),
    only(
      'quickstart-layer',
      'quickstart',
      ['src/(lib|snapshot)/', 'gen/kubernetes/'],
      'the example is objects and small servers',
    ),
    {
      name: 'commands-are-on-top',
      comment: 'everything runs without a command line',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/cli/', '\\.test\\.ts$'] },
      to: { path: '^src/cli/' },
    },
    only(
      'control-layer',
      'control',
      ['src/(lib|ir|snapshot|kube|resolve|translate|xds|ads|peer|status|infra|admin)/', 'gen/'],
      'stages are wired here, and nothing of commands',
    ),
    {
      name: 'pure-stages-have-no-effects',
      comment: 'from the snapshot to the resources nothing reads a file, a socket or a log',
      severity: 'error',
      from: { path: pure, pathNot: '\\.test\\.ts$' },
      to: {
        path: '^(node:)?(fs|fs/promises|child_process|http|http2|https|dgram|worker_threads|timers|timers/promises)$|pino|prom-client|grpc-js',
      },
    },
    {
      name: 'no-cycles',
      comment: 'a cycle has no first file to read',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.js'], conditionNames: ['import', 'node', 'default'] },
  },
};
