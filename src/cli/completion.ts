import type { Command } from 'commander';

export const completionShells = ['bash', 'zsh', 'fish'] as const;

function wordsOf(command: Command): readonly string[] {
  return command.options.flatMap((option) => [option.long, option.short]).filter((word) => typeof word === 'string');
}

function bash(program: Command): string {
  const cases = program.commands.map((command) => `    ${command.name()}) words="${wordsOf(command).join(' ')}" ;;`);
  return `_sallyport() {
  local words="" current="\${COMP_WORDS[COMP_CWORD]}"
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    *) words="${program.commands.map((command) => command.name()).join(' ')}" ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words="${program.commands.map((command) => command.name()).join(' ')} --help --version"; fi
  COMPREPLY=($(compgen -W "$words" -- "$current") $(compgen -f -- "$current"))
}
complete -o filenames -F _sallyport sallyport
`;
}

function zsh(program: Command): string {
  const commands = program.commands.map(
    (command) => `    '${command.name()}:${command.description().replaceAll("'", '')}'`,
  );
  const cases = program.commands.map(
    (command) => `    ${command.name()}) compadd -- ${wordsOf(command).join(' ')}; _files ;;`,
  );
  return `#compdef sallyport
_sallyport() {
  local -a commands=(
${commands.join('\n')}
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  case "\${words[2]}" in
${cases.join('\n')}
  esac
}
compdef _sallyport sallyport
`;
}

function fish(program: Command): string {
  const lines = program.commands.flatMap((command) => [
    `complete -c sallyport -n __fish_use_subcommand -a ${command.name()} -d '${command.description().replaceAll("'", '')}'`,
    ...command.options.map((option) => {
      const long = option.long === undefined ? '' : ` -l ${option.long.slice(2)}`;
      return `complete -c sallyport -n '__fish_seen_subcommand_from ${command.name()}'${long} -d '${option.description.replaceAll("'", '')}'`;
    }),
  ]);
  return `${lines.join('\n')}\n`;
}

/** The script that teaches a shell the commands and their flags. */
export function renderCompletion(program: Command, shell: string): string {
  switch (shell) {
    case 'zsh':
      return zsh(program);
    case 'fish':
      return fish(program);
    default:
      return bash(program);
  }
}
