import type { Logger } from 'pino';

/** Makes Envoy write its own log in a form that is read back below: level, logger, text. */
export const envoyLogFormat = '%l\t%n\t%v';

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

const levels: { readonly [name: string]: Level } = {
  trace: 'trace',
  debug: 'debug',
  info: 'debug', // Envoy's info tells of each listener and cluster; ours is for what an operator has to know.
  warning: 'warn',
  error: 'error',
  critical: 'fatal',
};

/** Splits a stream of bytes into lines. */
export function createLineReader(take: (line: string) => void): (chunk: Buffer) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') take(line);
  };
}

/** Takes a line of Envoy's log into ours, at its level. A line of another form goes on with the one before it. */
export function mergeEnvoyLine(log: Logger, line: string): void {
  const [level = '', name, ...text] = line.split('\t');
  const ours = levels[level];
  if (ours === undefined || name === undefined) log.debug(line);
  else log[ours]({ envoy: name }, text.join('\t'));
}
