// The backend as a program of its own, in a Pod: `node serve.ts PORT`.
import { startLoadBackend } from './backend.ts';

const backend = await startLoadBackend({ address: '0.0.0.0', port: Number(process.argv[2]) });
process.on('SIGTERM', () => {
  backend.close();
  process.exit(0);
});
