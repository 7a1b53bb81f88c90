/** `sluice pipelines position | reset | rewind | skip`: where a pipeline reads on, and moving it. */
import type { AnswerOf } from '../../contract/endpoint.ts'
import { contract } from '../../contract/index.ts'
import { fault } from '../../kernel/faults/index.ts'
import { RemoteFault } from '../client-transport.ts'
import type { CommandContext } from '../command.ts'
import { defineCommand } from '../options.adapter.ts'
import { printAnswer, printHints, printRows } from '../output.ts'
import { tableLines } from '../table.ts'
import { countText } from '../words.ts'
import { pipelineArgument, standsStill } from './pipelines.ts'

const { endpoints } = contract.pipelines

export const applyOption = {
  type: 'flag',
  description: 'Do it. Without this it is only said what would be done.',
} as const

const laneOption = { type: 'list', value: 'LANE', description: 'Only this lane.' } as const

const moveNote = 'The pipeline must be paused or stopped. Says what it would do; `--apply` does it.'

/** To the second; the year is known. */
const timeText = (iso: string | null): string => iso?.slice(5, 19).replace('T', ' ') ?? '–'

export const pipelinesPositionCommand = defineCommand({
  path: ['pipelines', 'position'],
  summary: 'Show where a pipeline reads on',
  description: 'For each lane the position committed last, and what there is to read.',
  positionals: [pipelineArgument],
  options: {},
  examples: [{ line: 'sluice pipelines position readings', says: 'lane by lane' }],
  next: 'sluice pipelines list',
  run: async (context, { positionals: [name = ''] }) => {
    const answer = await context.client.call(endpoints.position, { params: { name } })
    await printRows(
      context,
      answer,
      [
        { title: 'Lane', cell: ({ lane }) => lane, least: 8, keepEnd: true },
        { title: 'Position', cell: ({ position }) => position ?? '–', least: 8, keepEnd: true },
        { title: 'Oldest', cell: ({ earliest }) => earliest ?? '–', least: 8, keepEnd: true },
        { title: 'Newest', cell: ({ latest }) => latest ?? '–', least: 8, keepEnd: true },
        { title: 'Committed', cell: ({ committed_at: at }) => timeText(at) },
      ],
      'It has read nothing yet.',
    )
  },
})

type Moved = AnswerOf<typeof endpoints.reset>

const stopHint = (name: string) => ['It runs; stop it first', `sluice pipelines stop ${name}`] as const

/** Whether it reads: then nothing moves. False where nobody says. */
const runsNow = async ({ client }: CommandContext, name: string): Promise<boolean> => {
  try {
    return !standsStill((await client.call(endpoints.show, { params: { name } })).state)
  } catch (error) {
    if (error instanceof RemoteFault) return false
    throw error
  }
}

/** Asks for a move; where the pipeline runs still, the failure says how to stop it. */
const moveBy = async (context: CommandContext, name: string, ask: () => Promise<Moved>): Promise<Moved> => {
  try {
    return await ask()
  } catch (error) {
    const isRefused = error instanceof RemoteFault && error.code === 'CONFLICT'
    if (isRefused && (await runsNow(context, name))) error.next = stopHint(name)[1]
    throw error
  }
}

/** Shows a move that was asked for, and what comes before or after it. */
const tellMove = async (
  context: CommandContext,
  name: string,
  answer: Moved,
  command: string,
): Promise<void> => {
  await printMoved(context, answer, command)
  if (context.options.json) return
  if (answer.applied) printHints(context, [['Start it', `sluice pipelines start ${name}`]])
  else if (await runsNow(context, name)) printHints(context, [stopHint(name)])
}

const printMoved = (context: CommandContext, answer: Moved, command: string): Promise<void> =>
  printAnswer(context, answer, ({ message, moves, applied }, paint) => [
    ...tableLines(
      moves,
      [
        { title: 'Lane', cell: ({ lane }) => lane, least: 8 },
        { title: 'From', cell: ({ from }) => from ?? '–', least: 8, keepEnd: true },
        { title: 'To', cell: ({ to }) => to ?? 'as defined', least: 8, keepEnd: true },
        { title: 'Records', cell: ({ records }) => countText(records), right: true },
      ],
      context.io.columns(),
      paint,
    ),
    '',
    message,
    ...(applied ? [] : [`Do it: ${paint('accent', context.typed(`${command} --apply`))}`]),
  ])

