import type { Fields } from '../lib/fields.ts';
import { isBuiltIn, type Kind, kindTable } from '../snapshot/object.ts';
import { type Schema, schemas } from '../snapshot/validate/schema.ts';
import { type AddedDefaults, withoutAddedDefaults } from './added-defaults.ts';
import { groupVersion } from './resource.ts';
import type { RawMetadata, RawObject } from './watch-event.ts';

/** Written by many and read by none of our steps, and large. */
const noisyAnnotations: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'endpoints.kubernetes.io/last-change-trigger-time',
]);

/** Whether the status of a kind is ours to write, so that nothing may follow from it. */
export function writesStatus(kind: Kind): boolean {
  return kind === 'Ingress' || (!isBuiltIn(kind) && kind !== 'ServiceImport');
}

/**
 * The part of an object that translation may read, under the apiVersion and kind in which it is read. What changes
 * without meaning anything for traffic is left out: managed fields, resourceVersion, and the statuses that we write.
 *
 * @param added what the kind's definition in the cluster adds to the one known here
 */
export function contentOf(kind: Kind, raw: RawObject, added?: AddedDefaults): Fields {
  const { group, version } = kindTable[kind];
  const { status, metadata, ...rest } = raw;
  const kept = writesStatus(kind) ? undefined : kind === 'Pod' ? withoutConditions(status) : status;
  const fields = kept === undefined ? rest : { ...rest, status: kept };
  const content: Fields = {
    ...fields,
    apiVersion: groupVersion(group, version),
    kind,
    // What a Node's agents note on it changes all the time, and only its addresses count.
    metadata: kind === 'Node' ? { name: metadata.name } : slimMetadata(metadata, writesStatus(kind)),
  };
  // A newer Kubernetes has fields that are not known here, and Pods have many that nobody reads. Of the kinds whose
  // every field counts, an unknown one is told instead, unless nobody wrote it.
  if (isBuiltIn(kind)) return prune(schemas[kind], content) as Fields;
  return added === undefined ? content : (withoutAddedDefaults(added, content) as Fields);
}

/** Which Pods take requests is told by EndpointSlices; of a Pod itself only its addresses and its end count. */
function withoutConditions(status: unknown): unknown {
  if (typeof status !== 'object' || status === null || !('conditions' in status)) return status;
  const { conditions: _, ...rest } = status;
  return rest;
}

function slimMetadata(metadata: RawMetadata, withGeneration: boolean): Fields {
  const slim: { [field: string]: unknown } = {
    name: metadata.name,
    namespace: metadata.namespace,
    uid: metadata.uid,
    generation: withGeneration ? metadata.generation : undefined,
    creationTimestamp: metadata['creationTimestamp'],
    deletionTimestamp: metadata['deletionTimestamp'],
    labels: metadata['labels'],
    annotations: slimAnnotations(metadata.annotations),
    ownerReferences: metadata['ownerReferences'],
  };
  for (const [field, value] of Object.entries(slim)) if (value === undefined) delete slim[field];
  return slim;
}

function slimAnnotations(annotations: Fields | undefined): Fields | undefined {
  if (annotations === undefined) return undefined;
  const kept = Object.entries(annotations).filter(([key]) => !noisyAnnotations.has(key));
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** The value without what the schema does not name. */
function prune(schema: Schema, value: unknown): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? value : value.map((item: unknown) => prune(items, item));
  }
  if (typeof value !== 'object' || value === null || schema.properties === undefined) return value;
  const pruned: { [key: string]: unknown } = {};
  for (const [key, member] of Object.entries(value)) {
    if (!Object.hasOwn(schema.properties, key)) continue;
    const property = schema.properties[key];
    if (property !== undefined) pruned[key] = prune(property, member);
  }
  return pruned;
}
