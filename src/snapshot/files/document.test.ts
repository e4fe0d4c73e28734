import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { locateField, parseYaml, splitDocuments } from './document.ts';

describe('splitDocuments', () => {
  it('counts lines from the start of the file', () => {
    expect(splitDocuments('a: 1\n---\n# only a comment\n---\nb: 2\n').map(({ text, line }) => [text, line])).toEqual([
      ['a: 1\n', 1],
      ['b: 2\n', 5],
    ]);
  });

  it('takes a separator with a comment, and none that is part of a value', () => {
    expect(splitDocuments('--- # first\na: 1\n---x: no\n')).toHaveLength(1);
    expect(splitDocuments('a: |\n  text\n  --- not a separator\n')).toHaveLength(1);
  });

  it('holds all of a text, whatever it is', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('---\n', 'a: 1\n', '# c\n', '\n', 'x', '- y\n')), (parts) => {
        const text = parts.join('');
        const lines = text.split('\n');
        for (const document of splitDocuments(text)) {
          expect(
            lines
              .slice(document.line - 1)
              .join('\n')
              .startsWith(document.text),
          ).toBe(true);
        }
      }),
    );
  });
});

describe('parseYaml', () => {
  it('says where a mistake is, in the lines of the file', () => {
    const parsed = parseYaml('f.yaml', { text: 'a: 1\na: 2\n', line: 10 });
    expect(parsed.ok).toBe(false);
    if (parsed.ok) return;
    expect(parsed.diagnostics[0]).toMatchObject({ reason: 'MalformedYaml', position: { file: 'f.yaml', line: 11 } });
  });

  it('refuses aliases that grow without end, and keys that stand twice', () => {
    const bomb = [
      'a: &a [x, x, x, x, x, x, x, x, x, x]',
      ...'bcdefghij'
        .split('')
        .map((name, i) => `${name}: &${name} [${Array(10).fill(`*${'abcdefghij'[i]}`).join(', ')}]`),
    ];
    expect(parseYaml('f.yaml', { text: bomb.join('\n'), line: 1 }).ok).toBe(false);
    expect(parseYaml('f.yaml', { text: 'a: 1\na: 2\n', line: 1 }).ok).toBe(false);
  });

  it('says nothing of the text itself, which may be a secret', () => {
    const secret = 's3cret';
    const texts = [
      '*s3cret',
      '!x!s3cret y',
      '!s3cret',
      '!<s3cret> y',
      '|s3cret',
      '>s3cret',
      '"s3cret',
      '"\\xs3cret"',
      '@s3cret',
      '"a" s3cret',
      '&a &s3cret x',
    ];
    for (const text of texts) {
      const parsed = parseYaml('f.yaml', { text: `kind: Secret\nstringData:\n  password: ${text}\n`, line: 1 });
      expect(parsed.ok, text).toBe(false);
      if (parsed.ok) continue;
      expect(parsed.diagnostics).toHaveLength(1);
      expect(parsed.diagnostics[0]?.message).toMatch(/^\w.*What this file served before goes on serving\.$/);
      expect(parsed.diagnostics[0]?.message).not.toMatch(new RegExp(`${secret}|s3`));
    }
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        parseYaml('f.yaml', { text, line: 1 });
      }),
    );
  });
});

describe('locateField', () => {
  const text =
    'kind: HTTPRoute\nmetadata:\n  name: r\n  annotations: {a.b/c: x}\nspec:\n  rules:\n    - matches:\n        - path:\n            value: /x\n';

  it('finds a field by its path, or the deepest part of it that is there', () => {
    const at = (field?: string) => {
      const { line, column } = locateField('f', { text, line: 1 }, field);
      return [line, column];
    };
    expect(at('spec.rules[0].matches[0].path.value')).toEqual([9, 13]);
    expect(at("metadata.annotations['a.b/c']")).toEqual([4, 17]);
    expect(at('spec.rules[0].timeouts.request')).toEqual([7, 7]);
    expect(at()).toEqual([1, 1]);
  });

  it('counts from where the document begins', () => {
    expect(locateField('f', { text, line: 100 }, 'metadata.name')).toEqual({ file: 'f', line: 102, column: 3 });
  });
});
