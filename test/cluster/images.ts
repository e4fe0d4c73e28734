// The images of the cluster: made from files of this machine, as there may be no registry that could be asked.
import { readFileSync, readdirSync, realpathSync, existsSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { findEnvoyBinary } from '../../src/infra/host/envoy-binary.ts';
import { type ImageConfig, imageArchive } from './archive.ts';
import { cached, hashOf, root } from './cache.ts';
import { ctr } from './components.ts';
import { type Instance, within } from './instance.ts';
import { corednsProgram, echoClientProgram, echoProgram, echoServerProgram, pauseProgram } from './programs.ts';
import { ClusterError, must, tell } from './run.ts';
import type { TarEntry } from './tar.ts';

export const pauseImage = 'docker.io/sallyport/pause:1';
export const dnsImage = 'registry.k8s.io/coredns/coredns:v1.12.2';
export const echoImage = 'registry.k8s.io/gateway-api/echo-basic:v1.5.1';
export const envoyImage = 'docker.io/sallyport/envoy:1.40.0';
export const controllerImage = 'docker.io/sallyport/controller:dev';
const controllerName = 'controller';

/** As the Dockerfile has it, for what is measured and tested here to be what is built elsewhere. */
function controllerEntrypoint(): readonly string[] {
  const [, words] = /^ENTRYPOINT (.*)$/m.exec(readFileSync(join(root, 'deploy/Dockerfile'), 'utf8')) ?? [];
  return JSON.parse(words ?? '') as readonly string[];
}

/** The images run as this user unless they must not. */
const nonRoot = 65_532;

interface Image {
  readonly name: string;
  readonly tags: readonly string[];
  readonly config: ImageConfig;
  /** True for what few suites need and takes long to build: it is made and loaded by name alone. */
  readonly onRequest?: boolean;
  readonly files: () => Promise<readonly Source[]>;
}

const images: readonly Image[] = [
  {
    name: 'pause',
    tags: [pauseImage],
    config: { Entrypoint: ['/pause'] },
    files: async () => [file('pause', await pauseProgram(), 0o755)],
  },
  {
    name: 'coredns',
    tags: [dnsImage],
    config: { Entrypoint: ['/coredns'] },
    files: async () => [file('coredns', await corednsProgram(), 0o755)],
  },
  {
    name: 'echo-basic',
    // The tags that the manifests of the conformance suite ask for.
    tags: [echoImage, ...['v1.6.0-dev.2', 'v1.6.0-dev.3'].map((tag) => echoImage.replace('v1.5.1', tag))],
    config: { Entrypoint: ['/echo-basic'] },
    files: async () => [file('echo-basic', await echoProgram(), 0o755)],
  },
  {
    name: 'echo-advanced',
    tags: ['registry.k8s.io/gateway-api/echo-advanced:v1.5.1'],
    config: { Entrypoint: ['/usr/local/bin/server'], Env: ['PATH=/usr/local/bin'] },
    onRequest: true,
    files: async () => [
      file('usr/local/bin/server', await echoServerProgram(), 0o755),
      file('usr/local/bin/client', await echoClientProgram(), 0o755),
      ...(await echoCertificate()),
    ],
  },
  {
    name: 'envoy',
    tags: [envoyImage],
    config: { Entrypoint: ['/usr/local/bin/envoy'], User: String(nonRoot) },
    files: async () => [...(await program('usr/local/bin/envoy', envoyBinary())), ...surroundings()],
  },
  {
    name: controllerName,
    tags: [controllerImage],
    config: {
      Entrypoint: controllerEntrypoint(),
      Env: ['PATH=/usr/local/bin', 'NODE_ENV=production'],
      User: String(nonRoot),
      WorkingDir: '/app',
    },
    files: controllerFiles,
  },
];

export const knownImages: readonly string[] = images.map(({ name }) => name);
/** What every suite may need. */
export const imageNames: readonly string[] = images.filter(({ onRequest }) => !onRequest).map(({ name }) => name);
/** Without these no cluster gets ready. */
export const systemImages: readonly string[] = ['pause', 'coredns'];

/** Makes the images that changed and loads those that the cluster does not have yet. */
export async function loadImages(instance: Instance, names: readonly string[] = imageNames): Promise<void> {
  await load(instance, named(names));
}

function named(names: readonly string[]): readonly Image[] {
  return images.filter(({ name }) => names.includes(name));
}

/** Loads the controller of this clone under a tag of its own, beside those of other clones. */
export async function loadController(instance: Instance, tag: string): Promise<void> {
  const tags = [controllerImage.replace(/:dev$/, `:${tag}`)];
  await load(
    instance,
    named([controllerName]).map((image) => ({ ...image, name: `${image.name}-${tag}`, tags })),
  );
}

async function load(instance: Instance, wanted: readonly Image[]): Promise<void> {
  await Promise.all(
    wanted.map(async (image) => {
      const archive = await archiveOf(image);
      const record = within(instance, 'images', image.name);
      if (existsSync(record) && readFileSync(record, 'utf8') === archive) return;
      const { code, stderr } = await ctr(instance, 'images', 'import', archive);
      if (code !== 0) throw new ClusterError(`the image ${image.name} can't be loaded: ${stderr}`);
      writeFileSync(record, archive);
      tell(`loaded ${image.tags.join(', ')}`);
    }),
  );
}

/** Makes the images that the cache does not have yet, and gives their archives. */
export async function makeImages(names: readonly string[] = imageNames): Promise<readonly string[]> {
  const archives: string[] = [];
  for (const image of named(names)) archives.push(await archiveOf(image));
  return archives;
}

async function archiveOf({ name, tags, config, files }: Image): Promise<string> {
  const sources = await files();
  const hash = hashOf(JSON.stringify([tags, config]), ...sources.flatMap(identityOf));
  return cached(`${name}.tar`, hash, (path) => {
    const entries = sources.map(({ source, ...entry }) =>
      source === undefined ? entry : { ...entry, content: readFileSync(source) },
    );
    writeFileSync(path, imageArchive(tags, config, entries));
    return Promise.resolve();
  });
}

/** An entry of an image whose content may still be in a file. */
type Source = TarEntry & { readonly source?: string };

/** What changes when the entry does. Reading programs of 100 MB would take longer than all else, so those are known by their time. */
function identityOf({ path, mode, content, source }: Source): readonly (string | Uint8Array)[] {
  const kind = `${path} ${mode}`;
  if (source === undefined) return [kind, content ?? 'folder'];
  const { size, mtimeMs } = statSync(source);
  return [kind, size < 1_000_000 ? readFileSync(source) : `${size} ${mtimeMs}`];
}

function file(path: string, source: string, mode: number): Source {
  return { path, source, mode };
}

/** A program of this machine and the libraries that it is linked with. */
async function program(path: string, source: string): Promise<readonly Source[]> {
  const linked = await must(['ldd', source]);
  // "libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x...)" and "/lib64/ld-linux-x86-64.so.2 (0x...)"
  const libraries = linked.match(/\/\S+(?= \(0x)/g) ?? [];
  return [
    file(path, source, 0o755),
    ...libraries.map((library) => file(library.slice(1), realpathSync(library), 0o755)),
  ];
}

/** The server of the mesh tests has a certificate in its image. Nobody trusts it; it is made once. */
async function echoCertificate(): Promise<readonly Source[]> {
  const subject = ['-subj', '/CN=echo', '-addext', 'subjectAltName=DNS:*.svc.cluster.local', '-days', '3650'];
  const pem = await cached('echo-certificate', hashOf(...subject), async (path) => {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-keyout', `${path}.key`];
    await must(['openssl', 'req', '-x509', ...key, '-out', `${path}.crt`, ...subject]);
    writeFileSync(path, readFileSync(`${path}.crt`, 'utf8') + readFileSync(`${path}.key`, 'utf8'));
  });
  // A reader of either kind skips the blocks that it does not look for.
  return [file('cert.crt', pem, 0o644), file('cert.key', pem, 0o644)];
}

/** What programs expect of a system. */
function surroundings(): readonly Source[] {
  const authorities = '/etc/ssl/certs/ca-certificates.crt';
  if (!existsSync(authorities)) throw new ClusterError(`${authorities} is missing: install ca-certificates`);
  const users = `root:x:0:0::/:/sbin/nologin\nnonroot:x:${nonRoot}:${nonRoot}::/tmp:/sbin/nologin\n`;
  return [
    { path: 'tmp', mode: 0o1777 },
    { path: 'etc/passwd', content: Buffer.from(users), mode: 0o644 },
    file(authorities.slice(1), realpathSync(authorities), 0o644),
  ];
}

function envoyBinary(): string {
  const found = findEnvoyBinary();
  if (found.ok) return found.value;
  throw new ClusterError(found.error);
}

async function controllerFiles(): Promise<readonly Source[]> {
  const node = await program('usr/local/bin/node', process.execPath);
  const folders = ['bin', 'dist', 'crds', ...productionPackages()].filter((folder) => existsSync(join(root, folder)));
  return [
    ...node,
    ...surroundings(),
    file('app/package.json', join(root, 'package.json'), 0o644),
    ...folders.flatMap((folder) => filesBelow(join(root, folder))),
  ];
}

/** The packages that the lock file does not set aside for development or for other machines. */
function productionPackages(): readonly string[] {
  interface Locked {
    readonly dev?: boolean;
    readonly optional?: boolean;
  }
  const lock: { readonly packages: { readonly [path: string]: Locked } } = JSON.parse(
    readFileSync(join(root, 'package-lock.json'), 'utf8'),
  );
  const wanted = Object.entries(lock.packages).filter(([path, { dev, optional }]) => path !== '' && !dev && !optional);
  return wanted.map(([path]) => path);
}

function filesBelow(folder: string): readonly Source[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name)).toSorted();
  return paths.map((path) => file(join('app', relative(root, path)), path, 0o644));
}
