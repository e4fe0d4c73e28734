import type { Clock } from '../lib/clock.ts';
import type { ObjectKey, ObjectRef } from '../snapshot/object.ts';

interface Rest {
  /** Asked for meanwhile. */
  ref: ObjectRef | undefined;
  readonly cancel: () => void;
}

/** Objects that are left alone for a while after a write. Who asks for one meanwhile is answered at the end, once. */
export class Rests {
  readonly #ms: number;
  readonly #clock: Clock;
  readonly #over: (key: ObjectKey, ref: ObjectRef) => void;
  readonly #rests = new Map<ObjectKey, Rest>();

  /** `over` is called for what was asked for. With 0 milliseconds nothing rests. */
  constructor(ms: number, clock: Clock, over: (key: ObjectKey, ref: ObjectRef) => void) {
    this.#ms = ms;
    this.#clock = clock;
    this.#over = over;
  }

  begin(key: ObjectKey): void {
    if (this.#ms === 0) return;
    this.#rests.get(key)?.cancel();
    const cancel = this.#clock.schedule(this.#ms, () => {
      const ref = this.#rests.get(key)?.ref;
      this.#rests.delete(key);
      if (ref !== undefined) this.#over(key, ref);
    });
    this.#rests.set(key, { ref: undefined, cancel });
  }

  /** True: the object rests, and is asked for when that is over. */
  hold(key: ObjectKey, ref: ObjectRef): boolean {
    const rest = this.#rests.get(key);
    if (rest !== undefined) rest.ref = ref;
    return rest !== undefined;
  }

  /** The object is gone: what comes under its name later is another. */
  end(key: ObjectKey): void {
    this.#rests.get(key)?.cancel();
    this.#rests.delete(key);
  }

  clear(): void {
    for (const { cancel } of this.#rests.values()) cancel();
    this.#rests.clear();
  }

  /** How many are asked for. */
  asked(): number {
    return [...this.#rests.values()].filter(({ ref }) => ref !== undefined).length;
  }
}
