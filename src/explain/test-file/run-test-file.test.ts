import { describe, expect, it } from 'vitest';
import { translateYaml } from '../../../test/explain/fixture.ts';
import { parseTestFile } from './parse-test-file.ts';
import { renderJunit } from './render-junit.ts';
import { hasFailures, runTestFile, type TestReport } from './run-test-file.ts';

const translation = translateYaml(`
kind: Gateway
metadata: {name: gw, namespace: default}
spec: {gatewayClassName: sallyport, listeners: [{name: http, port: 80, protocol: HTTP}]}
---
kind: Service
metadata: {name: a, namespace: default}
spec: {ports: [{port: 80}]}
---
kind: EndpointSlice
metadata: {name: a-1, namespace: default, labels: {kubernetes.io/service-name: a}}
addressType: IPv4
ports: [{name: '', port: 8080}]
endpoints: [{addresses: [127.0.0.1]}]
---
kind: HTTPRoute
metadata: {name: r, namespace: default}
spec:
  parentRefs: [{name: gw}]
  rules:
  - matches: [{path: {type: PathPrefix, value: /a}}]
    filters:
    - {type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: X-Set, value: "1"}], remove: [x-gone]}}
    - {type: ResponseHeaderModifier, responseHeaderModifier: {add: [{name: X-Answer, value: "2"}]}}
    - {type: RequestMirror, requestMirror: {backendRef: {name: a, port: 80}}}
    backendRefs: [{name: a, port: 80}]
  - name: broken
    matches: [{path: {type: PathPrefix, value: /broken}}]
    backendRefs: [{name: missing, port: 80}]
`);

function run(expectation: string, path = '/a'): TestReport {
  const headers = '{X-Gone: "3", x-kept: "4"}';
  const text = `apiVersion: sallyport.dev/v1alpha1
kind: ConfigurationTest
metadata: {name: "suite <1>"}
spec:
  cases:
  - {name: 'is "so"', request: {url: "http://h.test${path}", headers: ${headers}}, expect: ${expectation}}
`;
  const { testFiles, diagnostics } = parseTestFile('t.yaml', text);
  expect(diagnostics).toEqual([]);
  const [testFile] = testFiles;
  if (testFile === undefined) throw new Error('no test file');
  return runTestFile(translation, testFile);
}

function differences(expectation: string, path?: string): readonly string[] {
  const [result] = run(expectation, path).cases;
  return (result?.differences ?? []).map(({ field, expected, actual }) => `${field}: ${expected}, is ${actual}`);
}

describe('a case', () => {
  it.each([
    '{outcome: Forward, route: default/r, rule: 0, gateway: default/gw, listener: http}',
    '{backend: "default/a:80", path: /a, host: h.test, mirrors: ["default/a:80"]}',
    '{requestHeaders: {X-Set: "1", x-gone: null, x-kept: "4"}, responseHeaders: {x-answer: "2", x-other: null}}',
    '{}',
  ])('passes with %s', (expectation) => {
    expect(differences(expectation)).toEqual([]);
  });

  it.each([
    ['{outcome: Redirect}', 'outcome: Redirect, is Forward'],
    ['{status: 404}', 'status: 404, is that of the backend'],
    ['{location: "http://x/"}', 'location: http://x/, is none'],
    ['{route: default/other}', 'route: default/other, is default/r'],
    ['{rule: 1}', 'rule: 1, is 0'],
    [
      '{backends: [{name: "default/a:80", weight: 2}]}',
      'backends: default/a:80 (weight 2), is default/a:80 (weight 1)',
    ],
    ['{backend: "default/b:80"}', 'backends: default/b:80, is default/a:80'],
    ['{path: /b}', 'path: /b, is /a'],
    ['{host: other}', 'host: other, is h.test'],
    ['{requestHeaders: {x-kept: null}}', 'requestHeaders x-kept: none, is 4'],
    ['{responseHeaders: {x-answer: "3"}}', 'responseHeaders x-answer: 3, is 2'],
    ['{mirrors: []}', 'mirrors: none, is default/a:80'],
  ])('fails with %s', (expectation, difference) => {
    expect(differences(expectation)).toEqual([difference]);
  });

  it('knows the statuses that the proxy answers by itself', () => {
    expect(differences('{status: 500, rule: broken}', '/broken')).toEqual([]);
    expect(differences('{status: 404, outcome: NoRoute}', '/nothing')).toEqual([]);
    expect(differences('{path: /nothing}', '/nothing')).toEqual(['backend request: one, is none']);
  });
});

describe('JUnit XML', () => {
  it('has a case for each, with what differs and the explanation', () => {
    const failed = run('{rule: 1}');
    expect(hasFailures([failed])).toBe(true);
    expect(hasFailures([run('{rule: 0}')])).toBe(false);
    const xml = renderJunit([failed, run('{}')]);
    expect(xml).toContain('<testsuite name="suite &lt;1&gt;" tests="1" failures="1" errors="0" skipped="0">');
    expect(xml).toContain('<testcase name="is &quot;so&quot;" classname="suite &lt;1&gt;" file="t.yaml" line="6">');
    expect(xml).toContain('<failure message="rule: expected 1, is 0">');
    expect(xml).toContain('GET http://h.test/a');
    expect(xml).toContain('line="6"/>');
  });
});
