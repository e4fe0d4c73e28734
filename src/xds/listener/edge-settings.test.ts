import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { edgeSettings } from './edge-settings.ts';

const file = join(import.meta.dirname, '../../../docs/edge.md');

function page(): string {
  const rows = Object.values(edgeSettings).map(
    ({ field, value, why }) => `| \`${field}\` | ${String(value ?? 'unset')} | ${why} |`,
  );
  return `# How listeners treat clients that nobody trusts

Every listener is set like this. Times are milliseconds where the field is a time, sizes bytes unless the name says
otherwise. \`test/envoy/edge*.test.ts\` attack them; this page is made from \`src/xds/listener/edge-settings.ts\`.

| field of Envoy | value | why |
|---|---|---|
${rows.join('\n')}
`;
}

it('docs/edge.md shows the settings as they are', () => {
  if (process.env['SALLYPORT_REFRESH_GOLDEN'] === '1') writeFileSync(file, page());
  expect(readFileSync(file, 'utf8'), 'run "npm run golden" and commit it').toBe(page());
});
