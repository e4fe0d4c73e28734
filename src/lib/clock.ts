/** Time as a component sees it, so that tests can hold it in hand. */
export interface Clock {
  /** Milliseconds: since 1970 on a wall clock, since any fixed moment on a steady one. */
  now(): number;
  /** Runs `action` once, `delayMs` from now, unless the returned function is called before. */
  schedule(delayMs: number, action: () => void): () => void;
}

function schedule(delayMs: number, action: () => void): () => void {
  const timer = setTimeout(action, delayMs);
  return () => clearTimeout(timer);
}

/** The time of day, which an administrator may set: for what others date, such as certificates. */
export const wallClock: Clock = { now: () => Date.now(), schedule };

/** Never goes back: for how long something took or may take. */
export const steadyClock: Clock = { now: () => performance.now(), schedule };
