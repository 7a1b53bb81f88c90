/**
 * Reads the words of a command line by definitions: flags, texts, lists, integers; environment; positionals.
 * The one place that turns values that were checked against definitions into the types of those definitions.
 */
import { parseArgs } from 'node:util'
import { fault } from '../kernel/faults/index.ts'
import { nearest } from '../kernel/near-miss.ts'
import type {
  Command,
  CommandDefinition,
  OptionDefinition,
  OptionDefinitions,
  Positional,
  ValuesOf,
} from './command.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Writes a command; its options give their types to what it runs. */
export const defineCommand = <const Options extends OptionDefinitions>(
  definition: CommandDefinition<Options>,
): Command => ({
  ...definition,
  run: (context, input) =>
    definition.run(context, {
      positionals: input.positionals,
      // `parseWords` made each value by its definition.
      options: input.options as ValuesOf<Options>,
    }),
})

export interface ParsedWords<Options extends OptionDefinitions = OptionDefinitions> {
  readonly options: ValuesOf<Options>
  readonly positionals: readonly string[]
}

type Refuse = (problem: string) => never

const truths: readonly string[] = ['true', '1', 'yes']

const textValue = (label: string, option: OptionDefinition, text: string, refuse: Refuse): unknown => {
  if (option.type === 'flag') return truths.includes(text.toLowerCase())
  if (option.type === 'integer') {
    const number = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (Number.isNaN(number) || number < option.min || number > option.max) {
      return refuse(`${label} ${text} is no whole number from ${option.min} to ${option.max}`)
    }
    return number
  }
  if (option.type === 'text' && option.choices !== undefined && !option.choices.includes(text)) {
    return refuse(`${label} ${text} is none of ${option.choices.join(', ')}`)
  }
  return text
}

/** Flags that were given as `true`, everything else as its texts. */
type Given = Map<string, string[]>

interface Token {
  readonly kind: string
  readonly name?: string
  readonly rawName?: string
  readonly value?: string | boolean | undefined
  readonly inlineValue?: boolean | undefined
}

const readToken = (token: Token, definitions: OptionDefinitions, given: Given, refuse: Refuse): void => {
  const { name = '', rawName = '', value } = token
  const option = definitions[name]
  if (option === undefined) {
    const known = nearest(name, Object.keys(definitions))
    return refuse(`there is no option ${rawName}${known === undefined ? '' : `; did you mean --${known}?`}`)
  }
  if (option.type === 'flag') {
    if (token.inlineValue === true) return refuse(`${rawName} takes no value`)
    given.set(name, ['true'])
    return
  }
  const lacks =
    typeof value !== 'string' || (token.inlineValue !== true && /^-./.test(value) && !/^-\d/.test(value))
  if (lacks) return refuse(`${rawName} needs a value: ${option.value}`)
  const before = given.get(name) ?? []
  if (before.length > 0 && option.type !== 'list') return refuse(`${rawName} was given twice`)
  given.set(name, [...before, value])
}

const valueFor = (
  name: string,
  option: OptionDefinition,
  given: Given,
  environment: Environment,
  refuse: Refuse,
): unknown => {
  const texts = given.get(name)
  if (option.type === 'list') return texts ?? []
  const text = texts?.[0]
  if (text !== undefined) return textValue(`--${name}`, option, text, refuse)
  const fromEnvironment = option.env === undefined ? undefined : environment[option.env]
  if (fromEnvironment !== undefined && fromEnvironment !== '') {
    return textValue(option.env ?? name, option, fromEnvironment, refuse)
  }
  if (option.type === 'flag') return false
  return option.default
}

const checkPositionals = (
  words: readonly string[],
  positionals: readonly Positional[],
  refuse: Refuse,
): void => {
  const needed = positionals.filter(({ required }) => required)
  const lacking = needed[words.length]
  if (words.length < needed.length && lacking !== undefined)
    refuse(`${lacking.name} is missing: ${lacking.description}`)
  const most = positionals.some(({ many }) => many === true) ? Number.POSITIVE_INFINITY : positionals.length
  const extra = words[most]
  if (extra !== undefined) refuse(`${JSON.stringify(extra)} is too much`)
}

/**
 * Reads `words` by definitions; options may stand anywhere, `--` ends them.
 * @param help the command line that shows how it is used
 * @throws fault USAGE_WRONG
 */
export const parseWords = <Options extends OptionDefinitions>(
  words: readonly string[],
  definitions: Options,
  positionals: readonly Positional[],
  environment: Environment,
  help: string,
): ParsedWords<Options> => {
  const refuse: Refuse = (problem) => {
    throw fault('USAGE_WRONG', { problem: problem.charAt(0).toUpperCase() + problem.slice(1), help })
  }
  const { tokens, positionals: rest } = parseArgs({
    args: [...words],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(definitions).map(([name, { type, short }]) => [
        name,
        {
          type: type === 'flag' ? ('boolean' as const) : ('string' as const),
          ...(short === undefined ? {} : { short }),
        },
      ]),
    ),
  })
  const given: Given = new Map()
  for (const token of tokens) {
    if (token.kind === 'option') readToken(token, definitions, given, refuse)
  }
  // Whoever asks for help need not know the rest yet.
  if (!given.has('help')) checkPositionals(rest, positionals, refuse)
  const options: Record<string, unknown> = {}
  for (const [name, option] of Object.entries(definitions)) {
    options[name] = valueFor(name, option, given, environment, refuse)
  }
  // Each value was made by its definition above.
  return { options: options as ValuesOf<Options>, positionals: rest }
}
