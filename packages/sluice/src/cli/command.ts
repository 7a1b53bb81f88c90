/** What a command is: data from which parser, help, reference page and completion are derived, and what it does. */
import type { Clock } from '../kernel/clock.ts'
import type { Client } from './client.adapter.ts'
import type { Io } from './io.ts'
import type { LocalCommands } from './local-commands.ts'
import type { Typed } from './typed.ts'

interface OptionBase {
  /** One letter. */
  readonly short?: string
  readonly description: string
  /** Environment variable that gives the value where the option is not given. */
  readonly env?: string
}

export interface FlagOption extends OptionBase {
  readonly type: 'flag'
}

export interface TextOption extends OptionBase {
  readonly type: 'text'
  /** How the value is called in the help, in capitals. */
  readonly value: string
  readonly default?: string
  readonly choices?: readonly string[]
}

/** May be given several times. */
export interface ListOption extends OptionBase {
  readonly type: 'list'
  readonly value: string
}

export interface IntegerOption extends OptionBase {
  readonly type: 'integer'
  readonly value: string
  readonly min: number
  readonly max: number
  readonly default?: number
}

export type OptionDefinition = FlagOption | TextOption | ListOption | IntegerOption
export type OptionDefinitions = Readonly<Record<string, OptionDefinition>>

type ValueOf<Option extends OptionDefinition> = Option extends FlagOption
  ? boolean
  : Option extends ListOption
    ? readonly string[]
    : Option extends IntegerOption
      ? Option extends { readonly default: number }
        ? number
        : number | undefined
      : Option extends { readonly default: string }
        ? string
        : string | undefined

export type ValuesOf<Options extends OptionDefinitions> = {
  readonly [Name in keyof Options]: ValueOf<Options[Name]>
}

export interface Positional {
  /** In capitals. */
  readonly name: string
  readonly description: string
  readonly required: boolean
  /** Takes all that is left. */
  readonly many?: boolean
}

/** Where the API is when nobody says otherwise. */
export const defaultHttp = '127.0.0.1:8080'

/** Options that every command takes. */
export const globalOptions = {
  http: {
    type: 'text',
    value: 'ADDRESS',
    env: 'SLUICE_HTTP',
    description: 'Address of the API; for a process that is started: as the file says, else 127.0.0.1:8080.',
  },
  dir: {
    type: 'text',
    value: 'FOLDER',
    env: 'SLUICE_DIR',
    default: '.sluice',
    description: 'Folder of data, logs and keys.',
  },
  json: { type: 'flag', description: 'Print JSON, for scripts.' },
  help: { type: 'flag', short: 'h', description: 'Show this help.' },
} as const satisfies OptionDefinitions

/** The options of every command that mean something to this one. */
export const globalOptionsOf = ({ without = [] }: Pick<CommandText, 'without'>): OptionDefinitions =>
  Object.fromEntries(Object.entries(globalOptions).filter(([name]) => !without.some((one) => one === name)))

export interface CommandContext {
  readonly io: Io
  readonly clock: Clock
  readonly version: string
  /** Speaks to the server that `--http` names; reads the key when it is first used. */
  readonly client: Client
  readonly local: LocalCommands
  /** How a command is typed here: for what is suggested. */
  readonly typed: Typed
  /** All commands there are. */
  readonly commands: readonly Command[]
  readonly options: ValuesOf<typeof globalOptions>
  /** Aborted at the first Ctrl-C: end in order. */
  readonly signal: AbortSignal
  /** Aborted at the second: end now. */
  readonly hurry: AbortSignal
}

export interface CommandInput<Options extends OptionDefinitions> {
  readonly options: ValuesOf<Options>
  readonly positionals: readonly string[]
}

export interface Example {
  readonly line: string
  readonly says: string
}

interface CommandText {
  /** Words after `sluice`. */
  readonly path: readonly string[]
  /** One line, verb first. */
  readonly summary: string
  /** What a reader needs beyond the summary; Markdown. */
  readonly description: string
  readonly positionals: readonly Positional[]
  readonly examples: readonly Example[]
  /** Fails with this hint where nothing better is known. */
  readonly next: string
  /** Options of every command that change nothing here: left out of help, reference and completion. */
  readonly without?: readonly (keyof typeof globalOptions)[]
}

export interface CommandDefinition<Options extends OptionDefinitions> extends CommandText {
  readonly options: Options
  /** Resolves to an exit code, 0 where it says none. */
  readonly run: (context: CommandContext, input: CommandInput<Options>) => Promise<number | void>
}

/** A command whose options are known only as data. */
export interface Command extends CommandText {
  readonly options: OptionDefinitions
  readonly run: (
    context: CommandContext,
    input: { readonly options: Readonly<Record<string, unknown>>; readonly positionals: readonly string[] },
  ) => Promise<number | void>
}
