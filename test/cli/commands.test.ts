import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createTestCertificate, secretYaml } from '../fixture/certificate.ts';
import { runCommand, startCommand } from './process.ts';

const quickstart = join(import.meta.dirname, '../../examples/quickstart');
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-cli-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const brokenRoute = `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r}
spec:
  parentRefs: [{name: gw}]
  rules:
    - matches:
        - path: {type: PathPrefix, valeu: /}
`;

it('ends without a word where nobody reads on, as behind head', async () => {
  const { child, ended } = startCommand('translate', quickstart);
  child.stdout?.destroy();
  const { code, stderr } = await ended;
  // As a shell says it of a process that SIGPIPE ended.
  expect([code, stderr]).toEqual([141, '']);
});

describe('check', () => {
  it('finds nothing wrong with the example', async () => {
    const { code, stdout, stderr } = await runCommand('check', quickstart);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('HTTPRoute shop/shop');
    expect(stdout).toContain('0 errors, 0 warnings');
  });

  it('says where a field is misspelt, and how it is written', async () => {
    const file = write('broken.yaml', brokenRoute);
    const { code, stdout } = await runCommand('check', file);
    expect(code).toBe(1);
    expect(stdout).toMatch(new RegExp(`${file.replaceAll('.', '\\.')}:8:\\d+  error`));
    expect(stdout).toContain('valeu');
    expect(stdout).toContain('value');
  });

  it('prints the same as JSON', async () => {
    const file = write('json.yaml', brokenRoute);
    const { code, stdout } = await runCommand('check', '--output', 'json', file);
    expect(code).toBe(1);
    const { findings } = JSON.parse(stdout) as {
      findings: { severity: string; position: { file: string; line: number } }[];
    };
    expect(findings[0]).toMatchObject({ severity: 'error', position: { file, line: 8 } });
  });

  it('warns of a certificate that has ended', async () => {
    const pair = createTestCertificate(['old.example.com'], { notAfter: '2021-01-01T00:00:00Z' });
    const gateway = `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gw}
spec:
  gatewayClassName: sallyport
  listeners:
    - {name: https, port: 8443, protocol: HTTPS, tls: {certificateRefs: [{name: old}]}}
`;
    const file = write('expired.yaml', `${gateway}---\napiVersion: v1\n${secretYaml('old', pair)}`);
    const { code, stdout } = await runCommand('check', file);
    expect(code).toBe(0);
    expect(stdout).toMatch(/warning CertificateExpired\n {2}Secret default\/old\n/);
  });

  it('prints no colours where standard output is no terminal', async () => {
    const { stdout } = await runCommand('check', quickstart);
    expect(stripVTControlCharacters(stdout)).toBe(stdout);
  });
});

describe('translate', () => {
  it('prints Envoy resources with keys covered', async () => {
    const { code, stdout } = await runCommand('translate', quickstart);
    expect(code).toBe(0);
    const dumped = parse(stdout) as Record<string, Record<string, Record<string, unknown>>>;
    expect(Object.keys(dumped)).toEqual(['edge/outbound', 'edge/public']);
    expect(Object.keys(dumped['edge/public']?.['envoy.config.route.v3.RouteConfiguration'] ?? {})).toContain(
      'http/8080',
    );
    expect(stdout).not.toContain('PRIVATE KEY');
    expect(stdout).toContain('[redacted]');
  });

  it('prints one type, one Gateway, or the model in between', async () => {
    const routes = await runCommand(
      'translate',
      quickstart,
      '--gateway',
      'edge/public',
      '--type',
      'routes',
      '-o',
      'json',
    );
    expect(Object.keys((JSON.parse(routes.stdout) as Record<string, object>)['edge/public'] ?? {})).toContain(
      'http/8080',
    );
    const ir = await runCommand('translate', quickstart, '--ir', '-o', 'json');
    expect(ir.stdout).not.toContain('PRIVATE KEY');
    expect((JSON.parse(ir.stdout) as { gateways: { name: string }[] }).gateways.map(({ name }) => name)).toEqual([
      'edge/outbound',
      'edge/public',
    ]);
  });
});

