import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { tar, type TarEntry } from './tar.ts';

/** What an image starts, as in the OCI image configuration. */
export interface ImageConfig {
  readonly Entrypoint: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Env?: readonly string[];
  readonly User?: string;
  readonly WorkingDir?: string;
}

/** An archive as `docker save` writes it, with one layer, whose image has all of the tags. */
export function imageArchive(tags: readonly string[], config: ImageConfig, files: readonly TarEntry[]): Buffer {
  const layer = tar(withFolders(files));
  const image = Buffer.from(
    JSON.stringify({
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      config,
      rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(layer)}`] },
    }),
  );
  const configName = `${sha256(image)}.json`;
  const manifest = [{ Config: configName, RepoTags: tags, Layers: ['layer.tar'] }];
  return tar([
    { path: configName, content: image, mode: 0o644 },
    { path: 'layer.tar', content: layer, mode: 0o644 },
    { path: 'manifest.json', content: Buffer.from(JSON.stringify(manifest)), mode: 0o644 },
  ]);
}

/** Every folder above a file gets an entry before it, unless it has one. */
function withFolders(files: readonly TarEntry[]): readonly TarEntry[] {
  const folders = new Map(files.filter(isFolder).map((folder) => [folder.path, folder]));
  for (const { path } of files) {
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
      if (!folders.has(folder)) folders.set(folder, { path: folder, mode: 0o755 });
    }
  }
  const sorted = [...folders.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return [...sorted, ...files.filter((file) => !isFolder(file))];
}

function isFolder(entry: TarEntry): boolean {
  return entry.content === undefined;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
