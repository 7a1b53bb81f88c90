/** `sluice messages`: one message whole, and how many were written when. */
import type { AnswerOf } from '../../contract/endpoint.ts'
import { contract } from '../../contract/index.ts'
import { fault } from '../../kernel/faults/index.ts'
import { counted } from '../../kernel/plural.ts'
import { timeOf } from '../message-points.ts'
import { timeText, valueLines } from '../message-text.ts'
import { defineCommand } from '../options.adapter.ts'
import { factLines, printAnswer } from '../output.ts'
import type { Paint } from '../paint.ts'
import { tableLines } from '../table.ts'
import { countText, fit } from '../words.ts'

const { show, histogram } = contract.messages.endpoints

type Shown = AnswerOf<typeof show>
type Counts = AnswerOf<typeof histogram>

const topicArgument = { name: 'TOPIC', description: 'Name of the topic.', required: true } as const

const batchText = ({ batch }: Shown): string =>
  batch === null
    ? '–'
    : `${counted(batch.records, 'message')} in ${countText(batch.size_bytes)} bytes${batch.codec === 'none' ? '' : `, ${batch.codec}`}`

const messageLines = (message: Shown, paint: Paint): string[] => [
  ...factLines(
    [
      ['topic', message.topic],
      ['place', `${message.partition}/${message.offset}, of ${message.earliest} to before ${message.latest}`],
      ['time', timeText(message.timestamp)],
      ['key', message.key === null ? '–' : fit(message.key, Number.MAX_SAFE_INTEGER)],
      ['size', `${countText(message.size_bytes)} bytes`],
      ['written in', batchText(message)],
      ...message.headers.map(
        ({ key, value }) => [`header ${fit(key, 40)}`, fit(value ?? '–', Number.MAX_SAFE_INTEGER)] as const,
      ),
    ],
    paint,
  ),
  '',
  ...valueLines(message),
]

const help = 'sluice messages show --help'

/** Partition and offset, given apart or as `0/42`. */
const placeOf = (first: string, second: string | undefined): readonly [partition: number, offset: string] => {
  const [, partition, offset] = /^(\d{1,9})[/ ](\d{1,19})$/.exec(
    second === undefined ? first : `${first} ${second}`,
  ) ?? [null, null, null]
  if (typeof partition !== 'string' || typeof offset !== 'string') {
    const problem = `${[first, second].join(' ').trim()} is no place; write PARTITION OFFSET, as in 0 42`
    throw fault('USAGE_WRONG', { problem, help })
  }
  return [Number(partition), offset]
}

export const messagesShowCommand = defineCommand({
  path: ['messages', 'show'],
  summary: 'Show one message',
  description:
    'Key, headers, time, the batch it was written in, and its value whole. `--raw` prints the bytes of the value.',
  positionals: [
    topicArgument,
    { name: 'PARTITION', description: 'Its partition; or partition and offset as `0/42`.', required: true },
    { name: 'OFFSET', description: 'Its offset.', required: false },
  ],
  options: { raw: { type: 'flag', description: 'Only the value, byte for byte.' } },
  examples: [
    { line: 'sluice messages show orders 0 42', says: 'everything about it' },
    { line: 'sluice messages show orders 0/42 --raw > order.json', says: 'its value as a file' },
  ],
  next: 'sluice topics list',
  run: async (context, { options, positionals: [name = '', first = '', second] }) => {
    const [partition, offset] = placeOf(first, second)
    const query = options.raw ? { raw: true, preview_bytes: 0 } : {}
    const answer = await context.client.call(show, { params: { name, partition, offset }, query })
    if (options.raw && !context.options.json) {
      await context.io.out(Buffer.from(answer.raw?.value ?? '', 'base64'))
      return
    }
    await printAnswer(context, answer, messageLines)
  },
})

const barWidthMax = 30

const barOf = (count: number, most: number): string => {
  if (count === 0) return ''
  return '█'.repeat(Math.max(1, Math.round((count / Math.max(1, most)) * barWidthMax)))
}

const countLines = (counts: Counts, width: number, paint: Paint): string[] => {
  const most = Math.max(0, ...counts.data.map(({ count }) => count))
  const isSearched = counts.matched !== null
  return tableLines(
    counts.data,
    [
      { title: 'From', cell: ({ from }) => ({ text: timeText(from), tone: 'soft' }) },
      { title: 'Messages', cell: ({ count }) => countText(count), right: true },
      ...(isSearched
        ? [{ title: 'Match', cell: ({ matched }: Counts['data'][number]) => countText(matched), right: true }]
        : []),
      { title: '', cell: ({ count }) => ({ text: barOf(count, most), tone: 'accent' }), least: 8 },
    ],
    width,
    paint,
  )
}

export const messagesHistogramCommand = defineCommand({
  path: ['messages', 'histogram'],
  summary: 'Count messages over time',
  description:
    'Counts come from offsets, whatever the size of the topic; those that match a filter from a bounded search that ' +
    'begins with the newest.',
  positionals: [topicArgument],
  options: {
    from: {
      type: 'text',
      value: 'TIME',
      description: 'A time, or how long ago (`1h`); the oldest message when left out.',
    },
    until: { type: 'text', value: 'TIME', description: 'A time, or how long ago; now when left out.' },
    buckets: {
      type: 'integer',
      value: 'NUMBER',
      min: 1,
      max: 200,
      default: 20,
      description: 'Into how many stretches.',
    },
    filter: {
      type: 'text',
      value: 'EXPRESSION',
      description: 'Count those for which this is true, too: CEL over `event` and `meta`.',
    },
    partition: {
      type: 'integer',
      short: 'p',
      value: 'NUMBER',
      min: 0,
      max: 1_000_000,
      description: 'Only this one.',
    },
  },
  examples: [
    { line: 'sluice messages histogram orders --from 1h', says: 'the last hour' },
    {
      line: "sluice messages histogram orders --filter 'event.amount > 100'",
      says: 'when large orders came',
    },
  ],
  next: 'sluice topics list',
  run: async (context, { options, positionals: [name = ''] }) => {
    const nowMs = context.clock.now()
    const point = (option: 'from' | 'until', text: string | undefined): string | undefined =>
      text === undefined
        ? undefined
        : (timeOf(option, text, nowMs, 'sluice messages histogram --help') ?? text)
    const { buckets, filter, partition } = options
    const from = point('from', options.from)
    const until = point('until', options.until)
    const query = { from, until, buckets, filter, partition }
    const answer = await context.client.call(histogram, { params: { name }, query })
    await printAnswer(context, answer, (counts, paint) => countLines(counts, context.io.columns(), paint))
    if (context.options.json || answer.matched === null) return
    const searched = answer.complete ? '' : ', newest first; the rest was not searched'
    context.io.err(
      `${countText(answer.matched)} of ${counted(answer.scanned, 'message')} match${searched}.\n`,
    )
  },
})
