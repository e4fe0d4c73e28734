import type { Demonstration } from './demonstration.ts';

/** Where the quickstart writes. Colours are used on a terminal only, and not where NO_COLOR is set. */
export interface Screen {
  readonly write: (text: string) => void;
  readonly colours: boolean;
}

type Style = (text: string) => string;

function styles(colours: boolean): { readonly bold: Style; readonly dim: Style; readonly green: Style } {
  const style = (on: number, off: number): Style =>
    colours ? (text) => `\u001b[${on}m${text}\u001b[${off}m` : (text) => text;
  return { bold: style(1, 22), dim: style(2, 22), green: style(32, 39) };
}

/** The page that is shown once everything serves. */
export function renderDemonstrations(
  list: readonly Demonstration[],
  folder: string,
  startedInMs: number,
  colours: boolean,
): string {
  const { bold, dim, green } = styles(colours);
  const lines = [
    '',
    `${green('Sallyport serves')} ${folder} ${dim(`after ${(startedInMs / 1000).toFixed(1)} s`)}`,
    'Change a file there and it applies at once. Try in another terminal:',
    '',
  ];
  for (const { title, command, expected } of list) {
    lines.push(`  ${dim(`# ${title}`)}`, `  ${bold(command)}`, `  ${dim('=>')} ${expected}`, '');
  }
  lines.push(dim('Ctrl-C drains and stops everything.'), '');
  return lines.join('\n');
}
