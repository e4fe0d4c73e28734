/** Ends an exhaustive switch: a new member of a union fails to compile until every switch knows it. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
