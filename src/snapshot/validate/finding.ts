/** Where in an object something stands, as a chain from the leaf up; rendered only when there is something to say. */
export interface Path {
  readonly parent: Path | undefined;
  readonly key: string | number;
}

/** One thing that is wrong with an object; whoever knows the object makes a Diagnostic of it. */
export interface Finding {
  readonly reason:
    | 'DuplicateValue'
    | 'InvalidValue'
    | 'RequiredField'
    | 'RuleViolated'
    | 'UnknownField'
    | 'UnsupportedKind'
    | 'UnsupportedValue';
  readonly message: string;
  readonly field: string;
}

export type Report = (reason: Finding['reason'], path: Path | undefined, message: string) => void;

export function renderPath(path: Path | undefined): string {
  if (path === undefined) return '';
  const parent = renderPath(path.parent);
  if (typeof path.key === 'number') return `${parent}[${path.key}]`;
  if (!/^[A-Za-z$_][\w$-]*$/.test(path.key)) return `${parent}['${path.key}']`;
  return parent === '' ? path.key : `${parent}.${path.key}`;
}

/** The path of a field below the object's root. */
export function pathOf(...keys: readonly (string | number)[]): Path | undefined {
  return keys.reduce<Path | undefined>((parent, key) => ({ parent, key }), undefined);
}
