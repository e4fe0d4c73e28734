import { expect, it } from 'vitest';
import { conditionsOf, translateRules } from '../../../test/fixture/route.ts';
import { cutMessage } from './condition.ts';

it('has a message that the API server takes, whatever is wrong', () => {
  const gone = Array.from({ length: 16 }, (_, i) => `{name: ${'x'.repeat(50)}${i}, port: 80}`).join(', ');
  const rules = Array.from(
    { length: 16 },
    (_, i) => `{backendRefs: [${gone.replaceAll('x', 'abcdefghijklmnop'[i] ?? 'x')}]}`,
  );
  const translation = translateRules(`[${rules.join(', ')}]`);
  expect(conditionsOf(translation)[1]).toBe('ResolvedRefs=False BackendNotFound');
  for (const { message } of translation.parents[0]?.conditions ?? []) expect(message.length).toBeLessThanOrEqual(8192);
});

it.each([
  ['a short one', 'a', 'a'],
  ['the longest', 'a'.repeat(8192), 'a'.repeat(8192)],
  ['one too many', 'a'.repeat(8193), `${'a'.repeat(8190)} …`],
  ['a character of two halves at the end', `${'a'.repeat(8189)}😀😀`, `${'a'.repeat(8189)}\ufffd …`],
])('cuts %s where it has to', (_, message, cut) => expect(cutMessage(message)).toBe(cut));
