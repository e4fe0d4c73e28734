// npm run conformance: a cluster, Sallyport in it as the chart installs it, the suite, and its report in docs/conformance.
import { join } from 'node:path';
import { root } from '../cache.ts';
import { chooseCluster } from '../choose.ts';
import { installCrds } from '../cluster.ts';
import { installSallyport } from '../install.ts';
import { ClusterError, runProgram, tell } from '../run.ts';
import { addressesFor, reportPath, runConformance } from './suite.ts';

async function main(): Promise<void> {
  const { kubeconfig, release } = await chooseCluster(process.env);
  try {
    await installCrds(kubeconfig, 'experimental');
    const installation = await installSallyport(kubeconfig);
    try {
      let ended = 0;
      const { passed, report } = await runConformance({
        kubeconfig,
        ...addressesFor(process.env),
        reportFile: reportPath,
        logFile: join(root, '.cache', 'conformance.log'),
        finished(test, outcome) {
          ended += 1;
          if (outcome === 'FAIL') tell(`${test} failed`);
          else if (ended % 20 === 0) tell(`${ended} tests ended`);
        },
      });
      for (const { name, core, extended } of report.profiles) {
        const counts = `${core.statistics.Passed} core, ${extended?.statistics.Passed ?? 0} extended`;
        process.stdout.write(`${name}: ${core.result}, ${extended?.result ?? 'nothing'}: ${counts} tests passed\n`);
      }
      if (!passed) throw new ClusterError('the conformance suite failed: see .cache/conformance.log');
    } finally {
      await installation.uninstall();
    }
  } finally {
    await release();
  }
}

await runProgram(main);
