/** Completion scripts of shells, from the definitions of commands. Pure: the same commands make the same script. */
import {
  type Command,
  globalOptions,
  globalOptionsOf,
  type OptionDefinition,
  type OptionDefinitions,
} from './command.ts'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** Values that are names of files or folders. */
const isPath = (name: string): boolean => name === 'FILE' || name === 'FOLDER'

interface Entry {
  readonly words: string
  readonly summary: string
  readonly options: OptionDefinitions
  readonly takesFile: boolean
}

const entriesOf = (commands: readonly Command[]): readonly Entry[] =>
  commands.map((command) => ({
    words: command.path.join(' '),
    summary: command.summary,
    options: { ...globalOptionsOf(command), ...command.options },
    takesFile: command.positionals.some(({ name }) => isPath(name)),
  }))

/** Groups of commands: their first word, with the words that may follow. */
const groupsOf = (commands: readonly Command[]): ReadonlyMap<string, readonly string[]> =>
  new Map(
    [...Map.groupBy(commands, ({ path }) => path[0] ?? '')].map(([first, group]) => [
      first,
      group.flatMap(({ path }) => path.slice(1)),
    ]),
  )

const flagsOf = (name: string, option: OptionDefinition): readonly string[] =>
  option.short === undefined ? [`--${name}`] : [`--${name}`, `-${option.short}`]

