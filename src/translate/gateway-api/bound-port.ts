import type { Problem } from '../../resolve/problem.ts';
import type { TranslateOptions } from '../options.ts';

/** Why a port can't be bound here, whoever asks for it. */
export function findBoundPortProblem(
  port: number,
  { portOffset, reservedPorts }: Pick<TranslateOptions, 'portOffset' | 'reservedPorts'>,
): Problem | undefined {
  const bound = port + portOffset;
  const reason = 'PortUnavailable';
  if (bound > 65535) return { reason, message: `Port ${port} would be bound as ${bound}, which is no port.` };
  if (!reservedPorts.includes(bound)) return undefined;
  return { reason, message: `Envoys answer for their own readiness at port ${port}; choose another one.` };
}
