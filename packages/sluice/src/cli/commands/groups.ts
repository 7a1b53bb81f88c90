/** `sluice groups`: list, show, reset, delete. */
import type { AnswerOf, BodyOf } from '../../contract/endpoint.ts'
import { contract } from '../../contract/index.ts'
import { fault } from '../../kernel/faults/index.ts'
import { counted } from '../../kernel/plural.ts'
import { confirmByName, yesOption } from '../confirm.ts'
import { defineCommand } from '../options.adapter.ts'
import { factLines, printAnswer, printRows } from '../output.ts'
import type { Paint, Tone } from '../paint.ts'
import { type Cell, tableLines } from '../table.ts'
import { countText, durationText } from '../words.ts'
import { applyOption } from './positions.ts'

const { endpoints } = contract.groups

type Summary = AnswerOf<typeof endpoints.list>['data'][number]
type Detail = AnswerOf<typeof endpoints.show>

const groupArgument = { name: 'GROUP', description: 'Name of the consumer group.', required: true } as const

const verdicts: Readonly<Record<Summary['verdict'], readonly [tone: Tone, text: string]>> = {
  keeping_up: ['ok', '● keeping up'],
  falling_behind: ['warn', '▲ falling behind'],
  stalled: ['bad', '✕ stalled'],
  idle: ['idle', '○ idle'],
  unknown: ['plain', '· unknown'],
}

const verdictCell = ({ verdict }: Summary): Cell => {
  const [tone, text] = verdicts[verdict]
  return { tone, text }
}

const secondsText = (seconds: number | null): string =>
  durationText(seconds === null ? null : seconds * 1_000)

const behindText = ({ lag }: Summary): string => secondsText(lag?.seconds ?? null)

export const groupsListCommand = defineCommand({
  path: ['groups', 'list'],
  summary: 'List consumer groups with lag and verdict',
  description:
    'What needs somebody comes first. The verdict follows from how lag went over the last minutes, while the server watched.',
  positionals: [],
  options: {},
  examples: [
    { line: 'sluice groups list', says: 'who keeps up and who does not' },
    { line: "sluice groups list --json | jq '.data[] | {name, lag, verdict}'", says: 'for a script' },
  ],
  next: 'sluice doctor',
  run: async (context) => {
    const answer = await context.client.call(endpoints.list)
    await printRows(
      context,
      answer,
      [
        { title: 'Group', cell: ({ name }) => name, least: 16 },
        { title: 'State', cell: ({ state }) => state },
        { title: 'Members', cell: ({ members }) => countText(members), right: true },
        { title: 'Lag', cell: ({ lag }) => countText(lag?.records ?? null), right: true },
        { title: 'Behind', cell: behindText, right: true },
        { title: 'Verdict', cell: verdictCell },
      ],
      'No consumer group yet: a pipeline that reads a topic has one, and so has every Kafka consumer.',
    )
  },
})

const memberText = ({ client_id: client, host }: Detail['member_states'][number]): string =>
  `${client} on ${host}`

const detailLines = (group: Detail, width: number, paint: Paint): string[] => {
  const [tone] = verdicts[group.verdict]
  const retention = group.retention_in_seconds
  return [
    ...factLines(
      [
        ['group', group.name],
        ['state', group.state],
        ['verdict', paint(tone, group.verdict_text)],
        ['lag', group.lag === null ? '–' : `${counted(group.lag.records, 'record')}, ${behindText(group)}`],
        ...(retention === null ? [] : [['retention', `in ${secondsText(retention)}`] as const]),
        ...(group.pipeline === null ? [] : [['pipeline', group.pipeline] as const]),
        ['topics', group.topics.join(', ') || '–'],
        ['shared by', group.protocol ?? '–'],
        ...group.member_states.map((member) => ['member', memberText(member)] as const),
      ],
      paint,
    ),
    '',
    ...tableLines(
      group.partition_states,
      [
        {
          title: 'Partition',
          cell: ({ topic, partition }) => `${topic}/${partition}`,
          least: 12,
          keepEnd: true,
        },
        { title: 'Committed', cell: ({ committed }) => committed ?? '–', right: true },
        { title: 'End', cell: ({ latest }) => latest ?? '–', right: true },
        { title: 'Lag', cell: ({ lag }) => countText(lag), right: true },
        { title: 'Behind', cell: ({ seconds }) => secondsText(seconds), right: true },
        { title: 'Read by', cell: ({ client_id: client }) => client ?? '–', least: 8 },
      ],
      width,
      paint,
    ),
  ]
}

