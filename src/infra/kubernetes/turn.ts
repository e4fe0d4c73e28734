import { clientCertificate, type ClientCertificateOptions } from '../authority/client-secret.ts';
import type { GatewayIdentity } from '../authority/identity.ts';
import type { KubernetesClient } from './client.ts';
import { differs, marked } from './difference.ts';
import { type KubernetesObject, type KubernetesRef, refOf } from './object.ts';
import { gatewayOf, isOfClass, managedLabels, metadataOf } from './parts.ts';
import { renderCertificate, renderedKinds, renderGateway } from './render.ts';
import type { RenderOptions, WantedGateway } from './wanted.ts';

/** Why what a Gateway needs is not there as it should be. */
export interface InfrastructureProblem {
  /** `Conflict`: something of others has a name that is needed; nothing was touched. */
  readonly reason: 'Conflict' | 'Failed';
  readonly message: string;
}

export interface TurnOptions {
  readonly client: KubernetesClient;
  readonly render: RenderOptions;
  readonly certificates: ClientCertificateOptions;
}

/** What there is of ours in the cluster. */
export type Live = ReadonlyMap<string, KubernetesObject>;

const keyOf = ({ apiVersion, kind, namespace, name }: KubernetesRef) => `${apiVersion}/${kind}/${namespace}/${name}`;

/** Everything that was made for Gateways, whoever they are, but for those whose class is another controller's. */
export async function readLive(client: KubernetesClient, foreignClasses: ReadonlySet<string>): Promise<Live> {
  const lists = await Promise.all(renderedKinds.map((kind) => client.list(kind, managedLabels)));
  const foreign = [...foreignClasses];
  const ours = lists.flat().filter((object) => !foreign.some((className) => isOfClass(object, className)));
  return new Map(ours.map((object) => [keyOf(refOf(object)), object]));
}

async function findConflict(
  objects: readonly KubernetesObject[],
  uid: string,
  live: Live,
  client: KubernetesClient,
): Promise<InfrastructureProblem | undefined> {
  for (const object of objects) {
    const ref = refOf(object);
    const there = live.get(keyOf(ref)) ?? (await client.read(ref));
    if (there === undefined || gatewayOf(there)?.uid === uid) continue;
    const message = `${ref.kind} ${ref.namespace}/${ref.name} is there already and was not made for this Gateway: rename one of them.`;
    return { reason: 'Conflict', message };
  }
  return undefined;
}

/**
 * An autoscaler that comes to a Deployment finds the number of pods that there was. It is held under another name, as
 * a field that its only owner no longer applies falls back to its default, one pod.
 */
async function holdReplicas(deployment: KubernetesObject, client: KubernetesClient): Promise<void> {
  const { apiVersion, kind, metadata, spec } = deployment;
  const replicas: unknown = typeof spec === 'object' && spec !== null ? Reflect.get(spec, 'replicas') : undefined;
  const { name, namespace } = metadata;
  await client.apply({ apiVersion, kind, metadata: { name, namespace }, spec: { replicas } }, 'scale');
}

export interface AppliedGateway {
  /** What stands in the way. */
  readonly problem?: InfrastructureProblem;
  /** When to come again, in milliseconds since 1970. */
  readonly until: number;
  /** Of the objects that are needed. */
  readonly keys: readonly string[];
}

/** Makes what a Gateway needs what it should be. */
export async function applyGateway(
  wanted: WantedGateway,
  live: Live,
  { client, render, certificates }: TurnOptions,
): Promise<AppliedGateway> {
  const { name, namespace } = metadataOf(wanted);
  const at = (apiVersion: string, kind: string) => live.get(keyOf({ apiVersion, kind, namespace, name }));
  const certificate = await clientCertificate(at('v1', 'Secret'), wanted.gateway, certificates);
  const objects = renderGateway(wanted, certificate, render);
  const keys = objects.map((object) => keyOf(refOf(object)));
  const problem = await findConflict(objects, wanted.gateway.uid, live, client);
  if (problem !== undefined) return { problem, until: certificate.renewAt, keys };
  const deployment = at('apps/v1', 'Deployment');
  const scaler = at('autoscaling/v2', 'HorizontalPodAutoscaler');
  if (wanted.template.autoscaling !== undefined && scaler === undefined && deployment !== undefined) {
    await holdReplicas(deployment, client);
  }
  for (const object of objects.map(marked)) {
    if (differs(live.get(keyOf(refOf(object))), object)) await client.apply(object);
  }
  return { until: certificate.renewAt, keys };
}

/** Renews the certificate of a Gateway whose proxies are to stay as they are. */
export async function renewCertificate(
  secret: KubernetesObject,
  gateway: GatewayIdentity,
  { client, certificates }: TurnOptions,
): Promise<number> {
  const certificate = await clientCertificate(secret, gateway, certificates);
  const { name, namespace, labels, annotations, ownerReferences } = secret.metadata;
  const metadata = { name, namespace, labels, annotations, ownerReferences };
  const present = Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined));
  const object = renderCertificate({ name, namespace, ...present }, certificate);
  if (differs(secret, object)) await client.apply(object);
  return certificate.renewAt;
}

/** What was made for Gateways and is no longer needed. */
export function findUnneeded(
  live: Live,
  isNeeded: (key: string, gateway: GatewayIdentity) => boolean,
): readonly { readonly object: KubernetesObject; readonly uid: string; readonly gateway: GatewayIdentity }[] {
  return [...live].flatMap(([key, object]) => {
    const gateway = gatewayOf(object);
    const { uid } = object.metadata;
    return gateway === undefined || uid === undefined || isNeeded(key, gateway) ? [] : [{ object, uid, gateway }];
  });
}
