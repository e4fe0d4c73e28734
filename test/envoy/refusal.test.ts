import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answers, prefix, route } from '../fixture/ir.ts';
import { startHttpGateway, type HttpGateway } from './http-gateway.ts';

let gateway: HttpGateway;

beforeAll(async () => {
  const match = { path: { kind: 'RegularExpression', value: '/(unclosed' } as const, headers: [], queryParams: [] };
  gateway = await startHttpGateway({
    hosts: { 'a.test': [route('bad', match, answers(200)), route('good', prefix('/'), answers(200))] },
    clusters: [],
    endpoints: [],
  });
});

afterAll(() => gateway?.stop());

describe('what Envoy refuses', () => {
  it('is seen by these tests', async () => {
    await expect.poll(() => gateway.envoy.refusals).toEqual([expect.stringContaining('missing )')]);
  });

  it('leaves the whole table out', async () => {
    expect((await gateway.get('/')).status).toBe(404);
  });
});
