import { hostname } from 'node:os';
import { createValidator } from '../../snapshot/validate/validator.ts';
import { runCluster, type RunCluster } from '../../control/run-cluster.ts';
import { clusterOptions, type TranslateOptions } from '../../translate/options.ts';
import { debianOptions } from '../../xds/options.ts';
import { type ClusterChoice, connect } from '../cluster/live.ts';
import { withUsage } from '../load.ts';
import { createLog, type LogFormat } from '../log.ts';
import { aborted, stopSignal } from '../stop-signal.ts';
import { tellFinding } from '../tell-finding.ts';

/** What `sallyport controller` can be told. */
export interface ControllerCommandOptions extends ClusterChoice {
  readonly namespace: string;
  readonly watchNamespace: readonly string[];
  readonly controllerName: string;
  /** Ranges that egress guards beside those that are private everywhere. */
  readonly clusterCidr: readonly string[];
  readonly allowLocalEndpoints?: boolean;
  readonly xdsAddress: string;
  readonly xdsPort: number;
  readonly xdsService?: string;
  readonly peerPort: number;
  readonly healthAddress: string;
  readonly healthPort: number;
  readonly adminPort: number;
  readonly envoyImage: string;
  readonly logLevel: string;
  readonly logFormat?: LogFormat;
}

function translateOptions({
  controllerName,
  clusterCidr,
  allowLocalEndpoints,
}: ControllerCommandOptions): TranslateOptions {
  const { egress } = clusterOptions;
  return {
    ...clusterOptions,
    controllerName,
    allowLocalEndpoints: allowLocalEndpoints ?? clusterOptions.allowLocalEndpoints,
    egress: { ...egress, guardedRanges: [...egress.guardedRanges, ...clusterCidr] },
  };
}

async function start(options: ControllerCommandOptions): Promise<RunCluster> {
  const { namespace } = options;
  const podAddress = process.env['POD_IP'];
  const log = createLog(options.logLevel, options.logFormat);
  // The controller's own namespace holds its authorities and the Gateway of Ingresses.
  const namespaces =
    options.watchNamespace.length === 0 ? undefined : [...new Set([...options.watchNamespace, namespace])];
  return runCluster({
    client: await connect(options),
    validate: createValidator(),
    translate: translateOptions(options),
    xds: debianOptions,
    ...(namespaces === undefined ? {} : { namespaces }),
    log,
    found: tellFinding(options.logFormat, log),
    namespace,
    identity: process.env['POD_NAME'] ?? hostname(),
    xdsListen: { address: options.xdsAddress, port: options.xdsPort },
    render: {
      image: options.envoyImage,
      discovery: { host: options.xdsService ?? `sallyport-xds.${namespace}.svc`, port: options.xdsPort },
      bindAddress: '0.0.0.0',
      defaults: {
        replicas: 1,
        concurrency: 2,
        maxConnections: 50_000,
        maxHeapBytes: 2 ** 30,
        // From three times the 5 s that Envoy keeps for the last of a drain, it closes idle connections before the end.
        drainSeconds: 30,
      },
    },
    ...(podAddress === undefined ? {} : { peer: { ownAddress: podAddress, port: options.peerPort } }),
    health: { address: options.healthAddress, port: options.healthPort },
    admin: { address: '127.0.0.1', port: options.adminPort },
  });
}

/** `sallyport controller`: one replica of the control plane of a cluster, until it is told to stop. */
export function controller(options: ControllerCommandOptions): Promise<void> {
  return withUsage(async () => {
    const signal = stopSignal();
    const running = await start(options);
    await aborted(signal);
    await running.stop();
    return 0;
  });
}
