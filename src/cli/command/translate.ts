import { stringify } from 'yaml';
import { dumpResources } from '../../xds/dump.ts';
import { load, UsageError, withUsage } from '../load.ts';

export interface TranslateCommandOptions {
  readonly ir?: boolean;
  readonly gateway?: string;
  readonly type?: 'listeners' | 'routes' | 'clusters' | 'endpoints' | 'secrets';
  readonly output: 'yaml' | 'json';
}

const typeNames = {
  listeners: 'envoy.config.listener.v3.Listener',
  routes: 'envoy.config.route.v3.RouteConfiguration',
  clusters: 'envoy.config.cluster.v3.Cluster',
  endpoints: 'envoy.config.endpoint.v3.ClusterLoadAssignment',
  secrets: 'envoy.extensions.transport_sockets.tls.v3.Secret',
} as const;

function outcome(paths: readonly string[], options: TranslateCommandOptions): unknown {
  const { result } = load(paths, new Date());
  const { gateways } = result.translation.ir;
  const chosen = gateways.filter(({ name }) => options.gateway === undefined || name === options.gateway);
  if (chosen.length === 0 && options.gateway !== undefined) {
    const known = gateways.map(({ name }) => name).join(', ') || 'none';
    throw new UsageError(`there is no Gateway ${options.gateway}; there is ${known}`);
  }
  if (options.ir === true) return { gateways: chosen };
  return Object.fromEntries(
    chosen.map(({ name }) => {
      const dumped = dumpResources(result.resources.get(name) ?? new Map());
      return [name, options.type === undefined ? dumped : (dumped[typeNames[options.type]] ?? {})];
    }),
  );
}

/** `sallyport translate`: what manifests come to, private keys covered. */
export function translateCommand(paths: readonly string[], options: TranslateCommandOptions): Promise<void> {
  return withUsage(() => {
    // Through JSON, which is where keys cover themselves.
    const json = JSON.stringify(outcome(paths, options), undefined, 2);
    const text =
      options.output === 'json' ? `${json}\n` : stringify(JSON.parse(json), { aliasDuplicateObjects: false });
    process.stdout.write(text);
    return 0;
  });
}
