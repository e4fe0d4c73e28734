// Takes the comments out of generated code, apart from each file's first line that names its generator: they repeat
// what the code says and are half of its size.
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [root] = process.argv.slice(2);
for (const name of globSync('**/*.{js,ts}', { cwd: root })) {
  const path = join(root, name);
  const text = readFileSync(path, 'utf8');
  const stripped = text
    .replaceAll(/^[ \t]*\/\*[\s\S]*?\*\/[ \t]*\n/gm, '')
    .split('\n')
    .filter((line, index) => index === 0 || !/^\s*\/\//.test(line))
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .replaceAll(/\{\n\n/g, '{\n')
    .trimEnd();
  writeFileSync(path, `${stripped}\n`);
}
