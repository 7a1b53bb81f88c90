/** `sluice pipelines`: list, show, start, stop, pause. */

import type { AnswerOf } from '../../contract/endpoint.ts'
import { contract } from '../../contract/index.ts'
import { counted } from '../../kernel/plural.ts'
import { defineCommand } from '../options.adapter.ts'
import { factLines, printAnswer, printRows } from '../output.ts'
import { type Paint, stateText } from '../paint.ts'
import { ledgerText } from '../status-view.ts'
import { tableLines } from '../table.ts'
import { countText, durationText, rateText } from '../words.ts'

const { endpoints } = contract.pipelines

type Summary = AnswerOf<typeof endpoints.list>['data'][number]
type Detail = AnswerOf<typeof endpoints.show>

export const pipelineArgument = {
  name: 'PIPELINE',
  description: 'Name of the pipeline.',
  required: true,
} as const

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
        ['reads', one.reads.join(', ') || '–'],
        ['writes', one.writes.join(', ') || '–'],
        ['rates', ratesText(one)],
        ['lag', lagText(one)],
        ['ledger', ledgerText(one.ledger)],
        [
          'balance',
          one.ledger.gap === 0
            ? paint('ok', '✓ every record is accounted for')
            : paint('bad', `✕ ${counted(one.ledger.gap, 'record')} unaccounted for`),
        ],
        ['dead letters', countText(one.dead_letters)],
      ],
      paint,
    ),
    '',
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
  summary: 'Show one pipeline with its lanes',
  description: 'What it reads and writes, how it does, and where each lane is.',
  positionals: [pipelineArgument],
  options: {},
  examples: [{ line: 'sluice pipelines show readings', says: 'everything about it' }],
  next: 'sluice pipelines list',
  run: async (context, { positionals: [name = ''] }) => {
    const answer = await context.client.call(endpoints.show, { params: { name } })
    await printAnswer(context, answer, (one, paint) => detailLines(one, context.io.columns(), paint))
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
