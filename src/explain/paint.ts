/** How parts of an explanation are made to stand out; without colours they are left as they are. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
}

function ansi(code: number): (text: string) => string {
  return (text) => `\u001B[${code}m${text}\u001B[0m`;
}

export function createPaint(colors: boolean): Paint {
  const plain = (text: string): string => text;
  if (!colors) return { bold: plain, dim: plain, good: plain, bad: plain };
  return { bold: ansi(1), dim: ansi(2), good: ansi(32), bad: ansi(31) };
}

/** Rows of a label and a text, the texts below each other; a label that repeats is written once. */
export function alignRows(rows: readonly (readonly [string, string])[], indent = 2): readonly string[] {
  const width = Math.max(0, ...rows.map(([label]) => label.length)) + 2;
  let last: string | undefined;
  return rows.map(([label, text]) => {
    const shown = label === last ? '' : label;
    last = label;
    return `${' '.repeat(indent)}${shown.padEnd(width)}${text}`;
  });
}
