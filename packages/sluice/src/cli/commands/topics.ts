/** `sluice topics`: list, show, create, delete. */

import type { AnswerOf } from '../../contract/endpoint.ts'
import { contract } from '../../contract/index.ts'
import { counted } from '../../kernel/plural.ts'
import { confirmByName, yesOption } from '../confirm.ts'
import { defineCommand } from '../options.adapter.ts'
import { factLines, printAnswer, printHints, printRows } from '../output.ts'
import type { Paint } from '../paint.ts'
import { tableLines } from '../table.ts'
import { countText, rateText, sizeText } from '../words.ts'
import { settingsOf, topicArgument } from './topic-changes.ts'

const { endpoints } = contract.topics

export const topicsListCommand = defineCommand({
  path: ['topics', 'list'],
  summary: 'List topics',
  description: 'Topics of the cluster with what they hold, what is written to them, and who reads them.',
  positionals: [],
  options: {
    internal: { type: 'flag', description: 'Kafka’s own topics too.' },
    search: { type: 'text', value: 'TEXT', description: 'Only names that hold this text.' },
  },
  examples: [
    { line: 'sluice topics list', says: 'what there is' },
    { line: 'sluice topics list --search orders', says: 'those about orders' },
    { line: "sluice topics list --json | jq -r '.data[].name'", says: 'names for a script' },
  ],
  next: 'sluice doctor',
  run: async (context, { options }) => {
    const { internal, search } = options
    const answer = await context.client.call(endpoints.list, { query: { internal, search } })
    await printRows(
      context,
      answer,
      [
        { title: 'Topic', cell: ({ name }) => name, least: 16 },
        { title: 'Partitions', cell: ({ partitions }) => countText(partitions), right: true },
        { title: 'Messages', cell: ({ messages }) => countText(Number(messages)), right: true },
        { title: 'In/s', cell: ({ in_per_second: rate }) => rateText(rate), right: true },
        { title: 'Size', cell: ({ size_bytes: bytes }) => sizeText(bytes), right: true },
        { title: 'Groups', cell: ({ groups }) => groups.join(', ') || '–', least: 8 },
      ],
      search === undefined
        ? 'No topic yet. Create one: sluice topics create NAME'
        : 'No topic with this in its name. All of them: sluice topics list',
    )
    const [first] = answer.data
    if (first === undefined) return
    printHints(context, [
      ['Its messages', `sluice consume ${first.name}`],
      ['Some of them', `sluice consume ${first.name} --filter EXPRESSION`],
    ])
  },
})

const detailLines = (topic: AnswerOf<typeof endpoints.show>, width: number, paint: Paint): string[] => [
  ...factLines(
    [
      ['topic', topic.name],
      ['messages', countText(Number(topic.messages))],
      ['size', sizeText(topic.size_bytes)],
      ['written', topic.in_per_second === null ? '–' : `${rateText(topic.in_per_second)}/s`],
      ['last message', topic.last_write_at ?? '–'],
      ['groups', topic.groups.join(', ') || 'none'],
      ['replicas', topic.replication_factor === null ? '–' : countText(topic.replication_factor)],
      ['read by', topic.read_by.join(', ') || 'no pipeline'],
      ['written by', topic.written_by.join(', ') || 'no pipeline'],
      ...Object.entries(topic.settings).map(([name, value]) => [name, value] as const),
    ],
    paint,
  ),
  '',
  ...tableLines(
    topic.partition_states,
    [
      { title: 'Partition', cell: ({ partition }) => String(partition), right: true },
      { title: 'Oldest', cell: ({ earliest }) => earliest, right: true },
      { title: 'Next', cell: ({ latest }) => latest, right: true },
      { title: 'Leader', cell: ({ leader }) => String(leader), right: true },
      { title: 'In sync', cell: ({ in_sync_replicas: inSync }) => inSync.join(',') },
    ],
    width,
    paint,
  ),
]

export const topicsShowCommand = defineCommand({
  path: ['topics', 'show'],
  summary: 'Show one topic',
  description: 'Partitions, offsets, settings, and the pipelines that use it.',
  positionals: [topicArgument],
  options: {},
  examples: [{ line: 'sluice topics show readings', says: 'everything about it' }],
  next: 'sluice topics list',
  run: async (context, { positionals: [name = ''] }) => {
    const answer = await context.client.call(endpoints.show, { params: { name } })
    await printAnswer(context, answer, (topic, paint) => detailLines(topic, context.io.columns(), paint))
  },
})

export const topicsCreateCommand = defineCommand({
  path: ['topics', 'create'],
  summary: 'Create a topic',
  description: 'It exists, with what was asked for, when this ends.',
  positionals: [topicArgument],
  options: {
    partitions: {
      type: 'integer',
      short: 'p',
      value: 'NUMBER',
      min: 1,
      max: 10_000,
      default: 3,
      description: 'Partitions.',
    },
    replicas: {
      type: 'integer',
      value: 'NUMBER',
      min: -1,
      max: 100,
      default: -1,
      description: 'Copies of each message; -1: as the cluster is set.',
    },
    set: { type: 'list', value: 'NAME=VALUE', description: 'A setting as Kafka names it.' },
  },
  examples: [
    { line: 'sluice topics create orders', says: 'three partitions' },
    { line: 'sluice topics create orders -p 12 --set retention.ms=86400000', says: 'kept for a day' },
  ],
  next: 'sluice topics list',
  run: async (context, { options, positionals: [name = ''] }) => {
    const answer = await context.client.call(endpoints.create, {
      body: {
        name,
        partitions: options.partitions,
        replication_factor: options.replicas,
        settings: settingsOf(options.set, 'sluice topics create'),
      },
    })
    await printAnswer(context, answer, ({ message }) => [message])
  },
})

export const topicsDeleteCommand = defineCommand({
  path: ['topics', 'delete'],
  summary: 'Delete a topic with all its messages',
  description:
    'Cannot be undone. Refused while pipelines use it, unless forced; asks for the name on a terminal.',
  positionals: [topicArgument],
  options: { force: { type: 'flag', description: 'Even while pipelines use it.' }, yes: yesOption },
  examples: [{ line: 'sluice topics delete old-orders --yes', says: 'without being asked' }],
  next: 'sluice topics list',
  run: async (context, { options, positionals: [name = ''] }) => {
    const { messages } = await context.client.call(endpoints.show, { params: { name } })
    await confirmByName(
      context,
      options.yes,
      name,
      `This deletes ${name} with ${counted(Number(messages), 'message')} for good`,
    )
    const answer = await context.client.call(endpoints.delete, {
      params: { name },
      query: { force: options.force },
    })
    await printAnswer(context, answer, ({ message, affected }) => [
      message,
      ...(affected.length === 0 ? [] : [`Pipelines that used it: ${affected.join(', ')}`]),
    ])
  },
})
