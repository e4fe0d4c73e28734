#!/usr/bin/env node
// Sets up what a fresh clone lacks (npm packages, the pinned Node, Envoy), then runs one task on the pinned Node.
// Only built-in modules, and nothing newer than Node 20: this runs before anything is installed.
import { SetupError } from './bootstrap/setup-error.mjs';
import { checkNode, checkPlatform } from './bootstrap/prerequisites.mjs';
import { installPackages, pinnedNode } from './bootstrap/packages.mjs';
import { provideEnvoy } from './bootstrap/envoy.mjs';
import { findTask, taskNames } from './bootstrap/tasks.mjs';
import { execute, runSteps } from './bootstrap/run.mjs';

async function main([name, ...args]) {
  const task = findTask(name, args);
  if (task === undefined) throw new SetupError(`unknown task "${name ?? ''}"; one of: ${taskNames.join(', ')}`, 2);
  checkNode();
  checkPlatform();
  await installPackages();
  const node = pinnedNode();
  const env = { ...process.env, ...task.env };
  if (task.needsEnvoy) env.SALLYPORT_ENVOY = await provideEnvoy();
  if (task.steps.length === 1) return execute(node, task.steps[0].args, env);
  return runSteps(node, task.steps, env);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`sallyport: ${error.message}\n`);
  process.exitCode = error.exitCode;
}
