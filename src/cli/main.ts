import { createProgram, usageExitCode } from './program.ts';

/** As of a process that SIGPIPE ended. */
const brokenPipe = 128 + 13;

// Whoever reads the output may stop before its end, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(brokenPipe);
});

/** Runs one command; the exit code says how it went: 0 well, 1 with findings, 2 not understood. */
try {
  await createProgram().parseAsync(process.argv);
} catch (error) {
  const code = usageExitCode(error);
  if (code === undefined) throw error;
  process.exitCode = code;
}
