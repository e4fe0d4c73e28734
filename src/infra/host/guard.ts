import { spawn } from 'node:child_process';

/** Ends the Envoys of this run when this process is gone without having done so, by SIGKILL too. */
export interface Guard {
  /** Everything in the folder was stopped and removed: there is nothing left to guard. */
  release(): void;
}

/**
 * Waits on a pipe that only this process holds the other end of. Its end without a word means that the process was
 * killed: what was started with a file of the run's folder on its command line is ended, then the folder is removed.
 */
const script = `
trap '' INT TERM HUP
read -r word
[ "$word" = released ] && exit 0
end() {
  for folder in /proc/[0-9]*; do
    [ "$folder" = "/proc/$$" ] && continue
    tr '\\0' '\\n' 2>/dev/null <"$folder/cmdline" | grep -q -F -e "$1/" && kill -"$2" "\${folder#/proc/}" 2>/dev/null
  done
}
end "$1" TERM
sleep 1
end "$1" KILL
rm -rf -- "$1"
`;

export function createGuard(folder: string): Guard {
  // A session of its own: a signal to the terminal's group must not end it before what it guards.
  const child = spawn('sh', ['-c', script, 'sallyport-guard', folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  child.unref();
  return {
    release: () => {
      child.stdin.end('released\n');
    },
  };
}
