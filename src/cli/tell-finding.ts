import type { Finding } from '../control/findings.ts';
import { renderFinding } from './finding.ts';
import type { createLog, LogFormat } from './log.ts';
import { createStyles, useColours } from './terminal.ts';

/** Tells each finding once, as text on a terminal and else in the log. */
export function tellFinding(format: LogFormat | undefined, log: ReturnType<typeof createLog>) {
  const text = (format ?? (process.stderr.isTTY ? 'text' : 'json')) === 'text';
  const styles = createStyles(useColours(process.stderr));
  return (finding: Finding, stands: boolean) => {
    if (text && stands) process.stderr.write(`${renderFinding(finding, styles)}\n`);
    else if (text) process.stderr.write(`${styles.green('settled')} ${finding.reason} ${finding.object?.name ?? ''}\n`);
    else
      log[stands ? (finding.severity === 'error' ? 'error' : 'warn') : 'info']({ ...finding, stands }, finding.message);
  };
}
