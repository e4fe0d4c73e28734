import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { addressesFor, type ConformanceRun, reportPath, runConformance } from './conformance/suite.ts';
import { installCrds } from './cluster.ts';
import { installSallyport, type Installation } from './install.ts';

const kubeconfig = inject('kubeconfig');

/** Tests of each profile in release 1.6.1 of the suite: core and extended. */
const wanted: readonly (readonly [string, number, number])[] = [
  ['GATEWAY-HTTP', 37, 57],
  ['GATEWAY-GRPC', 15, 10],
  ['GATEWAY-TLS', 20, 15],
  ['GATEWAY-TCP', 19, 10],
  ['GATEWAY-UDP', 20, 10],
];

describe('the conformance suite of the Gateway API', () => {
  let installation: Installation | undefined;
  let folder: string;
  let run: ConformanceRun;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sallyport-conformance-'));
    await installCrds(kubeconfig, 'experimental');
    installation = await installSallyport(kubeconfig);
    run = await runConformance({
      kubeconfig,
      ...addressesFor(process.env),
      reportFile: reportPath,
      logFile: join(folder, 'log'),
    });
  }, 1_800_000);

  afterAll(async () => {
    await installation?.uninstall();
    await rm(folder, { recursive: true, force: true });
  });

  it('passes', () => {
    expect([...run.tests].filter(([, outcome]) => outcome === 'FAIL')).toEqual([]);
    expect(run.passed).toBe(true);
  });

  it.each(wanted)('passes every test of %s, with no feature declared unsupported', (name, core, extended) => {
    const profile = run.report.profiles.find((entry) => entry.name === name);
    expect(profile?.core).toMatchObject({ result: 'success', statistics: { Passed: core, Failed: 0, Skipped: 0 } });
    expect(profile?.extended).toMatchObject({
      result: 'success',
      statistics: { Passed: extended, Failed: 0, Skipped: 0 },
    });
    expect(profile?.extended?.unsupportedFeatures ?? []).toEqual([]);
  });

  it('skips no test but those of the mesh', () => {
    const skipped = [...run.tests].filter(([test, outcome]) => outcome === 'SKIP' && !test.startsWith('Mesh'));
    expect(skipped).toEqual([]);
  });
});
