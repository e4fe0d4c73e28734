import { type Mark, markResource } from './mark.ts';
import type { AdsResource } from './resource.ts';
import type { TypeUrl } from './type-url.ts';

/** One message to a proxy: what it shall have of a type, and what it shall have no more. */
export interface DeltaResponse {
  readonly typeUrl: TypeUrl;
  readonly nonce: string;
  readonly generation: number;
  readonly resources: readonly AdsResource[];
  readonly removed: readonly string[];
  /** On a response of clusters: the mark that goes along. */
  readonly mark?: Mark;
}

/** The field numbers of envoy.service.discovery.v3 and google.protobuf.Any that are written here; all are delimited. */
const field = {
  response: { systemVersionInfo: 1, resources: 2, typeUrl: 4, nonce: 5, removedResources: 6 },
  resource: { version: 1, resource: 2, name: 3 },
  any: { typeUrl: 1, value: 2 },
} as const;

function prefix(number: number, length: number): Buffer {
  const bytes = [(number << 3) | 2];
  let rest = length;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}

function text(number: number, value: string): readonly Buffer[] {
  const bytes = Buffer.from(value);
  return [prefix(number, bytes.length), bytes];
}

function sizeOf(parts: readonly Buffer[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

/** What surrounds a resource's body is the same in every response to every proxy. */
const heads = new WeakMap<AdsResource, Buffer>();

function headOf(resource: AdsResource): Buffer {
  const known = heads.get(resource);
  if (known !== undefined) return known;
  const any = [...text(field.any.typeUrl, resource.typeUrl), prefix(field.any.value, resource.body.length)];
  const inner = [
    ...text(field.resource.version, resource.version),
    ...text(field.resource.name, resource.name),
    prefix(field.resource.resource, sizeOf(any) + resource.body.length),
    ...any,
  ];
  const head = Buffer.concat([prefix(field.response.resources, sizeOf(inner) + resource.body.length), ...inner]);
  heads.set(resource, head);
  return head;
}

/**
 * Writes a DeltaDiscoveryResponse around bodies that are encoded already, copying each once and decoding none; into the
 * room that it is given, or into one of its own.
 */
export function encodeResponse(
  response: DeltaResponse,
  roomFor = (length: number): Buffer => Buffer.allocUnsafe(length),
): Buffer {
  const parts: Buffer[] = [...text(field.response.systemVersionInfo, String(response.generation))];
  for (const resource of response.resources) parts.push(headOf(resource), resource.body);
  if (response.mark !== undefined) {
    const resource = markResource(response.mark);
    parts.push(headOf(resource), resource.body);
  }
  parts.push(...text(field.response.typeUrl, response.typeUrl), ...text(field.response.nonce, response.nonce));
  for (const name of response.removed) parts.push(...text(field.response.removedResources, name));
  const encoded = roomFor(sizeOf(parts));
  let at = 0;
  for (const part of parts) {
    encoded.set(part, at);
    at += part.length;
  }
  return encoded;
}

/** Larger room than this is not kept: few responses need it, after the first. */
const largestRoom = 4 * 1024 * 1024;

/**
 * Gives the same room again and again, for messages that are copied before the next is written. A table of thousands of
 * hosts for each of a thousand proxies is else garbage that makes the collector run.
 */
export function createRoom(): (length: number) => Buffer {
  let room = Buffer.alloc(0);
  return (length) => {
    if (length > largestRoom) return Buffer.allocUnsafeSlow(length);
    if (room.length < length) room = Buffer.allocUnsafeSlow(Math.min(2 * length, largestRoom));
    return room.subarray(0, length);
  };
}

/** A ClusterLoadAssignment or RouteConfiguration of this name with nothing in it: both begin with their name. */
export function emptyResource(typeUrl: TypeUrl, name: string): AdsResource {
  return { typeUrl, name, version: 'empty', body: Buffer.concat(text(1, name)), requires: [] };
}
