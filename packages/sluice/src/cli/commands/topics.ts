/** `sluice topics`: list, show, create, delete. */

import type { AnswerOf } from '../../contract/endpoint.ts'
import { contract } from '../../contract/index.ts'
import { fault } from '../../kernel/faults/index.ts'
import { counted } from '../../kernel/plural.ts'
import { confirmByName, yesOption } from '../confirm.ts'
import { defineCommand } from '../options.adapter.ts'
import { factLines, printAnswer, printRows } from '../output.ts'
import type { Paint } from '../paint.ts'
import { tableLines } from '../table.ts'
import { countText } from '../words.ts'

const { endpoints } = contract.topics

const topicArgument = { name: 'TOPIC', description: 'Name of the topic.', required: true } as const

export const topicsListCommand = defineCommand({
  path: ['topics', 'list'],
  summary: 'List topics',
  description: 'Topics of the cluster with their partitions.',
  positionals: [],
  options: { internal: { type: 'flag', description: 'Kafka’s own topics too.' } },
  examples: [
    { line: 'sluice topics list', says: 'what there is' },
    { line: "sluice topics list --json | jq -r '.data[].name'", says: 'names for a script' },
  ],
  next: 'sluice doctor',
  run: async (context, { options }) => {
    const answer = await context.client.call(endpoints.list, { query: { internal: options.internal } })
    await printRows(
      context,
      answer,
      [
        { title: 'Topic', cell: ({ name }) => name, least: 20 },
        { title: 'Partitions', cell: ({ partitions }) => countText(partitions), right: true },
        { title: 'Id', cell: ({ uuid }) => ({ text: uuid, tone: 'soft' }), least: 8 },
      ],
      'No topic yet. Create one: sluice topics create NAME',
    )
  },
})

const detailLines = (topic: AnswerOf<typeof endpoints.show>, width: number, paint: Paint): string[] => [
  ...factLines(
    [
      ['topic', topic.name],
      ['messages', countText(Number(topic.messages))],
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

const settingsOf = (pairs: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at <= 0) {
        const problem = `--set ${pair} is no setting; write NAME=VALUE`
        throw fault('USAGE_WRONG', { problem, help: 'sluice topics create --help' })
      }
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )

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
        settings: settingsOf(options.set),
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
