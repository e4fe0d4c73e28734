import { create, toBinary, type DescMessage, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { anyPack, type Any } from '@bufbuild/protobuf/wkt';
import { compareStrings } from '../lib/order.ts';

/** A message as a plain object, its fields optional. */
export type Init<Desc extends DescMessage> = Exclude<MessageInitShape<Desc>, MessageShape<Desc>>;

/** The choice of one of several fields, as a plain object. */
export type OneOf<Desc extends DescMessage, Name extends keyof Init<Desc>> = Exclude<Init<Desc>[Name], undefined>;

/** A message inside an Any, as every extension's configuration is. */
export function packAny<Desc extends DescMessage>(schema: Desc, init: MessageInitShape<Desc>): Any {
  return anyPack(schema, create(schema, init));
}

export function encode<Desc extends DescMessage>(schema: Desc, init: MessageInitShape<Desc>): Uint8Array {
  return toBinary(schema, create(schema, init));
}

/** google.protobuf.Duration of milliseconds. */
export function duration(ms: number): { readonly seconds: bigint; readonly nanos: number } {
  const seconds = Math.floor(ms / 1000);
  return { seconds: BigInt(seconds), nanos: Math.round((ms - seconds * 1000) * 1_000_000) };
}

/** A map field with its keys sorted: maps are written in insertion order, and bytes must not depend on that. */
export function sortedMap<V>(entries: readonly (readonly [string, V])[]): { [key: string]: V } {
  return Object.fromEntries(entries.toSorted((a, b) => compareStrings(a[0], b[0])));
}
