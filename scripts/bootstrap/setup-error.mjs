/** A reason why the set-up can't go on that its reader can act on: one line, shown without a stack. */
export class SetupError extends Error {
  constructor(message, exitCode = 1) {
    super(message.replace(/\s*\n\s*/g, ' '));
    this.exitCode = exitCode;
  }
}

/** The last line of a tool's output that says something, for the one line shown to the reader. */
export function lastLine(output) {
  const lines = output.split('\n').map((line) => line.trim());
  const said = lines.filter((line) => line !== '' && !/^(npm error code|npm warn|npm error$|\[notice\])/i.test(line));
  const error = said.find((line) => /\berror\b|\bERROR:/i.test(line));
  return (error ?? said.at(-1) ?? 'no output').replace(/^(npm error|ERROR:)\s*/i, '').slice(0, 300);
}
