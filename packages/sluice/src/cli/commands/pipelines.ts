/** `sluice pipelines`: list, show, start, stop, pause. */

import type { AnswerOf } from '../../contract/endpoint.ts'
import { contract } from '../../contract/index.ts'
import { counted } from '../../kernel/plural.ts'
import { defineCommand } from '../options.adapter.ts'
import { factLines, printAnswer, printHints, printRows } from '../output.ts'
import { type Paint, stateText } from '../paint.ts'
import { ledgerText } from '../status-view.ts'
import { type Column, tableLines } from '../table.ts'
import { countText, durationText, rateText, unknown } from '../words.ts'

const { endpoints } = contract.pipelines

type Summary = AnswerOf<typeof endpoints.list>['data'][number]
type Detail = AnswerOf<typeof endpoints.show>

export const pipelineArgument = {
  name: 'PIPELINE',
  description: 'Name of the pipeline.',
  required: true,
} as const

/** Where refused records wait. */
export const deadHint = ['Refused records wait', 'sluice dead'] as const

/** Those that read no more: only then positions move. */
const standing: readonly string[] = ['stopped', 'paused']

export const standsStill = (state: string): boolean => standing.includes(state)

const againHints = (name: string) =>
  [
    ['Read again', `sluice pipelines reset ${name}`],
    ['Start it', `sluice pipelines start ${name}`],
  ] as const

const behindMs = (lag: Summary['lag']): number | null =>
  lag === null || lag.seconds === null ? null : lag.seconds * 1000

export const pipelinesListCommand = defineCommand({
  path: ['pipelines', 'list'],
  summary: 'List pipelines with state, rates, lag and ledger',
  description: 'A ledger that does not balance is shown with what it is off by: that is a fault of Sluice.',
  positionals: [],
  options: {},
  examples: [
    { line: 'sluice pipelines list', says: 'how everything does' },
    { line: "sluice pipelines list --json | jq '.data[] | {name, lag}'", says: 'lag for a script' },
  ],
  next: 'sluice doctor',
  run: async (context) => {
    const answer = await context.client.call(endpoints.list)
    await printRows(
      context,
      answer,
      [
        { title: 'Pipeline', cell: ({ name }) => name, least: 12 },
        { title: 'State', cell: ({ state }) => stateText(state) },
        { title: 'In/s', cell: ({ rates }) => rateText(rates?.in_per_second ?? null), right: true },
        { title: 'Out/s', cell: ({ rates }) => rateText(rates?.out_per_second ?? null), right: true },
        { title: 'Lag', cell: ({ lag }) => countText(lag?.records ?? null), right: true },
        { title: 'Behind', cell: ({ lag }) => durationText(behindMs(lag)), right: true },
        {
          title: 'Dead',
          cell: ({ dead_letters: dead }) => ({ text: countText(dead), tone: dead > 0 ? 'warn' : 'plain' }),
          right: true,
        },
        {
          title: 'Ledger',
          cell: ({ ledger }) =>
            ledger.gap === 0
              ? { text: '✓', tone: 'ok' }
              : { text: `✕ ${countText(ledger.gap)} off`, tone: 'bad' },
        },
      ],
      'No pipeline yet. Define one in sluice.yaml: sluice schema, sluice lint',
    )
    const [first] = answer.data
    const refused = answer.data.some(({ dead_letters: dead }) => dead > 0)
    printHints(context, [
      ...(first === undefined ? [] : [['One of them', `sluice pipelines show ${first.name}`] as const]),
      ...(refused ? [deadHint] : []),
    ])
  },
})

const ratesText = ({ rates }: Detail): string =>
  rates === null
    ? 'nobody runs it'
    : `in ${rateText(rates.in_per_second)}/s, out ${rateText(rates.out_per_second)}/s`

const lagText = ({ lag }: Detail): string => {
  if (lag === null) return 'not known while nobody reads'
  return lag.records === 0 ? 'none' : `${counted(lag.records, 'record')}, ${durationText(behindMs(lag))}`
}

/** Microseconds as people read them. */
const microsText = (us: number | null): string => {
  if (us === null) return unknown
  return us < 1_000 ? `${rateText(us)} µs` : `${rateText(us / 1_000)} ms`
}

const stepColumns: readonly Column<Detail['steps'][number]>[] = [
  { title: 'Step', cell: ({ id, use }) => (id === use ? use : `${id} (${use})`), least: 8 },
  { title: 'In/s', cell: (step) => rateText(step.in_per_second), right: true },
  { title: 'In', cell: (step) => countText(step.in), right: true },
  { title: 'Out', cell: (step) => countText(step.out), right: true },
  {
    title: 'Refused',
    cell: ({ errors }) => ({ text: countText(errors), tone: (errors ?? 0) > 0 ? 'warn' : 'plain' }),
    right: true,
  },
  { title: 'p50', cell: (step) => microsText(step.p50_us), right: true },
  { title: 'p99', cell: (step) => microsText(step.p99_us), right: true },
]

const latencyText = ({ latency }: Detail): string =>
  latency === null
    ? unknown
    : `half within ${durationText(Math.ceil(latency.p50_ms))}, 99 of 100 within ${durationText(Math.ceil(latency.p99_ms))}`

const definedText = ({ definition: { file, line, revision } }: Detail): string =>
  `${file}${line === null ? '' : `:${line}`}${revision === null ? '' : `, revision ${revision}`}`

