type Step<I extends object, R> = (input: I) => R;
// Steps of every signature are keys; none is called through this type.
type AnyStep = (input: never) => unknown;

/**
 * Results of pure steps by the identity of their one input, for as long as the input lives. Cheaper than a memo's
 * keyed entries where a run touches tens of thousands of values: no key is made, nothing has to be swept, and a value
 * that sits inside an unchanged collection needs no visit to stay known.
 */
export interface IdentityCache {
  /** The step's result for the input, computed at most once. */
  get<I extends object, R>(step: Step<I, R>, input: I): R;
  /** How often a step has really run. */
  calls(step: AnyStep): number;
}

export function createIdentityCache(): IdentityCache {
  const tables = new Map<AnyStep, WeakMap<object, unknown>>();
  const counts = new Map<AnyStep, number>();
  return {
    get(step, input) {
      let table = tables.get(step);
      if (table === undefined) tables.set(step, (table = new WeakMap()));
      const known = table.get(input);
      // The table is keyed by the step, so what it holds is of the step's type; a step never gives undefined.
      if (known !== undefined) return known as ReturnType<typeof step>;
      counts.set(step, (counts.get(step) ?? 0) + 1);
      const result = step(input);
      table.set(input, result);
      return result;
    },
    calls: (step) => counts.get(step) ?? 0,
  };
}
