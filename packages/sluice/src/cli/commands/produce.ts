/** `sluice produce`: arguments, or lines from stdin, as messages of a topic. */

import type { BodyOf } from '../../contract/endpoint.ts'
import { contract } from '../../contract/index.ts'
import { parseExact } from '../../kernel/exact-json.adapter.ts'
import { fault, messageOf } from '../../kernel/faults/index.ts'
import { counted } from '../../kernel/plural.ts'
import type { CommandContext } from '../command.ts'
import { linesOf, untilAborted } from '../lines.ts'
import { defineCommand } from '../options.adapter.ts'
import { printAnswer } from '../output.ts'

const { produce } = contract.messages.endpoints

type NewMessage = BodyOf<typeof produce>['records'][number]

interface LineOptions {
  readonly format: string
  readonly separator: string | undefined
  readonly key: string | undefined
  readonly partition: number | undefined
  readonly headers: readonly { readonly key: string; readonly value: string }[]
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const encoded = (bytes: Buffer): { readonly text: string; readonly encoding: 'utf8' | 'base64' } => {
  try {
    return { text: utf8.decode(bytes), encoding: 'utf8' }
  } catch {
    return { text: bytes.toString('base64'), encoding: 'base64' }
  }
}

const isMessage = (value: unknown): value is NewMessage =>
  typeof value === 'object' && value !== null && 'value' in value

/** What `consume --json` prints, as it is sent: what a broker gives is left out. */
const messageOfRecord = (line: string): NewMessage => {
  const record = parseExact(line)
  if (!isMessage(record)) throw new Error('it has no field "value"')
  const { key, key_encoding, value, value_encoding, headers } = record
  return {
    value,
    ...(key === undefined ? {} : { key }),
    ...(key_encoding === undefined || key_encoding === null ? {} : { key_encoding }),
    ...(value_encoding === undefined || value_encoding === null ? {} : { value_encoding }),
    ...(headers === undefined ? {} : { headers }),
  }
}

const messageOfLine = (line: Buffer, options: LineOptions): NewMessage => {
  const { format, separator, partition } = options
  const common = {
    ...(options.headers.length === 0 ? {} : { headers: [...options.headers] }),
    ...(partition === undefined ? {} : { partition }),
  }
  if (format === 'record') return { ...messageOfRecord(utf8.decode(line)), ...common }
  const at = separator === undefined ? -1 : line.indexOf(separator)
  if (separator !== undefined && at < 0) throw new Error(`it has no ${JSON.stringify(separator)} after a key`)
  const value = encoded(at < 0 ? line : line.subarray(at + Buffer.byteLength(separator ?? '')))
  // Only looked at: what is sent are the bytes of the line.
  if (format === 'json') parseExact(value.text)
  const key = at < 0 ? null : encoded(line.subarray(0, at))
  return {
    ...(key === null ? {} : { key: key.text, key_encoding: key.encoding }),
    ...(key === null && options.key !== undefined ? { key: options.key } : {}),
    value: value.text,
    value_encoding: value.encoding,
    ...common,
  }
}

const batchRecordsMax = 500
const batchBytesMax = 1024 * 1024
/** Lines that come slowly are sent after this time. */
const lingerMs = 50

interface Batcher {
  /** Resolves when there is room again. */
  add(message: NewMessage, sizeBytes: number): Promise<void>
  /** Sends what is left; resolves when all is acknowledged. */
  end(): Promise<void>
  /** Acknowledged so far. */
  readonly sent: () => number
}

/** Sends messages in order, one call at a time, as large as what came meanwhile. */
const createBatcher = (send: (records: NewMessage[]) => Promise<void>): Batcher => {
  let waiting: NewMessage[] = []
  let waitingBytes = 0
  let sent = 0
  let sending: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  const flush = (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    const records = waiting
    waiting = []
    waitingBytes = 0
    if (records.length === 0) return sending
    sending = sending.then(async () => {
      await send(records)
      sent += records.length
    })
    // The failure is told by the next add or by the end.
    sending.catch(() => undefined)
    return sending
  }
  return {
    add: async (message, sizeBytes) => {
      waiting.push(message)
      waitingBytes += sizeBytes
      if (waiting.length >= batchRecordsMax || waitingBytes >= batchBytesMax) await flush()
      else timer ??= setTimeout(() => void flush(), lingerMs)
    },
    end: flush,
    sent: () => sent,
  }
}

const headersOf = (pairs: readonly string[]): { key: string; value: string }[] =>
  pairs.map((pair) => {
    const at = pair.indexOf('=')
    if (at <= 0) {
      const problem = `--header ${pair} is no header; write NAME=VALUE`
      throw fault('USAGE_WRONG', { problem, help: 'sluice produce --help' })
    }
    return { key: pair.slice(0, at), value: pair.slice(at + 1) }
  })

const produceLines = async (
  context: CommandContext,
  topic: string,
  values: readonly string[],
  options: LineOptions,
): Promise<number> => {
  const batcher = createBatcher(async (records) => {
    await context.client.call(produce, { params: { name: topic }, body: { records } })
  })
  let number = 0
  const input = values.length > 0 ? 'argument' : 'stdin'
  const lines =
    values.length > 0
      ? values.map((value) => Buffer.from(value))
      : linesOf(untilAborted(context.io.stdin, context.signal), input)
  for await (const line of lines) {
    number++
    if (line.length === 0) continue
    let message: NewMessage
    try {
      message = messageOfLine(line, options)
    } catch (error) {
      await batcher.end()
      const problem = messageOf(error)
      throw fault(
        'INPUT_INVALID',
        { input, line: number, problem, sent: counted(batcher.sent(), 'record') },
        error,
      )
    }
    await batcher.add(message, line.length)
  }
  await batcher.end()
  return batcher.sent()
}

export const produceCommand = defineCommand({
  path: ['produce'],
  summary: 'Write messages to a topic',
  description:
    'Each VALUE becomes one message; without any, each line of stdin that is not empty does, byte for byte. Ends when Kafka has them all durably. With ' +
    '`--key-separator` the part before it is the key. `--format json` refuses lines that are no JSON; ' +
    '`--format record` takes what `consume --json` prints, with key and headers.',
  positionals: [
    { name: 'TOPIC', description: 'Where they go.', required: true },
    {
      name: 'VALUE',
      description: 'A message; lines of stdin when left out.',
      required: false,
      many: true,
    },
  ],
  options: {
    format: {
      type: 'text',
      value: 'FORMAT',
      default: 'text',
      choices: ['text', 'json', 'record'],
      description: 'What a line is.',
    },
    'key-separator': {
      type: 'text',
      short: 'K',
      value: 'TEXT',
      description: 'What stands between key and value.',
    },
    key: { type: 'text', short: 'k', value: 'KEY', description: 'Key of every message that brings none.' },
    header: { type: 'list', short: 'H', value: 'NAME=VALUE', description: 'A header of every message.' },
    partition: {
      type: 'integer',
      short: 'p',
      value: 'NUMBER',
      min: 0,
      max: 1_000_000,
      description: 'Where every message goes; by key when left out.',
    },
  },
  examples: [
    { line: 'sluice produce orders \'{"n":1}\'', says: 'one message' },
    { line: "printf 'eur:12\\nusd:7\\n' | sluice produce orders -K :", says: 'with keys' },
    {
      line: 'sluice consume orders --from earliest --json | sluice produce copy --format record',
      says: 'copy a topic',
    },
  ],
  next: 'sluice topics list',
  run: async (context, { options, positionals: [topic = '', ...values] }) => {
    if (context.io.stdinIsTerminal && values.length === 0)
      context.io.err(`Each line is a message to ${topic}; Ctrl-D ends.\n`)
    const sent = await produceLines(context, topic, values, {
      format: options.format,
      separator: options['key-separator'],
      key: options.key,
      partition: options.partition,
      headers: headersOf(options.header),
    })
    if (context.options.json) await printAnswer(context, { topic, count: sent }, () => [])
    else context.io.err(`${counted(sent, 'message')} written to ${topic}.\n`)
  },
})
