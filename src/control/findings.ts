import type { Diagnostic, Position } from '../snapshot/diagnostic.ts';
import type { ObjectRef } from '../snapshot/object.ts';

/** A diagnostic with the place in the files that it is about, where it has one. */
export type Finding = Diagnostic;

export interface FindingsOptions {
  readonly reading: () => readonly Diagnostic[];
  readonly translating: () => readonly Diagnostic[];
  readonly locate: (ref: ObjectRef, field?: string) => Position | undefined;
  readonly found: (finding: Finding, stands: boolean) => void;
  /** How many stand now. */
  readonly counted: (errors: number, warnings: number) => void;
}

/** What stands now, and what is new or gone: each finding is told once. */
export interface Findings {
  /** Something changed: what is new or gone is told soon. */
  refresh(): void;
  current(): readonly Finding[];
  stop(): void;
}

function keyOf({ severity, reason, message, object, field, position }: Diagnostic): string {
  return JSON.stringify([severity, reason, message, object, field, position?.file]);
}

/** Adds positions to diagnostics that name an object. */
export function withPositions(
  diagnostics: readonly Diagnostic[],
  locate: (ref: ObjectRef, field?: string) => Position | undefined,
): readonly Finding[] {
  return diagnostics.map((diagnostic) => {
    if (diagnostic.position !== undefined || diagnostic.object === undefined) return diagnostic;
    const position = locate(diagnostic.object, diagnostic.field);
    return position === undefined ? diagnostic : { ...diagnostic, position };
  });
}

/**
 * How long changes are gathered before findings are told, in milliseconds: a file that is half-written for a moment
 * is not worth a word, and traffic does not wait for words.
 */
const gatherMs = 100;

class StandingFindings implements Findings {
  readonly #options: FindingsOptions;
  #known = new Map<string, Diagnostic>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: FindingsOptions) {
    this.#options = options;
  }

  refresh(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#tell();
    }, gatherMs);
  }

  current(): readonly Finding[] {
    return withPositions(this.#standing(), (ref, field) => this.#options.locate(ref, field));
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #standing(): readonly Diagnostic[] {
    return [...this.#options.reading(), ...this.#options.translating()];
  }

  #tell(): void {
    const { found, locate, counted } = this.#options;
    const standing = new Map(this.#standing().map((diagnostic) => [keyOf(diagnostic), diagnostic]));
    const errors = [...standing.values()].filter(({ severity }) => severity === 'error').length;
    counted(errors, standing.size - errors);
    const fresh = [...standing].filter(([key]) => !this.#known.has(key)).map(([, diagnostic]) => diagnostic);
    for (const finding of withPositions(fresh, (ref, field) => locate(ref, field))) found(finding, true);
    for (const [key, diagnostic] of this.#known) if (!standing.has(key)) found(diagnostic, false);
    this.#known = standing;
  }
}

export function createFindings(options: FindingsOptions): Findings {
  return new StandingFindings(options);
}
