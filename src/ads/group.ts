import { Doubts } from './doubts.ts';
import type { Generation } from './generation.ts';
import type { ProxyStream } from './stream.ts';

/** The proxies of one Gateway: what they are to have, and what is known of them from one stream to the next. */
export class Group {
  readonly streams = new Set<ProxyStream>();
  generation: Generation | undefined;
  doubts = new Doubts();
  /** The nodes that are about to go. */
  readonly #draining = new Set<string>();

  isDraining(nodeId: string): boolean {
    return this.#draining.has(nodeId);
  }

  publish(generation: Generation): void {
    this.generation = generation;
    for (const stream of this.streams) stream.publish(generation);
  }

  setDraining(nodeId: string, isDraining: boolean): void {
    if (isDraining) this.#draining.add(nodeId);
    else this.#draining.delete(nodeId);
    for (const stream of this.streams) if (stream.proxy.nodeId === nodeId) stream.setDraining(isDraining);
  }

  /** Its proxies keep what they have. */
  forget(): void {
    this.generation = undefined;
    this.doubts = new Doubts();
    this.#draining.clear();
  }

  get isEmpty(): boolean {
    return this.streams.size === 0 && this.generation === undefined && this.#draining.size === 0;
  }
}
