/** The command line: finds the command that is meant, reads its options, runs it, and tells how it ended. */
import type { Clock } from '../kernel/clock.ts'
import { fault } from '../kernel/faults/index.ts'
import { nearest } from '../kernel/near-miss.ts'
import { createClient } from './client.adapter.ts'
import { type Command, type CommandContext, defaultHttp, globalOptions } from './command.ts'
import { commands } from './commands/index.ts'
import { exitCodes } from './exit-codes.ts'
import { failureJson, failureOf, failureText } from './failure.ts'
import { commandHelp, groupHelp, mainHelp } from './help.ts'
import type { Io } from './io.ts'
import type { LocalCommands } from './local-commands.ts'
import { parseWords } from './options.adapter.ts'
import { paintWith } from './paint.ts'
import { typedAs } from './typed.ts'
import { harmless } from './words.ts'

export interface CommandLine {
  /** Words after the program's name. */
  readonly words: readonly string[]
  readonly version: string
  readonly io: Io
  readonly clock: Clock
  readonly local: LocalCommands
  /** First Ctrl-C; second Ctrl-C. */
  readonly signal: AbortSignal
  readonly hurry: AbortSignal
}

const isOption = (word: string | undefined): boolean => word === undefined || word.startsWith('-')

interface Found {
  readonly command: Command
  readonly rest: readonly string[]
}

/** What other programs call it. */
const otherNames = new Map([
  ['find', 'consume'],
  ['grep', 'consume'],
  ['search', 'consume'],
  ['tail', 'consume'],
  ['dlq', 'dead'],
  ['ps', 'top'],
  ['status', 'top'],
])

/** More commands than these are no hint any more. */
const meantMax = 2

/** Commands that somebody may have meant by a first word that is none. */
const meantBy = (word: string): readonly string[] => {
  const named = commands.filter(({ path }) => path[1] === word).map(({ path }) => path.join(' '))
  if (named.length > 0 && named.length <= meantMax) return named
  const firstWords = [...new Set(commands.map(({ path }) => path[0] ?? ''))]
  const known =
    otherNames.get(word) ??
    nearest(word, firstWords) ??
    firstWords.find((first) => first.length > 2 && word.startsWith(first))
  return known === undefined ? [] : [known]
}

/** What one looks for in a group and finds under another name. */
const elsewhere: Readonly<Record<string, { readonly line: string; readonly does: string }>> = {
  messages: { line: 'sluice consume TOPIC', does: 'prints messages, `--filter` finds some' },
}

/** The command that `words` name; a group alone means its `list`. */
const findCommand = (words: readonly string[]): Found | { readonly group: string } => {
  const [first = '', second] = words
  const group = commands.filter(({ path }) => path[0] === first)
  if (group.length === 0) {
    const meant = meantBy(first).map((known) => `\`sluice ${known}\``)
    const hint = meant.length === 0 ? '' : `; did you mean ${meant.join(' or ')}?`
    throw fault('USAGE_WRONG', {
      problem: `There is no command ${JSON.stringify(first)}${hint}`,
      help: 'sluice --help',
    })
  }
  const alone = group.find(({ path }) => path.length === 1)
  if (alone !== undefined) return { command: alone, rest: words.slice(1) }
  if (isOption(second)) {
    const list = group.find(({ path }) => path[1] === 'list')
    const wantsHelp = words.includes('--help') || words.includes('-h')
    return list === undefined || wantsHelp ? { group: first } : { command: list, rest: words.slice(1) }
  }
  const command = group.find(({ path }) => path[1] === second)
  if (command !== undefined) return { command, rest: words.slice(2) }
  const known = nearest(
    second ?? '',
    group.map(({ path }) => path[1] ?? ''),
  )
  const other = elsewhere[first]
  const hint =
    known === undefined
      ? other === undefined
        ? ''
        : `; \`${other.line}\` ${other.does}`
      : `; did you mean \`sluice ${first} ${known}\`?`
  const problem = `There is no command ${JSON.stringify(`${first} ${second ?? ''}`)}${hint}`
  throw fault('USAGE_WRONG', { problem, help: `sluice ${first} --help` })
}

const runFound = async (line: CommandLine, { command, rest }: Found): Promise<number> => {
  const { io } = line
  const help = `sluice ${command.path.join(' ')} --help`
  const definitions = { ...globalOptions, ...command.options }
  const { options, positionals } = parseWords(rest, definitions, command.positionals, io.environment, help)
  const context: CommandContext = {
    io,
    clock: line.clock,
    version: line.version,
    local: line.local,
    typed: typedAs(io.environment, line.words),
    commands,
    signal: line.signal,
    hurry: line.hurry,
    options,
    client: createClient({
      http: options.http ?? defaultHttp,
      directory: options.dir,
      environment: io.environment,
      signal: line.signal,
    }),
  }
  if (options.help) {
    await io.out(commandHelp(command, paintWith(io.colourOut)))
    return exitCodes.ok
  }
  return (await command.run(context, { options, positionals })) ?? exitCodes.ok
}

const nextFor = (words: readonly string[]): string => {
  try {
    const found = findCommand(words)
    return 'command' in found ? found.command.next : `sluice ${found.group} --help`
  } catch {
    return 'sluice --help'
  }
}

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError'

/** Runs a command line; resolves to its exit code and never throws. */
export const runCommandLine = async (line: CommandLine): Promise<number> => {
  const { io, words } = line
  const [first] = words
  try {
    if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
      await io.out(mainHelp(commands, line.version, paintWith(io.colourOut)))
      return exitCodes.ok
    }
    if (first === '--version' || first === '-V') {
      await io.out(`sluice ${line.version}\n`)
      return exitCodes.ok
    }
    const found = findCommand(words)
    if ('group' in found) {
      const group = commands.filter(({ path }) => path[0] === found.group)
      const other = elsewhere[found.group]
      const more = other === undefined ? [] : [`\`${other.line}\` ${other.does}.`]
      await io.out(groupHelp(found.group, group, paintWith(io.colourOut), more))
      return exitCodes.ok
    }
    return await runFound(line, found)
  } catch (error) {
    // Whoever pressed Ctrl-C, or closed the pipe, knows why it ended.
    if (isAbort(error) && line.signal.aborted) return exitCodes.interrupted
    if (isAbort(error) && io.readerGone.aborted) return exitCodes.ok
    const failure = failureOf(error, nextFor(words))
    // What a fault tells of may come from topics and from other people's clients.
    const people = harmless(
      failureText(failure, paintWith(io.colourErr), typedAs(io.environment, words)),
      io.colourErr,
    )
    io.err(words.includes('--json') ? failureJson(failure) : people)
    return failure.exitCode
  }
}
