/** `sluice ledger`: what became of every record. */
import type { AnswerOf } from '../../contract/endpoint.ts'
import { contract } from '../../contract/index.ts'
import { exitCodes } from '../exit-codes.ts'
import { defineCommand } from '../options.adapter.ts'
import { printAnswer } from '../output.ts'
import type { Paint } from '../paint.ts'
import { type Column, tableLines } from '../table.ts'
import { countText } from '../words.ts'

const { endpoints } = contract.ledger

type Ledger = AnswerOf<typeof endpoints.show>
type Row = Pick<Ledger['data'][number], 'pipeline' | 'ledger'>

const counts: readonly (readonly [title: string, of: (ledger: Row['ledger']) => number])[] = [
  ['In', (ledger) => ledger.in],
  ['Delivered', (ledger) => ledger.delivered],
  ['Filtered', (ledger) => ledger.filtered],
  ['Dead', (ledger) => ledger.dead_lettered],
  ['Other', (ledger) => ledger.deduplicated + ledger.aggregated + ledger.late],
  ['In flight', (ledger) => ledger.in_flight],
]

const columns: readonly Column<Row>[] = [
  { title: 'Pipeline', cell: ({ pipeline }) => pipeline, least: 8 },
  ...counts.map(
    ([title, of]): Column<Row> => ({
      title,
      cell: ({ ledger }) => countText(of(ledger)),
      right: true,
    }),
  ),
  {
    title: 'Balance',
    cell: ({ ledger }) =>
      ledger.gap === 0 ? { text: '✓', tone: 'ok' } : { text: `✕ ${countText(ledger.gap)} off`, tone: 'bad' },
  },
]

const ledgerLines = (answer: Ledger, width: number, paint: Paint): string[] => {
  const rows: Row[] = [...answer.data, { pipeline: 'all together', ledger: answer.total }]
  const verdict = answer.balanced
    ? paint('ok', '✓ every record is accounted for')
    : paint('bad', '✕ records are unaccounted for: that is a fault of Sluice')
  return [
    ...tableLines(rows, columns, width, paint),
    '',
    `${verdict}${answer.since === null ? '' : paint('soft', `, since ${answer.since}`)}`,
  ]
}

export const ledgerCommand = defineCommand({
  path: ['ledger'],
  summary: 'Show what became of every record',
  description:
    '*In* is delivered, filtered, dead, other (deduplicated, aggregated, late) and in flight. Ends with 1 where that does not add up.',
  positionals: [],
  options: {},
  examples: [
    { line: 'sluice ledger', says: 'all pipelines and their sum' },
    { line: 'sluice ledger --json | jq .balanced', says: 'for a script' },
  ],
  next: 'sluice pipelines list',
  run: async (context) => {
    const answer = await context.client.call(endpoints.show)
    await printAnswer(context, answer, (one, paint) => ledgerLines(one, context.io.columns(), paint))
    return answer.balanced ? exitCodes.ok : exitCodes.failed
  },
})
