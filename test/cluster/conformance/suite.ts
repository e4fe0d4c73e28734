// The conformance suite of the Gateway API against an installed Sallyport.
import { createWriteStream, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parse } from 'yaml';
import packageFile from '../../../package.json' with { type: 'json' };
import { root } from '../cache.ts';
import { chosenInstance } from '../instance.ts';
import { conformanceProgram } from '../programs.ts';

export interface ProfileResult {
  readonly result: string;
  readonly statistics: { readonly Passed: number; readonly Failed: number; readonly Skipped: number };
  readonly skippedTests?: readonly string[];
  readonly failedTests?: readonly string[];
  readonly supportedFeatures?: readonly string[];
  readonly unsupportedFeatures?: readonly string[];
}

/** The part of the suite's ConformanceReport that is judged. */
export interface ConformanceReport {
  readonly profiles: readonly {
    readonly name: string;
    readonly core: ProfileResult;
    readonly extended?: ProfileResult;
  }[];
  readonly succeededProvisionalTests?: readonly string[];
}

export interface ConformanceOptions {
  readonly kubeconfig: string;
  /** An address that a Gateway can have, and one that it can't. */
  readonly usableAddress: string;
  readonly unusableAddress: string;
  readonly reportFile: string;
  readonly logFile: string;
  /** Each finished test, as it ends. */
  finished?(test: string, outcome: string): void;
}

export interface ConformanceRun {
  readonly passed: boolean;
  readonly report: ConformanceReport;
  /** Top-level tests by how they ended. */
  readonly tests: ReadonlyMap<string, string>;
}

/** Where the report lies, named as those that projects hand in. */
export const reportPath = join(root, 'docs/conformance/v1.6.1.yaml');

/** Addresses for the test of static addresses: of our own cluster, or as the environment says for another one. */
export function addressesFor(env: NodeJS.ProcessEnv): Pick<ConformanceOptions, 'usableAddress' | 'unusableAddress'> {
  const { loadBalancers } = chosenInstance(env);
  return {
    usableAddress: env['SALLYPORT_USABLE_ADDRESS'] ?? loadBalancers.replace(/\.0\/24$/, '.200'),
    // For documentation alone (RFC 5737): no cluster has it.
    unusableAddress: env['SALLYPORT_UNUSABLE_ADDRESS'] ?? '203.0.113.1',
  };
}

const profiles = ['GATEWAY-HTTP', 'GATEWAY-GRPC', 'GATEWAY-TLS', 'GATEWAY-TCP', 'GATEWAY-UDP'];

/** The features are those that the GatewayClass publishes: nothing is declared here. */
export async function runConformance(options: ConformanceOptions): Promise<ConformanceRun> {
  for (const file of [options.reportFile, options.logFile]) mkdirSync(dirname(file), { recursive: true });
  const program = await conformanceProgram();
  const args = [
    '-test.run=TestConformance$',
    '-test.v',
    '-test.timeout=60m',
    '-gateway-class=sallyport',
    `-conformance-profiles=${profiles.join(',')}`,
    `-usable-address=${options.usableAddress}`,
    `-unusable-address=${options.unusableAddress}`,
    `-report-output=${options.reportFile}`,
    '-organization=sallyport',
    '-project=sallyport',
    '-url=https://sallyport.dev',
    '-contact=https://sallyport.dev/contact',
    `-version=v${packageFile.version}`,
  ];
  const log = createWriteStream(options.logFile);
  const child = spawn(program, args, {
    env: { ...process.env, KUBECONFIG: options.kubeconfig },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const tests = new Map<string, string>();
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    log.write(text);
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [, outcome, test] = /^ {4}--- (PASS|FAIL|SKIP): TestConformance\/([A-Za-z0-9]+) /.exec(line) ?? [];
      if (outcome === undefined || test === undefined) continue;
      tests.set(test, outcome);
      options.finished?.(test, outcome);
    }
  });
  child.stderr.on('data', (chunk: Buffer) => log.write(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  log.end();
  const report = parse(readFileSync(options.reportFile, 'utf8')) as ConformanceReport;
  return { passed: code === 0, report, tests };
}
