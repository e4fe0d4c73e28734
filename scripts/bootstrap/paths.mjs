import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of package.json. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where downloads are kept between clones and runs; the same rule as src/infra/host/envoy-binary.ts. */
export function cacheFolder(env = process.env) {
  if (env.SALLYPORT_CACHE) return resolve(env.SALLYPORT_CACHE);
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'sallyport');
}
