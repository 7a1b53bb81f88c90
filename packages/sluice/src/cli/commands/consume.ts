/** `sluice consume`: messages of a topic, replayed or followed. */
import type { AnswerOf } from '../../contract/endpoint.ts'
import { contract } from '../../contract/index.ts'
import { fault } from '../../kernel/faults/index.ts'
import type { CommandContext } from '../command.ts'
import { defineCommand } from '../options.adapter.ts'
import { type Paint, paintWith } from '../paint.ts'
import { fit } from '../words.ts'

const { read, follow } = contract.messages.endpoints

type Message = AnswerOf<typeof read>['data'][number]

const pageRecordsMax = 1_000
const newestPreset = 20

/** `--from` as the API takes it. */
export const fromOf = (text: string): string => {
  if (text === 'beginning') return 'earliest'
  if (text === 'end') return 'latest'
  if (/^\d{1,19}$/.test(text)) return `offset:${text}`
  if (/^\d{4}-\d{2}-\d{2}/.test(text)) {
    if (Number.isNaN(Date.parse(text))) {
      throw fault('USAGE_WRONG', { problem: `--from ${text} is no time`, help: 'sluice consume --help' })
    }
    return `time:${text}`
  }
  return text
}

const valueText = ({ value }: Message): string => (typeof value === 'string' ? value : JSON.stringify(value))

const bytesOf = (text: string | null, encoding: string | null): Uint8Array | string =>
  encoding === 'base64' ? Buffer.from(text ?? '', 'base64') : (text ?? '')

const valueBytes = (message: Message): Uint8Array | string =>
  message.value_encoding === 'base64'
    ? bytesOf(valueText(message), 'base64')
    : message.value === null
      ? ''
      : valueText(message)

const joined = (...parts: readonly (Uint8Array | string)[]): Buffer =>
  Buffer.concat(parts.map((part) => Buffer.from(part)))

/** A message as text for people: whole, since it is what they came for, and without what would steer their terminal. */
export const messageLine = (message: Message, paint: Paint): string => {
  const place = `${message.partition}/${message.offset}`
  const time = message.timestamp.replace('T', ' ').replace('Z', '')
  const key = message.key ?? '–'
  const body = message.value === null ? '(tombstone)' : valueText(message)
  const value = fit(body, Number.MAX_SAFE_INTEGER)
  return `${paint('soft', time)}  ${paint('soft', place)}  ${paint('accent', fit(key, 18))}  ${value}\n`
}

type Write = (message: Message) => Promise<void>

const writerOf = ({ io, options }: CommandContext, format: string): Write => {
  const paint = paintWith(io.colourOut)
  if (options.json || format === 'json') return (message) => io.out(`${JSON.stringify(message)}\n`)
  if (format === 'value') return (message) => io.out(joined(valueBytes(message), '\n'))
  if (format === 'key-value') {
    return (message) =>
      io.out(joined(bytesOf(message.key, message.key_encoding), '\t', valueBytes(message), '\n'))
  }
  return (message) => io.out(messageLine(message, paint))
}

interface Wanted {
  readonly topic: string
  readonly from: string | null
  readonly partition: number | undefined
  /** null: all. */
  readonly count: number | null
}

/** Pages from a point on, until the end that each page saw, or until there are enough. */
const replay = async (
  { client, io, signal }: CommandContext,
  wanted: Wanted,
  write: Write,
): Promise<number> => {
  let from = wanted.from ?? 'newest'
  let written = 0
  const ended = AbortSignal.any([signal, io.readerGone])
  while (!ended.aborted) {
    const left = (wanted.count ?? Number.POSITIVE_INFINITY) - written
    if (left <= 0) break
    const query = { from, partition: wanted.partition, limit: Math.min(left, pageRecordsMax) }
    const page = await client.call(read, { params: { name: wanted.topic }, query }, ended)
    // The newest come newest first; on a terminal the last line should be the newest.
    const messages = from === 'newest' ? page.data.toReversed() : page.data
    for (const message of messages) await write(message)
    written += messages.length
    if (page.at_end || from === 'newest') break
    from = page.next
  }
  return written
}

const followOn = async (
  { client, io, signal }: CommandContext,
  wanted: Wanted,
  write: Write,
): Promise<number> => {
  const done = new AbortController()
  const ended = AbortSignal.any([signal, io.readerGone, done.signal])
  const query = { from: wanted.from ?? 'latest', partition: wanted.partition }
  let written = 0
  for await (const message of client.follow(follow, { params: { name: wanted.topic }, query }, ended)) {
    await write(message)
    written++
    if (written === wanted.count) break
  }
  done.abort()
  return written
}

export const consumeCommand = defineCommand({
  path: ['consume'],
  summary: 'Print messages of a topic',
  description:
    'Without options the newest 20. `--from` replays from a point on up to what was the end when it began; ' +
    '`--follow` goes on with what comes. Commits nothing: it is no member of any group. JSON is printed compactly, ' +
    'with every digit of its numbers.',
  positionals: [{ name: 'TOPIC', description: 'Where they come from.', required: true }],
  options: {
    from: {
      type: 'text',
      value: 'POINT',
      description:
        '`earliest`, `latest`, `newest`, an offset, a time (2026-01-31T12:00:00Z), or `at:PARTITION=OFFSET,…`.',
    },
    follow: { type: 'flag', short: 'f', description: 'Go on with messages as they come.' },
    count: {
      type: 'integer',
      short: 'n',
      value: 'NUMBER',
      min: 1,
      max: 1_000_000_000,
      description: 'End after so many.',
    },
    partition: {
      type: 'integer',
      short: 'p',
      value: 'NUMBER',
      min: 0,
      max: 1_000_000,
      description: 'Only this one.',
    },
    format: {
      type: 'text',
      value: 'FORMAT',
      default: 'text',
      choices: ['text', 'json', 'value', 'key-value'],
      description: 'How a message is printed; `key-value` with a tab between.',
    },
  },
  examples: [
    { line: 'sluice consume orders', says: 'the newest 20' },
    { line: 'sluice consume orders -f', says: 'what comes from now on' },
    { line: 'sluice consume orders --from earliest --json', says: 'everything, for a script' },
    { line: 'sluice consume orders --from 2026-01-31T12:00:00Z -n 5', says: 'five from a time on' },
  ],
  next: 'sluice topics list',
  run: async (context, { options, positionals: [topic = ''] }) => {
    const from = options.from === undefined ? null : fromOf(options.from)
    const count = options.count ?? (from === null && !options.follow ? newestPreset : null)
    const wanted: Wanted = { topic, from, partition: options.partition, count }
    const write = writerOf(context, options.format)
    const written = await (options.follow ? followOn(context, wanted, write) : replay(context, wanted, write))
    if (written === 0 && !options.follow && context.io.stderrIsTerminal) {
      context.io.err(`No message there. Follow what comes: sluice consume ${topic} -f\n`)
    }
  },
})
