import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { root } from './paths.mjs';
import { startProgress } from './progress.mjs';
import { capture } from './run.mjs';
import { SetupError, lastLine } from './setup-error.mjs';

const modules = join(root, 'node_modules');
const stampFile = join(modules, '.sallyport-stamp');

/** Makes node_modules what package-lock.json says, and does nothing when it already is. */
export async function installPackages() {
  const lock = readFileSync(join(root, 'package-lock.json'));
  const stamp = `${createHash('sha256').update(lock).digest('hex')} ${process.platform}-${process.arch}\n`;
  if (readIfThere(stampFile) === stamp) return;
  await withLock('install', async () => {
    if (readIfThere(stampFile) === stamp) return;
    if (!installedMatches(JSON.parse(lock))) await installFromLock(Object.keys(JSON.parse(lock).packages).length);
    writeFileSync(stampFile, stamp);
  });
}

/** The Node that everything runs on: a package of the lock file, whatever the machine has. */
export function pinnedNode() {
  const pinned = join(modules, `node-linux-${process.arch}`, 'bin', 'node');
  if (existsSync(pinned)) return pinned;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  throw new SetupError(
    `the pinned Node 24 is missing from node_modules: run "npm ci --ignore-scripts" without omitting optional packages, or use Node 24`,
  );
}

/** True where someone ran npm by hand: npm's own record of what it installed agrees with the lock file. */
function installedMatches(lock) {
  const record = readIfThere(join(modules, '.package-lock.json'));
  if (record === undefined) return false;
  const installed = JSON.parse(record).packages ?? {};
  return Object.entries(lock.packages).every(([path, wanted]) => {
    if (path === '') return true;
    const found = installed[path];
    if (found === undefined) return wanted.optional === true && !isForThisMachine(wanted);
    return found.version === wanted.version && found.integrity === wanted.integrity;
  });
}

function isForThisMachine(wanted) {
  const musl = wanted.libc?.includes('musl') ?? false;
  return !musl && (wanted.os?.includes('linux') ?? false) && (wanted.cpu?.includes(process.arch) ?? false);
}

async function installFromLock(expected) {
  const progress = startProgress('installing npm packages', () => `${countInstalled()}/${expected}`);
  const [command, args] = npmCommand();
  const { code, output } = await capture(command, [...args, 'ci', '--ignore-scripts', '--no-audit', '--no-fund']);
  if (code === 0) return progress.done();
  progress.failed();
  if (code === 127) throw new SetupError('npm was not found: install the npm that belongs to your Node');
  throw new SetupError(`"npm ci --ignore-scripts" failed: ${lastLine(output)}`);
}

/** Below npm the same npm is used again; else the one on the PATH. */
function npmCommand() {
  const script = process.env.npm_execpath;
  return script?.endsWith('npm-cli.js') ? [process.execPath, [script]] : ['npm', []];
}

function countInstalled() {
  try {
    return readdirSync(modules).length;
  } catch {
    return 0;
  }
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
