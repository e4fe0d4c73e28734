import type { Requirement } from './resource.ts';

/** Of more proxies than this the oldest are forgotten: a removal too few is better than memory without bound. */
const limit = 1_000;

/**
 * What each proxy of a group may have without saying so when it comes back. A proxy is told by its node id: a wrong one
 * costs a few resources sent for nothing.
 */
export class Doubts {
  readonly #byNode = new Map<string, readonly Requirement[]>();

  of(nodeId: string): readonly Requirement[] {
    return this.#byNode.get(nodeId) ?? [];
  }

  /** Replaces what is known: a stream takes over what the one before it left. */
  set(nodeId: string, doubts: readonly Requirement[]): void {
    this.#byNode.delete(nodeId);
    if (doubts.length > 0) this.#byNode.set(nodeId, doubts);
    const [oldest] = this.#byNode.keys();
    if (this.#byNode.size > limit && oldest !== undefined) this.#byNode.delete(oldest);
  }
}
