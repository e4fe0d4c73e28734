import { isBefore, type Mark } from './mark.ts';

/** How far the server has read, beside what the proxy has been sent already, perhaps by another server. */
export class Progress {
  readonly #limitMs: number;
  #mine: Mark | undefined;
  #theirs: Mark | undefined;
  #hasHeard = false;
  #waitsSince: number | undefined;
  #isBehind = false;

  /** `limitMs`: after this long it goes on all the same: the proxy may have seen a future that was undone by a restore. */
  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** Everything up to this mark is in what the server publishes. */
  reach(mark: Mark): void {
    if (this.#mine === undefined || isBefore(this.#mine, mark)) this.#mine = mark;
  }

  /** What the proxy showed as its mark; undefined for one that has none. */
  hear(mark: Mark | undefined): void {
    this.#hasHeard = true;
    this.#theirs = mark;
  }

  /** The proxy has accepted a response with this mark. */
  accept(mark: Mark | undefined): void {
    if (mark !== undefined) this.#theirs = mark;
  }

  /** Decides whether the server may not yet say anything at this time, in ms, that the proxy could know better. */
  judge(now: number): boolean {
    this.#isBehind = this.#mayBeOlder() && now - (this.#waitsSince ??= now) < this.#limitMs;
    return this.#isBehind;
  }

  get isBehind(): boolean {
    return this.#isBehind;
  }

  get hasMark(): boolean {
    return this.#theirs !== undefined;
  }

  /** When `judge` changes its mind without news, in ms. */
  get deadline(): number | undefined {
    return this.#isBehind && this.#waitsSince !== undefined ? this.#waitsSince + this.#limitMs : undefined;
  }

  /** The mark that the next response takes along, if the proxy lacks it. */
  get news(): Mark | undefined {
    return this.#isBehind || !this.#hasHeard || this.#mine === this.#theirs ? undefined : this.#mine;
  }

  #mayBeOlder(): boolean {
    if (this.#mine === undefined) return false;
    // Envoy holds back its first word on clusters while some of them warm.
    if (!this.#hasHeard) return true;
    return this.#theirs !== undefined && isBefore(this.#mine, this.#theirs);
  }
}
