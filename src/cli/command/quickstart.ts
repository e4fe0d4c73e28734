import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runQuickstart } from '../../quickstart/quickstart.ts';
import { UsageError, withUsage } from '../load.ts';
import { stopSignal } from '../stop-signal.ts';
import { useColours } from '../terminal.ts';
import { runDefaults, startRun } from './run.ts';

/** The example of this package, from the sources as well as from the compiled code. */
function findExample(): string {
  const found = ['../../..', '../../../..']
    .map((up) => join(import.meta.dirname, up, 'examples/quickstart'))
    .find(existsSync);
  if (found === undefined) throw new UsageError('the example is not in this package: name its folder');
  return found;
}

/** `sallyport quickstart`: the example with its small servers, and what to try. */
export function quickstart(folder: string | undefined): Promise<void> {
  return withUsage(async () => {
    const example = folder ?? findExample();
    if (!existsSync(example)) throw new UsageError(`there is no folder ${example}`);
    const outcome = await runQuickstart({
      folder: example,
      bindAddress: runDefaults.bindAddress,
      run: () => startRun([example], { ...runDefaults, accessLog: 'off', logLevel: 'warn', drainTime: 2 }),
      screen: { write: (text) => process.stdout.write(text), colours: useColours(process.stdout) },
      signal: stopSignal(),
      now: () => performance.now(),
    });
    if (!outcome.ok) throw new UsageError(outcome.error);
    return 0;
  });
}
