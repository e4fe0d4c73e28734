import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

/** Something about this machine that its user can put right: shown without a stack. */
export class ClusterError extends Error {}

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a command to its end. One that can't be started ends with code 127, as in a shell. */
export function run(command: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const [file = '', ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd: options.cwd, env: options.env, stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', (error) => resolve({ code: 127, stdout, stderr: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 128, stdout, stderr }));
    // A command that ends without reading its input is judged by its exit code.
    child.stdin.on('error', () => {}).end(options.input ?? '');
  });
}

/** What a command prints that must succeed. */
export async function must(command: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(command, options);
  if (code === 0) return stdout;
  throw new ClusterError(`"${command.join(' ')}" ended with code ${code}: ${(stderr || stdout).trim().slice(-2000)}`);
}

/** Asks again and again until the answer is there; its absence after the given time is an error that says what was missed. */
export async function waitFor<T>(
  what: string,
  seconds: number,
  ask: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new ClusterError(`${what}: not after ${seconds} s`);
    await delay(50);
  }
}

/** Tells of the progress of something long, on standard error: standard output is for results. */
export function tell(message: string): void {
  process.stderr.write(`sallyport: ${message}\n`);
}

/** Runs a program to its end; what its user can put right is one line. */
export async function runProgram(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    tell(error.message);
    process.exitCode = 1;
  }
}
