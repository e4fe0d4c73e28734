/** Ends a request when its caller gives up or time is over, and never once it is done. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Gives `ms` milliseconds from now. */
  set(ms: number): void;
  /** Gives as long again as the last `set`. */
  renew(): void;
  /**
   * The request is done. A signal that is set later would end the connection, which may carry another request by then.
   */
  release(): void;
}

/** A deadline `ms` milliseconds from now. Whoever makes it releases it. */
export function createDeadline(caller: AbortSignal | undefined, ms: number): Deadline {
  const controller = new AbortController();
  const expire = () => controller.abort(new Error('Nothing was heard from the API server for too long.'));
  const giveUp = () => controller.abort(new Error('The request was given up.'));
  let timer = setTimeout(expire, ms);
  if (caller?.aborted === true) giveUp();
  else caller?.addEventListener('abort', giveUp);
  return {
    signal: controller.signal,
    set(next) {
      clearTimeout(timer);
      timer = setTimeout(expire, next);
    },
    renew: () => void timer.refresh(),
    release() {
      clearTimeout(timer);
      caller?.removeEventListener('abort', giveUp);
    },
  };
}
