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
    only('ads-layer', 'ads', ['src/lib/', 'gen/envoy/envoy/service/discovery/'], 'ads sees names and bytes'),
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
