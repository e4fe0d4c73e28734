import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { root } from './paths.mjs';

const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

/** Runs a tool of the set-up and gives its exit code and what it printed. A signal to us ends it first. */
export function capture(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options });
    const release = passSignals(child);
    let output = '';
    const add = (chunk) => (output += chunk);
    child.stdout.setEncoding('utf8').on('data', add);
    child.stderr.setEncoding('utf8').on('data', add);
    child.on('error', (error) => {
      release();
      resolve({ code: 127, output: error.message });
    });
    child.on('close', (code, signal) => {
      release();
      resolve({ code: code ?? 128 + constants.signals[signal], output, signal });
    });
  });
}

/**
 * Runs the task in the place of this process where Node can do that (same pid, so signals and exit codes need no
 * help), else as a child.
 */
export function execute(node, args, env) {
  process.chdir(root);
  if (typeof process.execve === 'function') process.execve(node, [node, ...args], env);
  return runChild(node, args, env);
}

/** Runs all steps, also after one failed, so that one run shows everything that is wrong. */
export async function runSteps(node, steps, env) {
  let worst = 0;
  for (const step of steps) {
    const began = Date.now();
    const code = await runChild(step.command ?? node, step.args, env);
    const verdict = code === 0 ? 'ok' : `failed (exit code ${code})`;
    process.stderr.write(`sallyport: ${step.name}: ${verdict}, ${((Date.now() - began) / 1000).toFixed(1)} s\n`);
    if (code > 128) return code;
    if (code !== 0) worst = 1;
  }
  return worst;
}

function runChild(command, args, env) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env, stdio: 'inherit' });
    const release = passSignals(child);
    child.on('error', (error) => {
      release();
      process.stderr.write(`sallyport: ${command} can't be run: ${error.message}\n`);
      resolve(127);
    });
    child.on('exit', (code, signal) => {
      release();
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

/** A terminal sends Ctrl-C to the whole group, so the child gets it twice then; it must take repeats as one. */
function passSignals(child) {
  const handlers = passedOn.map((signal) => [signal, () => child.kill(signal)]);
  for (const [signal, handler] of handlers) process.on(signal, handler);
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}
