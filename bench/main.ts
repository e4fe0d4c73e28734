import { spawnSync } from 'node:child_process';
import { benchChanges } from './changes.ts';
import { benchChurn } from './churn.ts';
import { benchDataPlane } from './data-plane.ts';
import { benchPropagation } from './propagation.ts';
import { benchScale } from './scale.ts';
import { benchSteady } from './steady.ts';

/** Bench names, and sizes for the propagation bench; without names all are run. */
const names = ['propagation', 'steady', 'changes', 'data-plane', 'scale', 'churn'] as const;
type Name = (typeof names)[number];

const args = process.argv.slice(2);
const sizes = args.map(Number).filter(Number.isInteger);
const chosen = names.filter((name) => args.includes(name));
const benches: { readonly [N in Name]: () => Promise<void> } = {
  propagation: () => benchPropagation(sizes.length > 0 ? sizes : [100, 1_000, 5_000, 10_000]),
  steady: benchSteady,
  changes: benchChanges,
  'data-plane': benchDataPlane,
  scale: benchScale,
  churn: () => (globalThis.gc === undefined ? Promise.resolve(again('churn')) : benchChurn()),
};

/** A bench that looks at memory runs in a process of its own, which can collect its garbage. */
function again(name: Name): void {
  spawnSync(process.execPath, ['--expose-gc', import.meta.filename, name], { stdio: 'inherit' });
}

for (const name of chosen.length > 0 ? chosen : names) await benches[name]();
