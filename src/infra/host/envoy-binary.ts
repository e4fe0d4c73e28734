import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { err, ok, type Result } from '../../lib/result.ts';
import release from './envoy-release.json' with { type: 'json' };

/**
 * The path of the Envoy to run: `SALLYPORT_ENVOY`, else the pinned one in the cache folder, else `envoy` on the PATH if
 * it is of the pinned series. The error is one line that says how to get it.
 */
export function findEnvoyBinary(env: NodeJS.ProcessEnv = process.env): Result<string, string> {
  const chosen = env['SALLYPORT_ENVOY'];
  if (chosen !== undefined && chosen !== '') {
    return isExecutable(chosen) ? ok(chosen) : err(`SALLYPORT_ENVOY names "${chosen}", which is no executable file`);
  }
  const found = findInCache(env) ?? findOnPath(env);
  if (found !== undefined) return ok(found);
  return err(
    `Envoy ${release.version} was not found: run "npm run envoy" to download it, or set SALLYPORT_ENVOY to its binary`,
  );
}

/** The set-up script fills this place and checks the content's hash on the way in, so that its size is enough here. */
function findInCache(env: NodeJS.ProcessEnv): string | undefined {
  if (process.arch !== 'x64' && process.arch !== 'arm64') return undefined;
  const build = release.builds[process.arch];
  const file = join(cacheFolder(env), 'envoy', build.binarySha256, 'envoy');
  return isExecutable(file) && statSync(file).size === build.binaryBytes ? file : undefined;
}

function findOnPath(env: NodeJS.ProcessEnv): string | undefined {
  const files = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return files.map((folder) => join(folder, 'envoy')).find((file) => isExecutable(file) && isOfSeries(file));
}

function isOfSeries(file: string): boolean {
  const { stdout } = spawnSync(file, ['--version'], { encoding: 'utf8', timeout: 10_000 });
  return stdout?.includes(`/${release.series}.`) ?? false;
}

/** Where downloads and builds are kept between clones and runs; the same rule as scripts/bootstrap/paths.mjs. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  const chosen = env['SALLYPORT_CACHE'];
  if (chosen !== undefined && chosen !== '') return resolve(chosen);
  const home = env['HOME'] === undefined || env['HOME'] === '' ? homedir() : env['HOME'];
  const base = env['XDG_CACHE_HOME'] === undefined || env['XDG_CACHE_HOME'] === '' ? undefined : env['XDG_CACHE_HOME'];
  return join(base ?? join(home, '.cache'), 'sallyport');
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
