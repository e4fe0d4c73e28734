import { request, type Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** One request over a kept connection; the status, or 0 where it failed. */
export function ask(agent: Agent, port: number, host: string, address = '127.0.0.1'): Promise<number> {
  return new Promise((resolve) => {
    const sent = request({ agent, host: address, port, headers: { host }, timeout: 5_000 }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
      response.on('error', () => resolve(0));
    });
    sent.on('timeout', () => sent.destroy(new Error('timeout')));
    sent.on('error', () => resolve(0));
    sent.end();
  });
}

/** Asks each millisecond until the answer is 200; milliseconds from `start` (of performance.now) to then. */
export async function untilServed(
  agent: Agent,
  port: number,
  host: string,
  start: number,
  address?: string,
): Promise<number> {
  const limit = start + 60_000;
  while (performance.now() < limit) {
    if ((await ask(agent, port, host, address)) === 200) return performance.now() - start;
    await delay(1);
  }
  throw new Error(`${host} was not served within a minute`);
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
