import { isLive, renderLiveness, renderProblems } from '../cluster/render-liveness.ts';
import { exists } from '../cluster/live.ts';
import { findObjectArgument } from '../cluster/object-argument.ts';
import { askLiveness, type ControllerChoice, findReplicas } from '../cluster/replicas.ts';
import { withUsage } from '../load.ts';
import { createStyles, useColours } from '../terminal.ts';

export interface WaitCommandOptions extends ControllerChoice {
  /** Of the object; absent: that of the kubeconfig. */
  readonly namespace?: string;
  /** Seconds. */
  readonly timeout: number;
  readonly output: 'text' | 'json';
}

const pollMs = 250;

/**
 * `sallyport wait KIND/NAME`: returns when every Envoy serves the object as it is now, or says why not. What is wrong
 * is told at once and may be put right while it waits; what does not exist is not waited for.
 */
export function wait(text: string, options: WaitCommandOptions): Promise<void> {
  return withUsage(async () => {
    const ref = await findObjectArgument(text, options);
    const [isThere, replicas] = await Promise.all([exists(options, ref), findReplicas(options)]);
    const deadline = Date.now() + (isThere ? options.timeout * 1000 : 0);
    let told = '';
    for (;;) {
      const liveness = await askLiveness(replicas, ref);
      const done = isLive(liveness);
      if (done || Date.now() >= deadline) {
        const styles = createStyles(useColours(process.stdout));
        const json = JSON.stringify(liveness, undefined, 2);
        process.stdout.write(`${options.output === 'json' ? json : renderLiveness(liveness, styles)}\n`);
        return done ? 0 : 1;
      }
      const problems = renderProblems(liveness, createStyles(useColours(process.stderr)));
      if (problems !== told && problems !== '')
        process.stderr.write(`waiting, as this may be put right:\n${problems}\n`);
      told = problems;
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  });
}
