import type { Logger } from 'pino';

/** Makes Envoy write each message of its own log as one line of JSON, which is read back below. */
export const envoyLogFormat = '{"level":"%l","component":"%n","message":"%j"}';

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

const levels: ReadonlyMap<string, Level> = new Map([
  ['trace', 'trace'],
  ['debug', 'debug'],
  ['info', 'debug'], // Envoy's info tells of each listener and cluster; ours is for what an operator has to know.
  ['warning', 'warn'],
  ['error', 'error'],
  ['critical', 'fatal'],
]);

/**
 * Warnings that nobody who runs Sallyport can act on: on fields that we have chosen knowingly, on ends that we brought
 * about, and on the control plane's own restarts, which the supervision tells better.
 */
const knownNoise: readonly RegExp[] = [
  /^message '.*' is contained in proto file '.*' marked as work-in-progress/,
  /^Deprecated field: /,
  /^caught ENVOY_SIGTERM/,
  /^DeltaAggregatedResources gRPC config stream to xds closed/,
  // What is refused comes back as the answer to it, and is told with the object that it is about.
  /config rejected: |config for .* rejected: |failed to bind or apply socket options: /,
];

/** Splits a stream of bytes into lines. */
export function createLineReader(take: (line: string) => void): (chunk: Buffer) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') take(line);
  };
}

interface EnvoyLine {
  readonly level: string;
  readonly component: string;
  readonly message: string;
}

/** Whether a value is what `envoyLogFormat` asks for: a library that Envoy links may write lines of its own. */
function isEnvoyLine(value: unknown): value is EnvoyLine {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['level', 'component', 'message'].every((name) => typeof Reflect.get(value, name) === 'string')
  );
}

function parseLine(line: string): EnvoyLine | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    return isEnvoyLine(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** Takes a line of Envoy's log into ours, at its level. What is no line of its log, such as a crash, is a warning. */
export function mergeEnvoyLine(log: Logger, line: string): void {
  const parsed = parseLine(line);
  if (parsed === undefined) return log.warn(line);
  const { level, component, message } = parsed;
  const ours = knownNoise.some((pattern) => pattern.test(message)) ? 'debug' : (levels.get(level) ?? 'warn');
  log[ours]({ envoy: component }, message.trim());
}
