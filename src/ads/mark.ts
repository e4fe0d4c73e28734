import type { Brand } from '../lib/brand.ts';
import type { AdsResource } from './resource.ts';
import { clusterType } from './type-url.ts';

/**
 * How far a server has read what it serves: a decimal number of any length, such as the highest resourceVersion. All
 * servers of a proxy count alike; a later state has a higher mark.
 */
export type Mark = Brand<string, 'Mark'>;

/** Undefined for what is no mark. */
export function parseMark(text: string): Mark | undefined {
  return /^(0|[1-9][0-9]*)$/.test(text) ? (text as Mark) : undefined;
}

/** Whether what `a` stands for was read before what `b` stands for. */
export function isBefore(a: Mark, b: Mark): boolean {
  return a.length === b.length ? a < b : a.length < b.length;
}

/**
 * A cluster without endpoints that nothing uses. Envoy asks for all clusters, and first of all, so that on a new stream
 * it hands the version back before anything is sent; a new version of the same bytes changes nothing in it.
 */
export const markName = 'sallyport-mark';

/** Of the message Cluster only the name, its first field. */
const body = Buffer.concat([Buffer.from([0x0a, markName.length]), Buffer.from(markName)]);

export function markResource(mark: Mark): AdsResource {
  return { typeUrl: clusterType, name: markName, version: mark, body, requires: [] };
}
