import { fromBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { DeltaDiscoveryResponseSchema } from '../../gen/envoy/envoy/service/discovery/v3/discovery_pb.js';
import type { AdsResource } from './resource.ts';
import { createRoom, encodeResponse } from './response.ts';
import { clusterType } from './type-url.ts';

function resource(name: string, length: number): AdsResource {
  return { typeUrl: clusterType, name, version: `v-${name}`, body: Buffer.alloc(length, name), requires: [] };
}

// Lengths take one byte up to 127, two up to 16,383, three after.
test.each([0, 1, 100, 127, 128, 16_383, 16_384, 70_000])('a body of %i bytes comes through', (length) => {
  const resources = [resource('a', length), resource('ü'.repeat(80), length)];
  const response = { typeUrl: clusterType, nonce: '7.1', generation: 7, resources, removed: ['gone', 'away'] };
  const decoded = fromBinary(DeltaDiscoveryResponseSchema, encodeResponse(response));
  expect(decoded).toMatchObject({
    systemVersionInfo: '7',
    typeUrl: clusterType,
    nonce: '7.1',
    removedResources: ['gone', 'away'],
  });
  expect(decoded.$unknown).toBeUndefined();
  expect(decoded.resources.map(({ name, version }) => ({ name, version }))).toEqual(
    resources.map(({ name, version }) => ({ name, version })),
  );
  for (const [index, { resource: any }] of decoded.resources.entries()) {
    expect(any?.typeUrl).toBe(clusterType);
    expect(Buffer.from(any?.value ?? []).equals(resources[index]?.body ?? Buffer.alloc(0))).toBe(true);
  }
});

test.each([1, 5_000, 3_000_000, 5_000_000])('room for %i bytes is as long, also after other room', (length) => {
  const room = createRoom();
  expect([10, length, 10, length].map((wanted) => room(wanted).length)).toEqual([10, length, 10, length]);
});
