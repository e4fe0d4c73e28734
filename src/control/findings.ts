import type { Diagnostic, Position } from '../snapshot/diagnostic.ts';
import type { ObjectRef } from '../snapshot/object.ts';

/** A diagnostic with the place in the files that it is about, where it has one. */
export type Finding = Diagnostic;

export interface FindingsOptions {
  reading(): readonly Diagnostic[];
  translating(): readonly Diagnostic[];
  locate(ref: ObjectRef, field?: string): Position | undefined;
  found(finding: Finding, stands: boolean): void;
}

/** What stands now, and what is new or gone: each finding is told once. */
export interface Findings {
  refresh(): void;
  current(): readonly Finding[];
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

export function createFindings(options: FindingsOptions): Findings {
  let known = new Map<string, Diagnostic>();
  let last: { readonly reading: readonly Diagnostic[]; readonly translating: readonly Diagnostic[] } | undefined;
  return {
    refresh() {
      const reading = options.reading();
      const translating = options.translating();
      if (reading.length === 0 && translating.length === 0 && known.size === 0) return;
      const next = new Map([...reading, ...translating].map((diagnostic) => [keyOf(diagnostic), diagnostic]));
      for (const [key, diagnostic] of next) {
        if (known.has(key)) continue;
        const [finding] = withPositions([diagnostic], (ref, field) => options.locate(ref, field));
        if (finding !== undefined) options.found(finding, true);
      }
      for (const [key, diagnostic] of known) if (!next.has(key)) options.found(diagnostic, false);
      known = next;
      last = { reading, translating };
    },
    current: () =>
      withPositions([...(last?.reading ?? []), ...(last?.translating ?? [])], (ref, field) => options.locate(ref, field)),
  };
}
