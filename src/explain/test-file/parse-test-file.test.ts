import { describe, expect, it } from 'vitest';
import { parseTestFile } from './parse-test-file.ts';

function mistakes(text: string): readonly string[] {
  return parseTestFile('t.yaml', text).diagnostics.map(
    ({ position, message }) => `${position?.line}:${position?.column} ${message}`,
  );
}

const head = `apiVersion: sallyport.dev/v1alpha1
kind: ConfigurationTest
spec:
  cases:
`;

describe('a mistake in a test file is told with its place', () => {
  it.each([
    [
      'a field that is nearly one',
      `${head}  - name: x\n    reqest: {url: "http://a/"}\n    expect: {}\n`,
      [
        '6:5 There is no field reqest. Did you mean request?',
        '5:5 A case has either request (what comes in) or egress (what goes out).',
      ],
    ],
    [
      'a value that is nearly one',
      `${head}  - name: x\n    request: {url: "http://a/"}\n    expect: {outcome: Redirekt}\n`,
      ["7:14 outcome can't be Redirekt. Did you mean Redirect?"],
    ],
    [
      'a status as text',
      `${head}  - name: x\n    request: {url: "http://a/"}\n    expect: {status: "404"}\n`,
      ['7:14 status is a whole number, not "404".'],
    ],
    [
      'a header that is no string',
      `${head}  - name: x\n    request: {url: "http://a/", headers: {x-a: 1}}\n    expect: {}\n`,
      ['6:43 x-a is a string, not 1: quote it.'],
    ],
    [
      'a URL that is none',
      `${head}  - name: x\n    request: {url: a.example}\n    expect: {}\n`,
      ['6:15 "a.example" is not a URL; write it as https://host/path.'],
    ],
    [
      'two forms of a call',
      `${head}  - name: x\n    egress: {from: a/b, connect: "a:1", serverName: a}\n    expect: {}\n`,
      ['6:5 A call has either url, or connect (host:port of a tunnel), or serverName (of TLS).'],
    ],
    [
      'another kind',
      'apiVersion: sallyport.dev/v1alpha1\nkind: ConfigurationTests\nspec: {cases: []}\n',
      ["2:1 kind can't be ConfigurationTests. Did you mean ConfigurationTest?"],
    ],
    ['no map', '- a\n', ['1:1 A test file is a map with apiVersion, kind and spec.']],
  ])('%s', (_, text, expected) => {
    expect(mistakes(text)).toEqual(expected);
  });

  it('and YAML that is none', () => {
    expect(mistakes(`${head}  - name: [\n`)[0]).toMatch(/^6:1 /);
  });
});

it('what can be run is run: several documents, and the cases beside a mistaken one', () => {
  const document = `${head}  - {name: a, request: {url: "http://a/"}, expect: {status: 404}}\n  - {name: b, expect: {}}\n`;
  const { testFiles, diagnostics } = parseTestFile('t.yaml', `${document}---\n${document}`);
  expect(diagnostics.map(({ position }) => position?.line)).toEqual([6, 13]);
  expect(testFiles.map(({ cases }) => cases.map(({ name, position }) => `${name} ${position.line}`))).toEqual([
    ['a 5'],
    ['a 12'],
  ]);
  expect(testFiles[0]?.configuration).toEqual(['.']);
});
