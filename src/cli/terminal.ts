import { stripVTControlCharacters } from 'node:util';

export type Style = (text: string) => string;

/** Colours for a stream: none where it is no terminal, or where NO_COLOR is set. */
export interface Styles {
  readonly bold: Style;
  readonly dim: Style;
  readonly red: Style;
  readonly yellow: Style;
  readonly green: Style;
}

export function useColours(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): boolean {
  return stream.isTTY === true && (env['NO_COLOR'] ?? '') === '';
}

export function createStyles(colours: boolean): Styles {
  const style = (on: number, off: number): Style =>
    colours ? (text) => `\u001b[${on}m${text}\u001b[${off}m` : (text) => text;
  return { bold: style(1, 22), dim: style(2, 22), red: style(31, 39), yellow: style(33, 39), green: style(32, 39) };
}

/** Rows with columns of equal width; the last column is as wide as it is. */
export function renderTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, stripVTControlCharacters(cell).length);
    });
  }
  const pad = (cell: string, column: number, last: boolean) =>
    last ? cell : cell + ' '.repeat((widths[column] ?? 0) - stripVTControlCharacters(cell).length);
  return rows
    .map((row) =>
      row
        .map((cell, i) => pad(cell, i, i === row.length - 1))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
