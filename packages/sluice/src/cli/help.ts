/** Help pages, from the definitions of commands. */
import {
  type Command,
  globalOptions,
  globalOptionsOf,
  type OptionDefinition,
  type OptionDefinitions,
} from './command.ts'
import { exitCodeMeanings } from './exit-codes.ts'
import type { Paint } from './paint.ts'
import { padEnd, widthOf } from './words.ts'

const width = 80

/** Text in lines of at most `columns`, each behind `indent` blanks. */
const wrap = (text: string, indent: number, columns = width): string[] => {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > columns - indent) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  if (line !== '') lines.push(line)
  return lines.map((one) => `${' '.repeat(indent)}${one}`)
}

const termLines = (terms: readonly (readonly [term: string, text: string])[], paint: Paint): string[] => {
  const widest = Math.min(28, Math.max(0, ...terms.map(([term]) => widthOf(term))))
  return terms.flatMap(([term, text]) => {
    const [first = '', ...rest] = wrap(text, widest + 4)
    const long = widthOf(term) > widest
    const head = `  ${paint('accent', long ? term : padEnd(term, widest))}`
    return long ? [head, first, ...rest] : [`${head}  ${first.trimStart()}`, ...rest]
  })
}

/** `-n, --count NUMBER`. */
export const optionTerm = (name: string, option: OptionDefinition): string =>
  `${option.short === undefined ? '' : `-${option.short}, `}--${name}${option.type === 'flag' ? '' : ` ${option.value}`}`

/** What an option does, with choices, default and environment variable. */
export const optionText = (option: OptionDefinition): string => {
  const facts: string[] = []
  if (option.type === 'text' && option.choices !== undefined)
    facts.push(`one of ${option.choices.join(', ')}`)
  if (option.type === 'list') facts.push('may be given several times')
  if ('default' in option && option.default !== undefined) facts.push(`default ${option.default}`)
  if (option.env !== undefined) facts.push(option.env)
  return facts.length === 0 ? option.description : `${option.description} (${facts.join('; ')})`
}

const optionTerms = (options: OptionDefinitions): (readonly [string, string])[] =>
  Object.entries(options).map(([name, option]) => [optionTerm(name, option), optionText(option)] as const)

/** `sluice topics show NAME [options]`. */
export const usageOf = (command: Command): string => {
  const words = command.positionals.map(({ name, required, many }) => {
    const word = many === true ? `${name}…` : name
    return required ? word : `[${word}]`
  })
  return ['sluice', ...command.path, ...words, '[options]'].join(' ')
}

const exitTerms = exitCodeMeanings.map(([code, meaning]) => [String(code), meaning] as const)

export const commandHelp = (command: Command, paint: Paint): string => {
  const title = (text: string): string => paint('strong', text)
  const positionals = command.positionals.map(({ name, description }) => [name, description] as const)
  return [
    `${command.summary}.`,
    '',
    `${title('Usage')}  ${usageOf(command)}`,
    '',
    ...wrap(command.description, 0),
    ...(positionals.length === 0 ? [] : ['', title('Arguments'), ...termLines(positionals, paint)]),
    ...(Object.keys(command.options).length === 0
      ? []
      : ['', title('Options'), ...termLines(optionTerms(command.options), paint)]),
    '',
    title('Options of every command'),
    ...termLines(optionTerms(globalOptionsOf(command)), paint),
    '',
    title('Examples'),
    ...command.examples.flatMap(({ line, says }) => [`  ${paint('soft', `# ${says}`)}`, `  ${line}`]),
    '',
    title('Exit codes'),
    ...termLines(exitTerms, paint),
    '',
  ].join('\n')
}

/** The first words of commands, each with what it does. */
const firstWords = (commands: readonly Command[]): (readonly [string, string])[] =>
  [...Map.groupBy(commands, ({ path }) => path[0] ?? '')].map(([word, group]) => {
    const [only] = group
    if (group.length === 1 && only?.path.length === 1) return [word, only.summary] as const
    return [word, group.map(({ path }) => path.slice(1).join(' ')).join(', ')] as const
  })

/** @param more lines of the group's own, below its commands */
export const groupHelp = (
  word: string,
  commands: readonly Command[],
  paint: Paint,
  more: readonly string[],
): string =>
  [
    `${paint('strong', 'Usage')}  sluice ${word} COMMAND [options]`,
    '',
    ...termLines(
      commands.map(({ path, summary }) => [path.slice(1).join(' '), summary] as const),
      paint,
    ),
    '',
    ...more,
    `\`sluice ${word} COMMAND --help\` tells more, with examples.`,
    '',
  ].join('\n')

export const mainHelp = (commands: readonly Command[], version: string, paint: Paint): string =>
  [
    `${paint('strong', `Sluice ${version}`)}: moves events between sources, Kafka and PostgreSQL, and shows it live.`,
    '',
    `${paint('strong', 'Usage')}  sluice COMMAND [options]`,
    '',
    ...termLines(firstWords(commands), paint),
    '',
    paint('strong', 'Options of every command'),
    ...termLines([...optionTerms(globalOptions), ['--version', 'Print the version.']], paint),
    '',
    'Start with `sluice up`. `sluice COMMAND --help` tells more, with examples.',
    '',
  ].join('\n')
