/** A terminal and npm both pass Ctrl-C on, so one press can arrive several times within a moment. */
const samePressMs = 1_000;

/** Aborts at the first SIGINT or SIGTERM; a second one, a moment later, ends the process at once. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  let first: number | undefined;
  const stop = () => {
    const now = performance.now();
    if (first !== undefined && now - first > samePressMs) process.exit(130);
    first ??= now;
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return controller.signal;
}

/** Resolves once the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