export const groupsShowCommand = defineCommand({
  path: ['groups', 'show'],
  summary: 'Show one consumer group',
  description: 'Its verdict, its members, and partition by partition how far it is.',
  positionals: [groupArgument],
  options: {},
  examples: [{ line: 'sluice groups show billing', says: 'where it hangs' }],
  next: 'sluice groups list',
  run: async (context, { positionals: [name = ''] }) => {
    const answer = await context.client.call(endpoints.show, { params: { name } })
    await printAnswer(context, answer, (group, paint) => detailLines(group, context.io.columns(), paint))
  },
})

const resetHelp = 'sluice groups reset --help'

type Target = Pick<BodyOf<typeof endpoints.reset>, 'to' | 'time' | 'offset'>

/** `earliest`, `latest`, an offset, or a time. @throws fault USAGE_WRONG */
const targetOf = (text: string): Target => {
  if (text === 'earliest' || text === 'latest') return { to: text }
  if (/^\d{1,19}$/.test(text)) return { to: 'offset', offset: text }
  const timeMs = /^\d{4}-/.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(timeMs)) return { to: 'time', time: new Date(timeMs).toISOString() }
  const problem = `--to ${text} is neither earliest, latest, an offset nor a time such as 2026-01-31T12:00:00Z`
  throw fault('USAGE_WRONG', { problem, help: resetHelp })
}

const partitionsOf = (texts: readonly string[]): { partitions?: number[] } => {
  const wrong = texts.find((text) => !/^\d{1,9}$/.test(text))
  if (wrong !== undefined) {
    throw fault('USAGE_WRONG', { problem: `--partition ${wrong} is no partition`, help: resetHelp })
  }
  return texts.length === 0 ? {} : { partitions: texts.map(Number) }
}

export const groupsResetCommand = defineCommand({
  path: ['groups', 'reset'],
  summary: 'Move where a consumer group reads on',
  description:
    'For one topic. The group must have no members: stop its consumers first. Says what it would do; `--apply` does it.',
  positionals: [groupArgument],
  options: {
    topic: { type: 'text', value: 'TOPIC', description: 'Of which topic.' },
    to: {
      type: 'text',
      value: 'WHERE',
      default: 'earliest',
      description: '`earliest`, `latest`, an offset, or a time as 2026-01-31T12:00:00Z.',
    },
    partition: { type: 'list', value: 'NUMBER', description: 'Only this partition.' },
    apply: applyOption,
  },
  examples: [
    { line: 'sluice groups reset billing --topic orders', says: 'what reading everything again would mean' },
    { line: 'sluice groups reset billing --topic orders --to latest --apply', says: 'leave out what waits' },
  ],
  next: 'sluice groups list',
  run: async (context, { options, positionals: [name = ''] }) => {
    const { topic, to } = options
    if (topic === undefined) throw fault('USAGE_WRONG', { problem: '--topic is missing', help: resetHelp })
    const body = { topic, ...targetOf(to), ...partitionsOf(options.partition), dry_run: !options.apply }
    const answer = await context.client.call(endpoints.reset, { params: { name }, body })
    const only = options.partition.map((partition) => ` --partition ${partition}`).join('')
    const command = `sluice groups reset ${name} --topic ${topic} --to ${to}${only} --apply`
    await printAnswer(context, answer, ({ message, moves, applied, blocked_by: blockedBy }, paint) => [
      ...tableLines(
        moves,
        [
          { title: 'Partition', cell: ({ partition }) => `${topic}/${partition}`, least: 12, keepEnd: true },
          { title: 'Before', cell: ({ before }) => before ?? '–', right: true },
          { title: 'After', cell: ({ after }) => after, right: true },
          { title: 'Records', cell: ({ records }) => countText(records), right: true },
        ],
        context.io.columns(),
        paint,
      ),
      '',
      message,
      ...(applied || blockedBy.length === 0 ? [] : [`Stop its members first: ${blockedBy.join(', ')}`]),
      ...(applied ? [] : [`Do it: ${paint('accent', context.typed(command))}`]),
    ])
  },
})

export const groupsDeleteCommand = defineCommand({
  path: ['groups', 'delete'],
  summary: 'Delete a consumer group with its offsets',
  description:
    'Cannot be undone. Only a group without members; asks for the name on a terminal. Who joins under its name later begins anew.',
  positionals: [groupArgument],
  options: { yes: yesOption },
  examples: [{ line: 'sluice groups delete old-billing --yes', says: 'without being asked' }],
  next: 'sluice groups list',
  run: async (context, { options, positionals: [name = ''] }) => {
    const group = await context.client.call(endpoints.show, { params: { name } })
    const offsets = group.partition_states.filter(({ committed }) => committed !== null).length
    const effect = `This deletes ${name} with ${counted(offsets, 'committed offset')} for good`
    await confirmByName(context, options.yes, name, effect)
    const answer = await context.client.call(endpoints.delete, { params: { name } })
    await printAnswer(context, answer, ({ message }) => [message])
  },
})