const detailLines = (one: Detail, width: number, paint: Paint): string[] => {
  const { tone, text } = stateText(one.state)
  const steps = one.steps.map(({ id, use }) => (id === use ? use : `${id} (${use})`))
  return [
    ...factLines(
      [
        ['pipeline', one.name],
        ['state', `${paint(tone, text)} since ${one.since}`],
        ...(one.reason === null ? [] : [['reason', paint('warn', one.reason)] as const]),
        ['way', [one.source, ...steps, one.sink].join(' → ')],
        ...(one.reads.length === 0 ? [] : [['reads', one.reads.join(', ')] as const]),
        ...(one.writes.length === 0 ? [] : [['writes', one.writes.join(', ')] as const]),
        ['rates', ratesText(one)],
        ['lag', lagText(one)],
        ['ledger', ledgerText(one.ledger)],
        [
          'balance',
          one.ledger.gap === 0
            ? paint('ok', '✓ every record is accounted for')
            : paint('bad', `✕ ${counted(one.ledger.gap, 'record')} unaccounted for`),
        ],
        ['latency', latencyText(one)],
        ['dead letters', countText(one.dead_letters)],
        ['promises', one.guarantee.delivery],
        ['defined', definedText(one)],
      ],
      paint,
    ),
    '',
    ...(one.steps.length === 0 ? [] : [...tableLines(one.steps, stepColumns, width, paint), '']),
    ...tableLines(
      one.lanes,
      [
        { title: 'Lane', cell: ({ lane }) => lane, least: 8 },
        { title: 'Position', cell: ({ position }) => position ?? '–', least: 8, keepEnd: true },
        { title: 'Lag', cell: ({ lag }) => countText(lag?.records ?? null), right: true },
        { title: 'Epoch', cell: ({ epoch }) => String(epoch), right: true },
        { title: 'Owner', cell: ({ owner }) => owner ?? '–', least: 8 },
      ],
      width,
      paint,
    ),
  ]
}

export const pipelinesShowCommand = defineCommand({
  path: ['pipelines', 'show'],
  summary: 'Show one pipeline with its steps and lanes',
  description:
    'What it reads and writes, how it does, what each step did since its processes began, and where each lane is.',
  positionals: [pipelineArgument],
  options: { definition: { type: 'flag', description: 'Print only how the file defines it.' } },
  examples: [
    { line: 'sluice pipelines show readings', says: 'everything about it' },
    { line: 'sluice pipelines show readings --definition', says: 'its part of the file' },
  ],
  next: 'sluice pipelines list',
  run: async (context, { options, positionals: [name = ''] }) => {
    const answer = await context.client.call(endpoints.show, { params: { name } })
    if (options.definition && !context.options.json) {
      await context.io.out(answer.definition.text ?? '')
      return
    }
    await printAnswer(context, answer, (one, paint) => detailLines(one, context.io.columns(), paint))
    printHints(context, [
      ...(standsStill(answer.state)
        ? againHints(name)
        : [['Stop it', `sluice pipelines stop ${name}`] as const]),
      ...(answer.dead_letters > 0 ? [deadHint] : []),
    ])
  },
})

export const pipelinesOutcomesCommand = defineCommand({
  path: ['pipelines', 'outcomes'],
  summary: 'Show how some of the last records ended',
  description: 'A sample, newest first: a few of each kind, so that what is rare is not crowded out.',
  positionals: [pipelineArgument],
  options: {
    limit: { type: 'integer', value: 'ROWS', min: 1, max: 200, default: 50, description: 'At most so many.' },
  },
  examples: [{ line: 'sluice pipelines outcomes readings', says: 'what became of its records' }],
  next: 'sluice pipelines list',
  run: async (context, { options: { limit }, positionals: [name = ''] }) => {
    const answer = await context.client.call(endpoints.outcomes, { params: { name }, query: { limit } })
    await printRows(
      context,
      answer,
      [
        { title: 'At', cell: ({ at }) => at.slice(11, 23) },
        {
          title: 'Outcome',
          cell: ({ outcome }) => ({ text: outcome, tone: outcome === 'dead_lettered' ? 'warn' : 'plain' }),
        },
        { title: 'Step', cell: ({ step }) => step ?? '', least: 6 },
        { title: 'Lane', cell: ({ lane }) => lane, least: 8, keepEnd: true },
        { title: 'Number', cell: ({ number }) => number, right: true },
        { title: 'Reason', cell: ({ reason }) => reason ?? '', least: 6 },
      ],
      'No record has ended since its processes began: sluice pipelines show PIPELINE',
    )
  },
})

const controlCommand = (verb: 'start' | 'stop' | 'pause', summary: string, description: string) =>
  defineCommand({
    path: ['pipelines', verb],
    summary,
    description,
    positionals: [pipelineArgument],
    options: {},
    examples: [{ line: `sluice pipelines ${verb} readings`, says: 'it stays so over restarts' }],
    next: 'sluice pipelines list',
    run: async (context, { positionals: [name = ''] }) => {
      const answer = await context.client.call(endpoints[verb], { params: { name } })
      await printAnswer(context, answer, ({ message }) => [message])
      printHints(context, verb === 'start' ? [['See it', `sluice pipelines show ${name}`]] : againHints(name))
    },
  })

export const pipelinesStartCommand = controlCommand(
  'start',
  'Start a pipeline',
  'It reads on from its positions.',
)

export const pipelinesStopCommand = controlCommand(
  'stop',
  'Stop a pipeline',
  'What is in flight is delivered and committed first; its positions stay.',
)

export const pipelinesPauseCommand = controlCommand(
  'pause',
  'Pause a pipeline',
  'Stops reading and keeps its lanes, so that it goes on at once when started.',
)
