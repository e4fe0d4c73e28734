/** Time as the server sees it, so that tests can hold it in hand. */
export interface Clock {
  /** Milliseconds since any fixed moment. */
  now(): number;
  /** Runs `action` once, `delayMs` from now, unless the returned function is called before. */
  schedule(delayMs: number, action: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  schedule: (delayMs, action) => {
    const timer = setTimeout(action, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
