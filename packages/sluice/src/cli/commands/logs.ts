/** `sluice logs`: lines of all processes, searched or followed. */
import type { AnswerOf } from '../../contract/endpoint.ts'
import { contract } from '../../contract/index.ts'
import { logLevels } from '../../kernel/logger.ts'
import type { CommandContext } from '../command.ts'
import { failureOf } from '../failure.ts'
import { defineCommand } from '../options.adapter.ts'
import { type Paint, paintWith, type Tone } from '../paint.ts'
import { fit } from '../words.ts'

const { list } = contract.logs.endpoints

type Line = AnswerOf<typeof list>['data'][number]

const followEveryMs = 1_000
/** Lines of other processes may reach the store a moment after younger ones. */
const overlapMs = 15_000
const seenMax = 5_000
const pageMax = 1_000

const tones: Readonly<Record<Line['level'], Tone>> = {
  debug: 'soft',
  info: 'plain',
  warn: 'warn',
  error: 'bad',
}

const fieldsText = (fields: Line['fields']): string =>
  Object.entries(fields)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => ` ${name}=${typeof value === 'string' ? JSON.stringify(value) : String(value)}`)
    .join('')

/** A line for people: whole, without what would steer their terminal. */
export const logText = (line: Line, paint: Paint): string => {
  const time = line.time.slice(0, 19).replace('T', ' ')
  const level = paint(tones[line.level], line.level.padEnd(5))
  const from = paint('soft', line.process)
  const text = fit(`${line.message}${fieldsText(line.fields)}`, Number.MAX_SAFE_INTEGER)
  return `${paint('soft', time)} ${level} ${from} ${paint('accent', line.component)}: ${text}\n`
}

type Query = Parameters<typeof search>[1]

const search = (
  { client }: CommandContext,
  query: {
    readonly level: Line['level'] | undefined
    readonly component: string | undefined
    readonly text: string | undefined
    readonly from: string | undefined
    readonly to: string | undefined
    readonly limit: number
  },
  signal?: AbortSignal,
) => client.call(list, { query }, signal)

const writerOf = ({ io, options }: CommandContext): ((lines: readonly Line[]) => Promise<void>) => {
  const paint = paintWith(io.colourOut)
  return async (lines) => {
    for (const line of lines) {
      await io.out(options.json ? `${JSON.stringify(line)}\n` : logText(line, paint))
    }
  }
}

/** Asks again and again, and prints what was not printed yet; a server that is away is waited for. */
const follow = async (context: CommandContext, query: Query, first: readonly Line[]): Promise<void> => {
  const { clock, io, signal } = context
  const write = writerOf(context)
  const ended = AbortSignal.any([signal, io.readerGone])
  let seen = new Set(first.map(({ id }) => id))
  let latestMs = Math.max(...first.map(({ time }) => Date.parse(time)), clock.now() - overlapMs)
  let away = false
  while (!ended.aborted) {
    await clock.sleep(followEveryMs, ended)
    if (ended.aborted) return
    try {
      const from = String(latestMs - overlapMs)
      const { data } = await search(context, { ...query, from, to: undefined, limit: pageMax }, ended)
      if (away) io.err('The server answers again.\n')
      away = false
      const fresh = data.filter(({ id }) => !seen.has(id)).toReversed()
      await write(fresh)
      for (const { id, time } of fresh) {
        seen.add(id)
        latestMs = Math.max(latestMs, Date.parse(time))
      }
      if (seen.size > seenMax) seen = new Set([...seen].slice(-seenMax / 2))
    } catch (error) {
      if (ended.aborted) return
      if (!away) io.err(`${failureOf(error, 'sluice doctor').error} Waiting for it.\n`)
      away = true
    }
  }
}

const levelOf = (text: string | undefined): Line['level'] | undefined =>
  logLevels.find((level) => level === text)

export const logsCommand = defineCommand({
  path: ['logs'],
  summary: 'Search or follow the log of all processes',
  description:
    'The newest lines, the newest last, of server, workers, broker and database, on whatever machine they run. Times ' +
    'are in UTC. While the database is away, look into `sluice.log` of the data directory.',
  positionals: [],
  options: {
    follow: { type: 'flag', short: 'f', description: 'Go on with lines as they come.' },
    level: {
      type: 'text',
      value: 'LEVEL',
      choices: logLevels,
      description: 'This level and graver ones.',
    },
    component: {
      type: 'text',
      value: 'NAME',
      description: 'Only of this component; `pipeline*` for all that begin so.',
    },
    text: { type: 'text', value: 'TEXT', description: 'Only lines that hold this.' },
    from: {
      type: 'text',
      value: 'TIME',
      description: 'From here on: 2026-01-31T12:00:00Z, or an age: 15m, 2h, 7d.',
    },
    to: { type: 'text', value: 'TIME', description: 'Up to here; written like --from.' },
    limit: {
      type: 'integer',
      short: 'n',
      value: 'NUMBER',
      min: 1,
      max: pageMax,
      default: 100,
      description: 'At most so many of the newest.',
    },
  },
  examples: [
    { line: 'sluice logs', says: 'the newest 100 lines' },
    { line: 'sluice logs -f --level warn', says: 'what goes wrong from now on' },
    { line: "sluice logs --component 'pipeline orders' --from 2h", says: 'of one pipeline' },
    { line: 'sluice logs --text timeout --json', says: 'one JSON document a line, for a script' },
  ],
  next: 'sluice doctor',
  run: async (context, { options }) => {
    const age = (text: string | undefined): string | undefined =>
      text !== undefined && /^\d{1,9}[smhd]$/.test(text) ? `-${text}` : text
    const query = {
      level: levelOf(options.level),
      component: options.component,
      text: options.text,
      from: age(options.from),
      to: age(options.to),
      limit: options.limit,
    }
    // Who follows has to know older lines too, so that none of them is taken for a new one.
    const asked = options.follow ? { ...query, limit: pageMax } : query
    const { data } = await search(context, asked)
    const lines = data.slice(0, options.limit).toReversed()
    await writerOf(context)(lines)
    if (options.follow) await follow(context, query, data)
    else if (lines.length === 0 && !context.options.json)
      context.io.err('No such line. Follow what comes: sluice logs -f\n')
  },
})
