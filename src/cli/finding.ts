import type { Finding } from '../control/findings.ts';
import { describeRef } from '../snapshot/object.ts';
import type { Styles } from './terminal.ts';

/** A finding as compilers print them: place, weight, reason; then what it is about and what to do. */
export function renderFinding({ severity, reason, message, object, field, position }: Finding, styles: Styles): string {
  const place =
    position === undefined ? '' : `${styles.bold(`${position.file}:${position.line}:${position.column}`)}  `;
  const weight = severity === 'error' ? styles.red('error') : styles.yellow('warning');
  const about = [object === undefined ? undefined : describeRef(object), field].filter((part) => part !== undefined);
  const subject = about.length === 0 ? '' : `${about.join('  ')}\n  `;
  return `${place}${weight} ${reason}\n  ${subject}${message}`;
}