describe('explain', () => {
  it('says what a request meets and why the others lost', async () => {
    const { code, stdout } = await runCommand(
      'explain',
      quickstart,
      'GET',
      'http://shop.localhost:8080/cart/7',
      '-H',
      'x-canary: yes',
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/route +shop\/shop {2}rule canary/);
    expect(stdout).toMatch(/Not chosen\n(.*\n)* *shop\/shop rule cart +same path, fewer header matches/);
  });

  it('says which rule a call that leaves lacks', async () => {
    const { stdout } = await runCommand(
      'explain',
      quickstart,
      'GET',
      'http://elsewhere.localhost:9191/',
      '--from',
      'shop/checkout',
      '-o',
      'json',
    );
    const [explanation] = JSON.parse(stdout) as { decision: { allowed: boolean; why: string } }[];
    expect(explanation?.decision).toMatchObject({ allowed: false });
  });

  it('does not take anything for a URL', async () => {
    const { code, stderr } = await runCommand('explain', quickstart, 'GET', 'shop.localhost');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^sallyport: .*URL/);
  });
});

describe('test', () => {
  it('passes on the example, as text and as JUnit', async () => {
    const text = await runCommand('test', join(quickstart, 'tests.yaml'));
    expect([text.code, text.stderr]).toEqual([0, '']);
    const junit = await runCommand('test', join(quickstart, 'tests.yaml'), '-o', 'junit');
    expect(junit.stdout).toMatch(/^<\?xml/);
  });

  it('fails where a case does, and shows the explanation', async () => {
    const file = write(
      'tests.yaml',
      `apiVersion: sallyport.dev/v1alpha1
kind: ConfigurationTest
metadata: {name: wrong}
spec:
  configuration: [${quickstart}]
  cases:
    - name: the cart is the blog
      request: {url: 'http://shop.localhost:8080/cart/7'}
      expect: {backend: 'blog/blog:80'}
`,
    );
    const { code, stdout, stderr } = await runCommand('test', file);
    expect(code, stderr).toBe(1);
    expect(stdout).toContain('shop/cart:80');
  });
});

describe('what a user may get wrong', () => {
  const cases: readonly (readonly [string, readonly string[], number, RegExp])[] = [
    ['a command that is misspelt', ['chekc', quickstart], 2, /Did you mean check\?/],
    ['no command', [], 2, /Usage: sallyport/],
    ['a folder that is not there', ['check', 'nowhere'], 2, /^sallyport: there is no file or folder nowhere\n$/],
    ['no folder', ['check'], 2, /missing required argument 'path'/],
    ['an output that is unknown', ['check', '-o', 'xml', quickstart], 2, /Allowed choices are text, json/],
    ['an option that is misspelt', ['run', '--prot-offset', '1', quickstart], 2, /Did you mean --port-offset\?/],
    ['a number that is none', ['run', '--port-offset', 'many', quickstart], 2, /give a whole number from 0 to 65000/],
    ['an admin port for everybody', ['run', '--admin', '0.0.0.0:9901', quickstart], 2, /binds loopback addresses only/],
    [
      'a Gateway that is not there',
      ['translate', quickstart, '--gateway', 'a/b'],
      2,
      /there is no Gateway a\/b; there is edge\/outbound, edge\/public/,
    ],
    [
      'a folder that a run is given and that is not there',
      ['run', 'nowhere'],
      2,
      /^sallyport: there is no file or folder nowhere\n$/,
    ],
  ];
  for (const [what, args, code, message] of cases) {
    it(what, async () => {
      const outcome = await runCommand(...args);
      expect(outcome.stderr).toMatch(message);
      expect(outcome.stderr).not.toMatch(/\n {4}at /);
      expect(outcome.code).toBe(code);
    });
  }
});

describe('help and completion', () => {
  it('has help with an example for each command', async () => {
    for (const command of ['run', 'check', 'translate', 'completion']) {
      const { code, stdout } = await runCommand(command, '--help');
      expect(code).toBe(0);
      expect(stdout).toMatch(/Examples?:\n {2}(source <\()?sallyport /);
    }
  });

  it('prints completion for each shell', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { code, stdout } = await runCommand('completion', shell);
      expect(code).toBe(0);
      expect(stdout).toContain('translate');
    }
  });
});
