/** `sluice series`: rates, lag and latencies over time, a curve a line. */
import type { AnswerOf } from '../../contract/endpoint.ts'
import { contract } from '../../contract/index.ts'
import { seriesNames } from '../../contract/series.ts'
import { fault } from '../../kernel/faults/index.ts'
import { parseDurationMs } from '../../kernel/units.ts'
import { defineCommand } from '../options.adapter.ts'
import { printAnswer } from '../output.ts'
import { sparkline } from '../sparkline.ts'
import { type Column, tableLines } from '../table.ts'
import { rateText } from '../words.ts'

const { endpoints } = contract.series

type Line = AnswerOf<typeof endpoints.read>['data'][number]

/** Characters of a curve. */
const curveWidth = 30
const sampleMs = 5_000

const known = ({ points }: Line): number[] => points.flatMap(([, value]) => (value === null ? [] : [value]))

const numberOf = (line: Line, of: (values: number[]) => number | undefined): string => {
  const values = known(line)
  return rateText(values.length === 0 ? null : (of(values) ?? null))
}

const columns: readonly Column<Line>[] = [
  { title: 'Of', cell: ({ subject }) => (subject === '' ? 'all' : subject), least: 8 },
  { title: 'Over time', cell: ({ points }) => sparkline(points.map(([, value]) => value)) },
  { title: 'Least', cell: (line) => numberOf(line, (values) => Math.min(...values)), right: true },
  { title: 'Most', cell: (line) => numberOf(line, (values) => Math.max(...values)), right: true },
  { title: 'Last', cell: (line) => numberOf(line, (values) => values.at(-1)), right: true },
  { title: 'Unit', cell: ({ unit }) => unit },
]

/** A gap stays a gap, so the newest value is told only where there is one. */
const stepOf = (spanMs: number): string => {
  const stepMs = Math.max(sampleMs, Math.ceil(spanMs / curveWidth / sampleMs) * sampleMs)
  return `${stepMs / 1_000}s`
}

export const seriesCommand = defineCommand({
  path: ['series'],
  summary: 'Show rates, lag and latencies over time',
  description: `A curve for each pipeline, topic or group; a blank where nothing was measured. Series: ${seriesNames.map((name) => `\`${name}\``).join(', ')}.`,
  positionals: [
    { name: 'SERIES', description: 'Which series.', required: true },
    {
      name: 'SUBJECT',
      description: 'Of which pipelines, topics or groups; all when left out.',
      required: false,
      many: true,
    },
  ],
  options: {
    since: {
      type: 'text',
      value: 'DURATION',
      default: '15m',
      description: 'How far back, such as `15m`, `6h` or `7d`.',
    },
  },
  examples: [
    { line: 'sluice series pipeline.in', says: 'what each pipeline read' },
    { line: 'sluice series pipeline.lag_records readings --since 6h', says: 'the lag of one over six hours' },
  ],
  next: 'sluice pipelines list',
  run: async (context, { options, positionals: [name = '', ...subjects] }) => {
    const spanMs = parseDurationMs(options.since)
    if (spanMs === undefined || spanMs === 0) {
      const problem = `--since: ${options.since} is no duration such as 15m, 6h or 7d`
      throw fault('USAGE_WRONG', { problem, help: 'sluice series --help' })
    }
    const nowMs = context.clock.now()
    const answer = await context.client.call(endpoints.read, {
      query: {
        name,
        ...(subjects.length === 0 ? {} : { subject: subjects.join(',') }),
        from: new Date(nowMs - spanMs).toISOString(),
        step: stepOf(spanMs),
      },
    })
    if (answer.data.length === 0 && !context.options.json) {
      context.io.err('Nothing was measured in that time: sluice pipelines list\n')
      return
    }
    await printAnswer(context, answer, ({ data }, paint) =>
      tableLines(data, columns, context.io.columns(), paint),
    )
  },
})