const lanesOf = (lanes: readonly string[]): { lanes?: string[] } =>
  lanes.length === 0 ? {} : { lanes: [...lanes] }

const laneWords = (lanes: readonly string[]): string => lanes.map((lane) => ` --lane ${lane}`).join('')

export const pipelinesResetCommand = defineCommand({
  path: ['pipelines', 'reset'],
  summary: 'Read on from the oldest or newest record',
  description: moveNote,
  positionals: [pipelineArgument],
  options: {
    to: {
      type: 'text',
      value: 'END',
      default: 'earliest',
      choices: ['earliest', 'latest'],
      description: 'From where.',
    },
    lane: laneOption,
    apply: applyOption,
  },
  examples: [
    { line: 'sluice pipelines reset readings', says: 'what reading everything again would mean' },
    { line: 'sluice pipelines reset readings --to latest --apply', says: 'leave out what waits' },
  ],
  next: 'sluice pipelines list',
  run: async (context, { options, positionals: [name = ''] }) => {
    const to = options.to === 'latest' ? 'latest' : 'earliest'
    const body = { to, ...lanesOf(options.lane), dry_run: !options.apply } as const
    const answer = await moveBy(context, name, () =>
      context.client.call(endpoints.reset, { params: { name }, body }),
    )
    await tellMove(
      context,
      name,
      answer,
      `sluice pipelines reset ${name} --to ${to}${laneWords(options.lane)}`,
    )
  },
})

const timeOf = (text: string): string => {
  const timeMs = Date.parse(text)
  if (!Number.isNaN(timeMs)) return new Date(timeMs).toISOString()
  const problem = `--to ${text} is no time; write it as 2026-01-31T12:00:00Z`
  throw fault('USAGE_WRONG', { problem, help: 'sluice pipelines rewind --help' })
}

const needed = (value: string | undefined, option: string, command: string): string => {
  if (value !== undefined) return value
  throw fault('USAGE_WRONG', {
    problem: `--${option} is missing`,
    help: `sluice pipelines ${command} --help`,
  })
}

export const pipelinesRewindCommand = defineCommand({
  path: ['pipelines', 'rewind'],
  summary: 'Read on from a time',
  description: `From the first record at or after that time. ${moveNote}`,
  positionals: [pipelineArgument],
  options: {
    to: { type: 'text', value: 'TIME', description: 'ISO 8601, as 2026-01-31T12:00:00Z.' },
    lane: laneOption,
    apply: applyOption,
  },
  examples: [
    { line: 'sluice pipelines rewind readings --to 2026-01-31T12:00:00Z', says: 'what it would mean' },
    { line: 'sluice pipelines rewind readings --to 2026-01-31T12:00:00Z --apply', says: 'do it' },
  ],
  next: 'sluice pipelines list',
  run: async (context, { options, positionals: [name = ''] }) => {
    const to = timeOf(needed(options.to, 'to', 'rewind'))
    const body = { to, ...lanesOf(options.lane), dry_run: !options.apply }
    const answer = await moveBy(context, name, () =>
      context.client.call(endpoints.rewind, { params: { name }, body }),
    )
    await tellMove(
      context,
      name,
      answer,
      `sluice pipelines rewind ${name} --to ${to}${laneWords(options.lane)}`,
    )
  },
})

export const pipelinesSkipCommand = defineCommand({
  path: ['pipelines', 'skip'],
  summary: 'Read on after a record',
  description: `Leaves out the records of a lane up to \`--past\`, that one included. ${moveNote}`,
  positionals: [pipelineArgument],
  options: {
    lane: { type: 'text', value: 'LANE', description: 'Which lane, as `pipelines position` names it.' },
    past: { type: 'text', value: 'NUMBER', description: 'Number of the last record to leave out.' },
    apply: applyOption,
  },
  examples: [
    { line: 'sluice pipelines skip readings --lane readings/0 --past 41', says: 'what it would mean' },
    { line: 'sluice pipelines skip readings --lane readings/0 --past 41 --apply', says: 'do it' },
  ],
  next: 'sluice pipelines list',
  run: async (context, { options, positionals: [name = ''] }) => {
    const lane = needed(options.lane, 'lane', 'skip')
    const past = needed(options.past, 'past', 'skip')
    const body = { lane, past, dry_run: !options.apply }
    const answer = await moveBy(context, name, () =>
      context.client.call(endpoints.skip, { params: { name }, body }),
    )
    await tellMove(context, name, answer, `sluice pipelines skip ${name} --lane ${lane} --past ${past}`)
  },
})