/** A shell's word in single quotes. */
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`

const valueHint = (option: OptionDefinition): readonly string[] | 'path' | 'any' | 'none' => {
  if (option.type === 'flag') return 'none'
  if (option.type === 'text' && option.choices !== undefined) return option.choices
  return isPath(option.value) ? 'path' : 'any'
}

/** Options of all commands that take a value, by what completes it. */
const valueOptions = (entries: readonly Entry[]) => {
  const cases = new Map<string, Set<string>>()
  for (const { words, options } of entries) {
    for (const [name, option] of Object.entries(options)) {
      const hint = valueHint(option)
      if (hint === 'none') continue
      const action =
        hint === 'path'
          ? 'COMPREPLY=($(compgen -f -- "$current"))'
          : hint === 'any'
            ? 'COMPREPLY=()'
            : `COMPREPLY=($(compgen -W ${quoted(hint.join(' '))} -- "$current"))`
      const patterns = cases.get(action) ?? new Set()
      for (const flag of flagsOf(name, option)) patterns.add(`${quoted(`${words} ${flag}`)}`)
      cases.set(action, patterns)
    }
  }
  return [...cases].map(([action, patterns]) => `    ${[...patterns].join('|')}) ${action}; return ;;`)
}

const bashScript = (commands: readonly Command[]): string => {
  const entries = entriesOf(commands)
  const groups = groupsOf(commands)
  const second = [...groups].filter(([, words]) => words.length > 0)
  return [
    '# Completion of sluice for bash. Use: source <(sluice completion bash)',
    '_sluice() {',
    '  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" command="" word i',
    '  COMPREPLY=()',
    '  for ((i = 1; i < COMP_CWORD; i++)); do',
    '    word="${COMP_WORDS[i]}"',
    '    case "$word" in -*) break ;; esac',
    '    case "$command" in',
    ...second.map(
      ([first, words]) =>
        `      ${quoted(first)}) case "$word" in ${words.map(quoted).join('|')}) command="$command $word" ;; esac; break ;;`,
    ),
    '      "") command="$word" ;;',
    '      *) break ;;',
    '    esac',
    '  done',
    // A group alone means its list.
    '  local full="$command"',
    '  case "$command" in',
    ...second
      .filter(
        ([first, words]) =>
          words.includes('list') && !commands.some(({ path }) => path.length === 1 && path[0] === first),
      )
      .map(([first]) => `    ${quoted(first)}) full="$command list" ;;`),
    '  esac',
    '  case "$full $previous" in',
    ...valueOptions(entries),
    '  esac',
    '  if [[ "$current" == -* ]]; then',
    '    case "$full" in',
    ...entries.map(({ words, options }) => {
      const flags = Object.entries(options).flatMap(([name, option]) => flagsOf(name, option))
      return `      ${quoted(words)}) COMPREPLY=($(compgen -W ${quoted(flags.join(' '))} -- "$current")) ;;`
    }),
    '      "") COMPREPLY=($(compgen -W "--help --version" -- "$current")) ;;',
    '    esac',
    '    return',
    '  fi',
    '  case "$command" in',
    `    "") COMPREPLY=($(compgen -W ${quoted([...groups.keys(), 'help'].join(' '))} -- "$current")) ;;`,
    ...second.map(
      ([first, words]) =>
        `    ${quoted(first)}) COMPREPLY=($(compgen -W ${quoted(words.join(' '))} -- "$current")) ;;`,
    ),
    ...(entries.some(({ takesFile }) => takesFile)
      ? [
          `    ${entries
            .filter(({ takesFile }) => takesFile)
            .map(({ words }) => quoted(words))
            .join('|')}) COMPREPLY=($(compgen -f -- "$current")) ;;`,
        ]
      : []),
    '  esac',
    '}',
    'complete -o filenames -F _sluice sluice ./sluice',
    '',
  ].join('\n')
}

/** In descriptions of zsh, brackets and colons mean something. */
const zshText = (text: string): string => text.replaceAll(/[[\]:\\]/g, (character) => `\\${character}`)

const zshOption = (name: string, option: OptionDefinition): readonly string[] => {
  const hint = valueHint(option)
  const value = option.type === 'flag' ? '' : option.value
  const action =
    hint === 'none'
      ? ''
      : hint === 'path'
        ? `:${value}:_files`
        : hint === 'any'
          ? `:${value}:`
          : `:${value}:(${hint.join(' ')})`
  const repeat = option.type === 'list' ? '*' : ''
  return flagsOf(name, option).map((flag) =>
    quoted(`${repeat}${flag}[${zshText(option.description)}]${action}`),
  )
}

const zshScript = (commands: readonly Command[]): string => {
  const entries = entriesOf(commands)
  const groups = groupsOf(commands)
  const described = (items: readonly (readonly [string, string])[]): string =>
    items.map(([word, text]) => quoted(`${zshText(word)}:${text}`)).join(' ')
  const firsts = [...groups].map(([first, words]): readonly [string, string] => [
    first,
    words.length === 0 ? (entries.find((entry) => entry.words === first)?.summary ?? '') : words.join(', '),
  ])
  return [
    '#compdef sluice',
    '# Completion of sluice for zsh. Use: source <(sluice completion zsh)',
    '_sluice() {',
    '  local -a items',
    '  if (( CURRENT == 2 )); then',
    `    items=(${described(firsts)})`,
    '    _describe command items; return',
    '  fi',
    '  local command="$words[2]" skip=1',
    '  case "$command" in',
    ...[...groups]
      .filter(([, words]) => words.length > 0)
      .flatMap(([first, words]) => {
        const items = words.map((word): readonly [string, string] => [
          word,
          entries.find((entry) => entry.words === `${first} ${word}`)?.summary ?? '',
        ])
        return [
          `    ${quoted(first)})`,
          `      if (( CURRENT == 3 )) && [[ "$words[3]" != -* ]]; then items=(${described(items)}); _describe command items; return; fi`,
          '      if [[ "$words[3]" != -* ]]; then command="$command $words[3]"; skip=2; else command="$command list"; fi ;;',
        ]
      }),
    '  esac',
    '  shift $skip words; (( CURRENT -= skip ))',
    '  case "$command" in',
    ...entries.map(({ words, options, takesFile }) => {
      const specs = Object.entries(options).flatMap(([name, option]) => zshOption(name, option))
      return `    ${quoted(words)}) _arguments -S ${[...specs, quoted(takesFile ? '*:file:_files' : '*:name:')].join(' ')} ;;`
    }),
    '  esac',
    '}',
    'compdef _sluice sluice ./sluice',
    '',
  ].join('\n')
}

const fishScript = (commands: readonly Command[]): string => {
  const groups = groupsOf(commands)
  const line = (condition: string, rest: string): string =>
    `complete -c sluice -n ${quoted(condition)} ${rest}`
  const options = (condition: string, definitions: OptionDefinitions): string[] =>
    Object.entries(definitions).map(([name, option]) => {
      const hint = valueHint(option)
      const value =
        hint === 'none'
          ? ''
          : hint === 'path'
            ? ' -r -F'
            : hint === 'any'
              ? ' -x'
              : ` -x -a ${quoted(hint.join(' '))}`
      const short = option.short === undefined ? '' : ` -s ${option.short}`
      return line(condition, `-l ${name}${short}${value} -d ${quoted(option.description)}`)
    })
  return [
    '# Completion of sluice for fish. Use: sluice completion fish | source',
    'complete -c sluice -f',
    ...[...groups].map(([first, words]) => {
      const text =
        words.length === 0
          ? (commands.find(({ path }) => path[0] === first)?.summary ?? '')
          : words.join(', ')
      return line('__fish_use_subcommand', `-a ${quoted(first)} -d ${quoted(text)}`)
    }),
    ...commands.flatMap((command) => {
      const [first = '', second] = command.path
      const seen = `__fish_seen_subcommand_from ${first}`
      const others = (groups.get(first) ?? []).join(' ')
      const here = second === undefined ? seen : `${seen}; and __fish_seen_subcommand_from ${second}`
      return [
        ...(second === undefined
          ? []
          : [
              line(
                `${seen}; and not __fish_seen_subcommand_from ${others}`,
                `-a ${quoted(second)} -d ${quoted(command.summary)}`,
              ),
            ]),
        ...options(here, command.options),
        ...(command.positionals.some(({ name }) => isPath(name)) ? [line(here, '-F')] : []),
      ]
    }),
    ...Object.entries(globalOptions).map(([name, option]) => {
      const { description, ...rest } = option
      const short = 'short' in rest ? ` -s ${rest.short}` : ''
      return `complete -c sluice -l ${name}${short}${option.type === 'flag' ? '' : ' -r'} -d ${quoted(description)}`
    }),
    '',
  ].join('\n')
}

/** The script that teaches a shell the commands. */
export const completionScript = (shell: Shell, commands: readonly Command[]): string => {
  if (shell === 'bash') return bashScript(commands)
  return shell === 'zsh' ? zshScript(commands) : fishScript(commands)
}
