/** `sluice consume`: messages of a topic, replayed, searched or followed. */
import { fault } from '../../kernel/faults/index.ts'
import type { CommandContext } from '../command.ts'
import { isBackward, pointOf } from '../message-points.ts'
import { followOn, replay, type Wanted } from '../message-replay.ts'
import { messageFormats, messageWriter } from '../message-text.ts'
import { defineCommand } from '../options.adapter.ts'

const newestPreset = 20

interface Given {
  readonly from: string | undefined
  readonly until: string | undefined
  readonly follow: boolean
  readonly filter: string | undefined
  readonly limit: number | undefined
  readonly partition: number | undefined
}

const wantedOf = (topic: string, given: Given, nowMs: number): Wanted => {
  const { follow, filter, partition } = given
  const from = given.from === undefined ? (follow ? 'latest' : 'newest') : pointOf('from', given.from, nowMs)
  const until = given.until === undefined ? undefined : pointOf('until', given.until, nowMs)
  if (follow && until !== undefined) {
    throw fault('USAGE_WRONG', {
      problem: '--follow has no end, so it goes without --until',
      help: 'sluice consume --help',
    })
  }
  const preset = isBackward(from) && until === undefined ? newestPreset : null
  return { topic, from, until, filter, partition, limit: given.limit ?? preset }
}

const consume = async (context: CommandContext, wanted: Wanted, follow: boolean, format: string) => {
  const write = messageWriter(context, format)
  if (!follow) {
    const { written } = await replay(context, wanted, write)
    if (written === 0 && context.io.stderrIsTerminal) {
      context.io.err(`No message there. Follow what comes: sluice consume ${wanted.topic} -f\n`)
    }
    return
  }
  if (!isBackward(wanted.from)) {
    await followOn(context, wanted, write)
    return
  }
  // The last ones, then what comes: `limit` is how many of the last.
  const { followFrom } = await replay(context, wanted, write)
  await followOn(context, { ...wanted, from: followFrom, limit: null }, write)
}

export const consumeCommand = defineCommand({
  path: ['consume'],
  summary: 'Print messages of a topic',
  description:
    'Without options the newest 20. `--from` replays from a point on up to what was the end when it began; ' +
    '`--follow` goes on with what comes, and after a broken connection where it stopped. `--filter` prints only what an ' +
    'expression wants, in the language of steps. Partitions are merged by time. Commits nothing: it is no member of any ' +
    'group. JSON is printed compactly, with every digit of its numbers.',
  positionals: [{ name: 'TOPIC', description: 'Where they come from.', required: true }],
  options: {
    from: {
      type: 'text',
      value: 'POINT',
      description:
        '`earliest`, `latest`, `newest`, an offset, a time (2026-01-31T12:00:00Z), how long ago (`15m`), `before:TIME`, or `at:PARTITION=OFFSET,…`.',
    },
    until: {
      type: 'text',
      value: 'POINT',
      description: 'Where it ends: an offset, a time, or how long ago; with `newest` how far back.',
    },
    filter: {
      type: 'text',
      value: 'EXPRESSION',
      description:
        'Only messages for which this is true: CEL over `event` and `meta`; or plain words, which key or value must have.',
    },
    follow: { type: 'flag', short: 'f', description: 'Go on with messages as they come.' },
    limit: {
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
      choices: messageFormats,
      description: 'How a message is printed; `key-value` with a tab between.',
    },
  },
  examples: [
    { line: 'sluice consume orders', says: 'the newest 20' },
    { line: 'sluice consume orders -f', says: 'what comes from now on' },
    { line: 'sluice consume orders --filter Lisbon', says: 'the newest that have this text' },
    { line: "sluice consume orders --filter 'event.amount > 100' -n 5", says: 'the newest five that match' },
    { line: 'sluice consume orders --from 15m', says: 'the last quarter of an hour' },
    { line: 'sluice consume orders --from earliest --json', says: 'everything, for a script' },
    { line: 'sluice consume orders --from 2026-01-31T12:00:00Z -n 5', says: 'five from a time on' },
  ],
  next: 'sluice topics list',
  run: async (context, { options, positionals: [topic = ''] }) => {
    const wanted = wantedOf(topic, options, context.clock.now())
    await consume(context, wanted, options.follow, options.format)
  },
})
