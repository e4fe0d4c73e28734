import { pino, type Logger } from 'pino';
import { createStyles, useColours } from './terminal.ts';

export type LogFormat = 'text' | 'json';

const levelNames: { readonly [level: number]: string } = {
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

/** One line for people: level, message, and what was given with it. */
function renderLine(line: string, colours: boolean): string {
  const styles = createStyles(colours);
  const { level, msg, time: _, ...rest } = JSON.parse(line) as { level: number; msg?: string; time: number };
  const name = levelNames[level] ?? String(level);
  const paint = level >= 50 ? styles.red : level >= 40 ? styles.yellow : styles.dim;
  const details = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return `${paint(name.padEnd(5))} ${msg ?? ''} ${styles.dim(details.join(' '))}`.trimEnd();
}

/** Our log goes to standard error, so that standard output is for what was asked for. */
export function createLog(level: string, format: LogFormat | undefined): Logger {
  const { stderr } = process;
  if ((format ?? (stderr.isTTY ? 'text' : 'json')) === 'json') return pino({ level, base: null }, pino.destination(2));
  const colours = useColours(stderr);
  return pino({ level, base: null }, { write: (line: string) => stderr.write(`${renderLine(line, colours)}\n`) });
}
