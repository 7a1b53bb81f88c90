/** `sluice topics settings | partitions`: changes of a topic that is there. */
import { contract } from '../../contract/index.ts'
import { fault } from '../../kernel/faults/index.ts'
import { counted } from '../../kernel/plural.ts'
import type { CommandContext } from '../command.ts'
import { confirmByName, yesOption } from '../confirm.ts'
import { defineCommand } from '../options.adapter.ts'
import { printAnswer } from '../output.ts'
import { tableLines } from '../table.ts'
import { countText } from '../words.ts'
import { applyOption } from './positions.ts'

const { endpoints } = contract.topics

export const topicArgument = { name: 'TOPIC', description: 'Name of the topic.', required: true } as const

/** Settings given as NAME=VALUE. @throws fault USAGE_WRONG */
export const settingsOf = (pairs: readonly string[], command: string): Record<string, string> =>
  Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at <= 0) {
        const problem = `--set ${pair} is no setting; write NAME=VALUE`
        throw fault('USAGE_WRONG', { problem, help: `${command} --help` })
      }
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )

const printSettings = async (context: CommandContext, name: string): Promise<void> => {
  const answer = await context.client.call(endpoints.show, { params: { name } })
  await printAnswer(context, answer, ({ settings, own_settings: own }, paint) =>
    tableLines(
      Object.entries(settings).toSorted(([a], [b]) => (a < b ? -1 : 1)),
      [
        { title: 'Setting', cell: ([key]) => key, least: 20 },
        { title: 'Value', cell: ([, value]) => value, least: 16 },
        {
          title: 'Made for',
          cell: ([key]) => (own.includes(key) ? 'this topic' : { text: 'the cluster', tone: 'soft' }),
        },
      ],
      context.io.columns(),
      paint,
    ),
  )
}

export const topicsSettingsCommand = defineCommand({
  path: ['topics', 'settings'],
  summary: 'Show or change settings of a topic',
  description:
    'With `--set` or `--unset` it says what would change, checked by the cluster; `--apply` does it. A setting that is taken back is as the cluster is set.',
  positionals: [topicArgument],
  options: {
    set: { type: 'list', value: 'NAME=VALUE', description: 'A setting as Kafka names it.' },
    unset: { type: 'list', value: 'NAME', description: 'A setting to take back.' },
    apply: applyOption,
  },
  examples: [
    { line: 'sluice topics settings orders', says: 'what they are, and which are its own' },
    { line: 'sluice topics settings orders --set retention.ms=86400000 --apply', says: 'keep a day' },
  ],
  next: 'sluice topics list',
  run: async (context, { options, positionals: [name = ''] }) => {
    if (options.set.length === 0 && options.unset.length === 0) return printSettings(context, name)
    const taken = Object.fromEntries(options.unset.map((key) => [key, null]))
    const settings = { ...settingsOf(options.set, 'sluice topics settings'), ...taken }
    const body = { settings, dry_run: !options.apply }
    const answer = await context.client.call(endpoints.settings, { params: { name }, body })
    const words = [
      ...options.set.map((pair) => ` --set ${pair}`),
      ...options.unset.map((key) => ` --unset ${key}`),
    ].join('')
    await printAnswer(context, answer, ({ message, changes, applied }, paint) => [
      ...tableLines(
        changes,
        [
          { title: 'Setting', cell: (change) => change.name, least: 16 },
          { title: 'Before', cell: ({ before }) => before ?? '–', least: 12 },
          { title: 'After', cell: ({ after }) => after ?? 'as the cluster is set', least: 12 },
        ],
        context.io.columns(),
        paint,
      ),
      '',
      message,
      ...(applied
        ? []
        : [`Do it: ${paint('accent', context.typed(`sluice topics settings ${name}${words} --apply`))}`]),
    ])
  },
})

const printPartitions = async (context: CommandContext, name: string): Promise<void> => {
  const answer = await context.client.call(endpoints.show, { params: { name } })
  await printAnswer(context, answer, ({ partition_states: states }, paint) =>
    tableLines(
      states,
      [
        { title: 'Partition', cell: ({ partition }) => String(partition), right: true },
        {
          title: 'Messages',
          cell: ({ earliest, latest }) => countText(Number(BigInt(latest) - BigInt(earliest))),
          right: true,
        },
        { title: 'Oldest', cell: ({ earliest }) => earliest, right: true },
        { title: 'Next', cell: ({ latest }) => latest, right: true },
        { title: 'Leader', cell: ({ leader }) => String(leader), right: true },
        { title: 'Replicas', cell: ({ replicas }) => replicas.join(',') },
        { title: 'In sync', cell: ({ in_sync_replicas: inSync }) => inSync.join(',') },
      ],
      context.io.columns(),
      paint,
    ),
  )
}

export const topicsPartitionsCommand = defineCommand({
  path: ['topics', 'partitions'],
  summary: 'Show the partitions of a topic, or give it more',
  description:
    'With `--count` it gets so many. That cannot be undone, and a key may go to another partition from then on; asks for the name on a terminal.',
  positionals: [topicArgument],
  options: {
    count: {
      type: 'integer',
      value: 'NUMBER',
      min: 1,
      max: 10_000,
      description: 'How many it is to have: more than now.',
    },
    yes: yesOption,
  },
  examples: [
    { line: 'sluice topics partitions orders', says: 'how they are filled' },
    { line: 'sluice topics partitions orders --count 12 --yes', says: 'twelve from now on' },
  ],
  next: 'sluice topics list',
  run: async (context, { options, positionals: [name = ''] }) => {
    if (options.count === undefined) return printPartitions(context, name)
    const effect = `This gives ${name} ${counted(options.count, 'partition')} for good, and keys may move`
    await confirmByName(context, options.yes, name, effect)
    const body = { partitions: options.count }
    const answer = await context.client.call(endpoints.partitions, { params: { name }, body })
    await printAnswer(context, answer, ({ message }) => [message])
  },
})
