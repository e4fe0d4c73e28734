import { benchPropagation } from './propagation.ts';

const sizes = process.argv.slice(2).map(Number).filter(Number.isInteger);
await benchPropagation(sizes.length > 0 ? sizes : [100, 1_000, 5_000, 10_000]);
