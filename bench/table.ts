import { renderTable } from '../src/cli/terminal.ts';

export function printTable(title: string, rows: readonly (readonly string[])[]): void {
  console.log(`\n${title}\n\n${renderTable(rows)}`);
}
