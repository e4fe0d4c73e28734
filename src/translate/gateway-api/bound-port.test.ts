import { expect, it } from 'vitest';
import { probePort } from '../../infra/kubernetes/config-map.ts';
import { clusterOptions, standaloneOptions } from '../options.ts';
import { findBoundPortProblem } from './bound-port.ts';

it('keeps the port at which the Envoys of a cluster answer for their readiness', () => {
  expect(findBoundPortProblem(probePort, clusterOptions)).toMatchObject({ reason: 'PortUnavailable' });
  expect(findBoundPortProblem(probePort, standaloneOptions)).toBeUndefined();
  expect(findBoundPortProblem(80, clusterOptions)).toBeUndefined();
});

it('compares the port that is bound', () => {
  expect(findBoundPortProblem(60_000, { portOffset: 10_000, reservedPorts: [] })?.message).toContain('70000');
  expect(findBoundPortProblem(80, { portOffset: 10_000, reservedPorts: [10_080] })).toBeDefined();
});
