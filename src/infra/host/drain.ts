import { setTimeout as delay } from 'node:timers/promises';
import { askAdmin } from './admin-client.ts';

/**
 * What Envoy still works on, from the lines of its `/stats`: requests, and connections that carry no HTTP. Idle HTTP
 * connections are not work, and neither is the admin interface that answers this very question.
 */
export function countActive(stats: string): number {
  let requests = 0;
  let connections = 0;
  for (const [, kind, name, what, count] of stats.matchAll(
    /^(http|listener)\.(.+)\.downstream_(rq|cx)_active: (\d+)$/gm,
  )) {
    if (name === 'admin' || name?.includes('.worker_') || name?.includes('admin.main_thread')) continue;
    if (what === 'rq') requests += Number(count);
    else connections += kind === 'listener' ? Number(count) : -Number(count);
  }
  return requests + Math.max(0, connections);
}

/** Asks the connections of an Envoy to end, and waits for what is at work, `drainMs` milliseconds at the longest. */
export async function drainEnvoy(adminSocket: string, drainMs: number): Promise<void> {
  const { status } = await askAdmin(adminSocket, 'POST', '/drain_listeners?graceful&skip_exit');
  if (status !== 200) return;
  const limit = performance.now() + drainMs;
  while (performance.now() < limit) {
    const answer = await askAdmin(adminSocket, 'GET', '/stats?filter=downstream_(rq|cx)_active');
    if (answer.status === 200 && countActive(answer.body) === 0) return;
    await delay(50);
  }
}
