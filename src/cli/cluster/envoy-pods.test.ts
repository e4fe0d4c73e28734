import { describe, expect, it } from 'vitest';
import { type EnvoyPod, problemOf } from './envoy-pods.ts';

const metadata = { namespace: 'shop', name: 'public-sallyport-1' };
const waiting = (reason: string, message?: string) => ({
  state: { waiting: { reason, ...(message === undefined ? {} : { message }) } },
});
const scheduled = { type: 'PodScheduled', status: 'True' };

describe('why an Envoy does not run', () => {
  it.each<readonly [string, EnvoyPod['status'], string | undefined]>([
    ['nothing is known yet', undefined, undefined],
    ['it starts', { conditions: [scheduled], containerStatuses: [waiting('ContainerCreating')] }, undefined],
    ['it runs', { conditions: [scheduled], containerStatuses: [{ state: {} }] }, undefined],
    [
      'no node has room',
      { conditions: [{ type: 'PodScheduled', status: 'False', message: '0/1 nodes are available.' }] },
      'no node takes it: 0/1 nodes are available.',
    ],
    [
      'there is no such image',
      { containerStatuses: [waiting('ImagePullBackOff', 'Back-off pulling image "envoy:none"')] },
      'ImagePullBackOff: Back-off pulling image "envoy:none"',
    ],
    [
      'it ends again and again',
      {
        containerStatuses: [
          {
            ...waiting('CrashLoopBackOff', 'back-off 10s restarting failed container.'),
            lastState: { terminated: { reason: 'OOMKilled', exitCode: 137 } },
          },
        ],
      },
      'CrashLoopBackOff: back-off 10s restarting failed container. Its last run ended with exit code 137 (OOMKilled).',
    ],
  ])('%s', (_, status, problem) => {
    expect(problemOf({ metadata, ...(status === undefined ? {} : { status }) })).toBe(problem);
  });

  it('is of no interest where it is about to go', () => {
    const status = { containerStatuses: [waiting('CrashLoopBackOff')] };
    expect(problemOf({ metadata: { ...metadata, deletionTimestamp: '2026-01-01T00:00:00Z' }, status })).toBeUndefined();
  });
});
