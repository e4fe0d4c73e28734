import { buildBootstrap } from '../bootstrap/bootstrap.ts';
import { discoverySecrets } from '../bootstrap/discovery.ts';
import type { KubernetesObject } from './object.ts';
import { metadataOf } from './parts.ts';
import { parseQuantity } from './quantity.ts';
import type { RenderOptions, WantedGateway } from './wanted.ts';

export const configFolder = '/etc/sallyport/config';
export const certificateFolder = '/etc/sallyport/certificate';
export const runFolder = '/run/sallyport';
export const bootstrapFile = 'bootstrap.json';
/** Where a pod answers for its readiness and its figures. */
export const probePort = 19_001;

/** Envoy stops taking requests before the kernel ends it: what it uses beside its heap is left to it. */
const heapShare = 0.8;

function maxHeapBytes({ template }: WantedGateway, { defaults }: RenderOptions): number {
  const limit = parseQuantity(String(template.resources?.limits?.['memory'] ?? ''));
  return limit === undefined ? defaults.maxHeapBytes : Math.floor(limit * heapShare);
}

/** The files that an Envoy starts with. */
export function renderConfigMap(wanted: WantedGateway, options: RenderOptions): KubernetesObject {
  const { host, port } = options.discovery;
  const bootstrap = buildBootstrap({
    discovery: { kind: 'Tls', host, port, configFolder },
    adminSocket: `${runFolder}/admin.sock`,
    probes: { address: options.bindAddress, port: probePort },
    maxConnections: wanted.template.maxConnections ?? options.defaults.maxConnections,
    maxHeapBytes: maxHeapBytes(wanted, options),
  });
  const secrets = discoverySecrets({
    folder: certificateFolder,
    certificate: 'tls.crt',
    key: 'tls.key',
    authorities: 'ca.crt',
    serverName: host,
  });
  const files = [[bootstrapFile, bootstrap] as const, ...secrets];
  const data = Object.fromEntries(files.map(([name, content]) => [name, JSON.stringify(content)]));
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadataOf(wanted), data };
}
