/** One entry of a tar archive. Paths have no leading slash; everything belongs to root. */
export interface TarEntry {
  readonly path: string;
  /** Without content it is a folder. */
  readonly content?: Uint8Array;
  readonly mode: number;
}

const block = 512;

/** An archive in the ustar format (POSIX.1-1988). Times are zero, so equal entries make equal bytes. */
export function tar(entries: readonly TarEntry[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    parts.push(header(entry));
    const content = entry.content ?? new Uint8Array();
    parts.push(content, Buffer.alloc((block - (content.length % block)) % block));
  }
  // Two blocks of zeros are the end.
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

function header(entry: TarEntry): Buffer {
  const bytes = Buffer.alloc(block);
  const isFolder = entry.content === undefined;
  const [prefix, name] = splitPath(isFolder ? `${entry.path}/` : entry.path);
  const octal = (value: number, at: number, length: number) =>
    bytes.write(value.toString(8).padStart(length - 1, '0'), at, 'latin1');
  bytes.write(name, 0);
  octal(entry.mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(entry.content?.length ?? 0, 124, 12);
  octal(0, 136, 12);
  bytes.write('        ', 148, 'latin1');
  bytes.write(isFolder ? '5' : '0', 156, 'latin1');
  bytes.write('ustar\u000000', 257, 'latin1');
  bytes.write(prefix, 345);
  octal(
    bytes.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  return bytes;
}

/** The name has 100 bytes; what is longer gives its first folders to the prefix, which has 155. */
function splitPath(path: string): readonly [prefix: string, name: string] {
  if (Buffer.byteLength(path) <= 100) return ['', path];
  for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
    const [prefix, name] = [path.slice(0, slash), path.slice(slash + 1)];
    if (Buffer.byteLength(name) <= 100 && Buffer.byteLength(prefix) <= 155 && name !== '') return [prefix, name];
  }
  throw new RangeError(`the path is too long for an archive: ${path}`);
}
