/** How a command is typed where this one was: the program as it was started, and the server that was named. */
import type { Environment } from './options.adapter.ts'

/** `sluice top` as it works here: `./sluice top --http :8081`. */
export type Typed = (line: string) => string

/** Set by what starts the program: `./sluice` in a clone. */
const programVariable = 'SLUICE_PROGRAM'

/** Options that stay the same for whatever is typed next. */
const lasting = ['--http', '--dir'] as const

const valueOf = (words: readonly string[], option: string): string | undefined => {
  const at = words.findLastIndex((word) => word === option || word.startsWith(`${option}=`))
  const word = words[at]
  if (word === undefined) return undefined
  return word === option ? words[at + 1] : word.slice(option.length + 1)
}

/** Whether a shell takes a word as it stands. */
const isPlain = (word: string): boolean => /^[\w@%+=:,./-]+$/.test(word)

const shellWord = (word: string): string => (isPlain(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)

/** @param words of the command line that asks; options that came by the environment come by it again */
export const typedAs = (environment: Environment, words: readonly string[]): Typed => {
  const program = environment[programVariable] ?? 'sluice'
  const end = words.indexOf('--')
  const given = end === -1 ? words : words.slice(0, end)
  const more = lasting.flatMap((option) => {
    const value = valueOf(given, option)
    return value === undefined ? [] : [option, shellWord(value)]
  })
  return (line) => {
    if (!/^sluice\b/.test(line)) return line
    // Help is the same everywhere.
    const others = line.endsWith('--help') ? [] : more
    return [line.replace(/^sluice/, () => program), ...others].join(' ')
  }
}

/** A sentence with the commands that stand in backticks as they are typed here. */
export const withTyped = (text: string, typed: Typed): string =>
  text.replaceAll(/`(sluice [^`]*)`/g, (_all, line: string) => `\`${typed(line)}\``)
