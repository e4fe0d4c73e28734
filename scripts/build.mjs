// Compiles what the package carries into dist/: Node strips no types below node_modules. The layout is the source's
// (dist/src, dist/gen), so that paths between the two stay what they are.
import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
rmSync('dist', { recursive: true, force: true });
const compiler = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'];
const { status } = spawnSync(process.execPath, compiler, { stdio: 'inherit' });
// Generated code is JavaScript already; only the compiler's input has types.
cpSync('gen', 'dist/gen', { recursive: true, filter: (path) => !/\.(d\.ts|ts|binpb)$/.test(path) });
process.exitCode = status ?? 1;
