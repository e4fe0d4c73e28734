import type { Metrics } from '../admin/metrics.ts';
import type { Diagnostic, Position } from '../snapshot/diagnostic.ts';
import type { ObjectRef } from '../snapshot/object.ts';
import type { Translation } from '../translate/translation.ts';
import { findCertificateEnds } from './certificate-ends.ts';
import type { ControlState } from './controller.ts';

/** A diagnostic with the place in the files that it is about, where it has one. */
export type Finding = Diagnostic;

export interface FindingsOptions {
  readonly reading: () => readonly Diagnostic[];
  /** What there is after the last turn; undefined before the first. */
  readonly state: () => ControlState | undefined;
  readonly locate: (ref: ObjectRef, field?: string) => Position | undefined;
  readonly found: (finding: Finding, stands: boolean) => void;
  /** Counts those that stand. */
  readonly metrics: Pick<Metrics, 'diagnostics'>;
}

/** What stands now, and what is new or gone: each finding is told once. */
export interface Findings {
  /** Something changed: what is new or gone is told soon. */
  refresh(): void;
  current(): readonly Finding[];
  stop(): void;
}

/** All that is to be said of a translation, at a time: it has no clock of its own, and certificates end. */
export function diagnoseTranslation({ diagnostics, certificates }: Translation, now: Date): readonly Diagnostic[] {
  return [...diagnostics, ...findCertificateEnds(certificates, now)];
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
    const state = this.#options.state();
    const translating = state === undefined ? [] : diagnoseTranslation(state.translation, new Date());
    return [...this.#options.reading(), ...translating, ...(state?.bindFailures ?? [])];
  }

  #tell(): void {
    const { found, locate, metrics } = this.#options;
    const standing = new Map(this.#standing().map((diagnostic) => [keyOf(diagnostic), diagnostic]));
    const errors = [...standing.values()].filter(({ severity }) => severity === 'error').length;
    metrics.diagnostics.set({ severity: 'error' }, errors);
    metrics.diagnostics.set({ severity: 'warning' }, standing.size - errors);
    const fresh = [...standing].filter(([key]) => !this.#known.has(key)).map(([, diagnostic]) => diagnostic);
    for (const finding of withPositions(fresh, (ref, field) => locate(ref, field))) found(finding, true);
    for (const [key, diagnostic] of this.#known) if (!standing.has(key)) found(diagnostic, false);
    this.#known = standing;
  }
}

export function createFindings(options: FindingsOptions): Findings {
  return new StandingFindings(options);
}
