/** Answers of `groups`: consumer groups with lag and verdict; moving and deleting those that nobody is in. */
import type { Answers } from '../../contract/answers.ts'
import type { AnswerOf, BodyOf } from '../../contract/endpoint.ts'
import type { groupStates, groupsResource } from '../../contract/groups.ts'
import type { GroupMemberState, GroupState, TopicState } from '../../flow/kafka-ports.ts'
import type { Clock } from '../../kernel/clock.ts'
import { fault } from '../../kernel/faults/index.ts'
import { counted } from '../../kernel/plural.ts'
import type { GroupPartitionView, GroupView, KafkaView } from '../kafka-view/kafka-view.ts'
import type { Kafka, Pipelines } from '../ports.ts'

type Endpoints = (typeof groupsResource)['endpoints']
type Summary = AnswerOf<Endpoints['list']>['data'][number]
type Detail = AnswerOf<Endpoints['show']>
type ResetBody = BodyOf<Endpoints['reset']>
type Move = AnswerOf<Endpoints['reset']>['moves'][number]

const states: Readonly<Record<string, (typeof groupStates)[number]>> = {
  Stable: 'stable',
  Empty: 'empty',
  Dead: 'dead',
  PreparingRebalance: 'rebalancing',
  CompletingRebalance: 'rebalancing',
  Assigning: 'rebalancing',
  Reconciling: 'rebalancing',
}

// What needs somebody comes first.
const urgency: readonly Summary['verdict'][] = ['stalled', 'falling_behind', 'unknown', 'keeping_up', 'idle']

const textOf = (offset: bigint | null): string | null => (offset === null ? null : String(offset))

/** A group as a row of the list. */
export const groupRow = (group: GroupView): Summary => ({
  name: group.name,
  state: states[group.state] ?? 'unknown',
  protocol: group.protocol,
  members: group.members.length,
  topics: [...group.topics],
  lag: group.lag === null ? null : { ...group.lag },
  verdict: group.verdict,
  verdict_text: group.text,
  retention_in_seconds: group.retentionInSeconds === null ? null : Math.max(0, group.retentionInSeconds),
  pipeline: group.pipeline,
})

/** Groups as `GET /api/groups` lists them. */
export const groupRows = (groups: readonly GroupView[]): Summary[] =>
  groups
    .map(groupRow)
    .toSorted((a, b) => urgency.indexOf(a.verdict) - urgency.indexOf(b.verdict) || (a.name < b.name ? -1 : 1))

const partitionRow = (each: GroupPartitionView): Detail['partition_states'][number] => ({
  topic: each.topic,
  partition: each.partition,
  committed: textOf(each.committed),
  earliest: textOf(each.earliest),
  latest: textOf(each.latest),
  lag: each.lag === null ? null : Number(each.lag),
  seconds: each.seconds,
  stuck_since: each.stuckSinceMs === null ? null : new Date(each.stuckSinceMs).toISOString(),
  member_id: each.member?.memberId ?? null,
  client_id: each.member?.clientId ?? null,
  host: each.member?.host ?? null,
})

const memberRow = (member: GroupMemberState, group: GroupView): Detail['member_states'][number] => {
  const own = group.partitions.filter((each) => each.member === member)
  const lags = own.flatMap(({ lag }) => (lag === null ? [] : [Number(lag)]))
  return {
    member_id: member.memberId,
    instance_id: member.instanceId,
    client_id: member.clientId,
    host: member.host,
    partitions: member.partitions.map(({ topic, partition }) => ({ topic, partition })),
    lag_records: lags.length === 0 ? null : lags.reduce((total, lag) => total + lag, 0),
  }
}

/** A group as `GET /api/groups/{name}` shows it. */
export const groupDetail = (group: GroupView): Detail => ({
  ...groupRow(group),
  member_states: group.members.map((member) => memberRow(member, group)),
  partition_states: group.partitions.map(partitionRow),
})

const namedMax = 10

/** Members as people find them: client and machine. */
const memberNames = (members: readonly GroupMemberState[]): string[] => {
  const names = members.slice(0, namedMax).map(({ clientId, host }) => `${clientId} on ${host}`)
  return members.length > namedMax ? [...names, `${members.length - namedMax} more`] : names
}

const stillRead = (name: string, members: readonly GroupMemberState[]): Error => {
  const problem = `is still read by ${memberNames(members).join(', ')}; stop ${members.length === 1 ? 'it' : 'them'} first`
  return fault('CONFLICT', { what: `Group ${name}`, problem })
}

/** Where each partition is to go. */
const targetsOf = async (
  kafka: Kafka,
  topic: TopicState,
  body: ResetBody,
): Promise<ReadonlyMap<number, bigint>> => {
  const to = body.to
  if (to === 'time') {
    if (body.time === undefined) throw fault('REQUEST_INVALID', { field: 'time', problem: 'is missing' })
    return kafka.admin.offsetsAt(topic.name, Date.parse(body.time))
  }
  if (to === 'offset') {
    if (body.offset === undefined) throw fault('REQUEST_INVALID', { field: 'offset', problem: 'is missing' })
    const wanted = BigInt(body.offset)
    return new Map(
      topic.partitions.map(({ partition, earliest, latest }) => [
        partition,
        wanted < earliest ? earliest : wanted > latest ? latest : wanted,
      ]),
    )
  }
  return new Map(topic.partitions.map((each) => [each.partition, each[to]]))
}

const movesOf = async (kafka: Kafka, group: GroupState, body: ResetBody): Promise<Move[]> => {
  const topic = await kafka.admin.topic(body.topic)
  if (topic === null) throw fault('NOT_FOUND', { kind: 'topic', name: body.topic })
  const wanted = body.partitions ?? topic.partitions.map(({ partition }) => partition)
  const unknown = wanted.find((partition) => topic.partitions.every((each) => each.partition !== partition))
  if (unknown !== undefined) {
    throw fault('NOT_FOUND', { kind: 'partition', name: `${body.topic}/${unknown}` })
  }
  const targets = await targetsOf(kafka, topic, body)
  const committed = new Map(
    group.offsets.filter((each) => each.topic === body.topic).map((each) => [each.partition, each.committed]),
  )
  return [...new Set(wanted)]
    .toSorted((a, b) => a - b)
    .map((partition) => {
      const before = committed.get(partition) ?? null
      const after = targets.get(partition) ?? 0n
      return {
        partition,
        before: textOf(before),
        after: String(after),
        records: before === null ? null : Number(after - before),
      }
    })
}

/** What a reset did or would do, in a sentence. */
const resetMessage = (name: string, topic: string, moves: readonly Move[], applied: boolean): string => {
  const again = moves.reduce((total, { records }) => total + Math.max(0, -(records ?? 0)), 0)
  const out = moves.reduce((total, { records }) => total + Math.max(0, records ?? 0), 0)
  const effects = [
    ...(again > 0 ? [`${counted(again, 'record')} read again`] : []),
    ...(out > 0 ? [`${counted(out, 'record')} left out`] : []),
  ]
  const effect =
    effects.length === 0 ? 'no record read again or left out, as far as is known' : effects.join(', ')
  const where = `${counted(moves.length, 'partition')} of ${topic}`
  return applied
    ? `Group ${name} reads on from there in ${where}: ${effect}.`
    : `Nothing is changed yet. Group ${name} in ${where}: ${effect}.`
}

export const groupsAnswers = (
  kafka: Kafka,
  view: KafkaView,
  pipelines: Pipelines,
  clock: Clock,
): Answers<typeof groupsResource> => {
  /** The group as it is this moment. @throws fault NOT_FOUND, CONFLICT where a pipeline owns it */
  const own = async (name: string, command: string): Promise<GroupState> => {
    const pipeline = (await pipelines.list()).find((each) => each.group === name)
    if (pipeline !== undefined) {
      const problem = `is that of the pipeline ${pipeline.name}, which keeps its positions itself; ${command}`
      throw fault('CONFLICT', { what: `Group ${name}`, problem })
    }
    const group = await kafka.admin.group(name)
    if (group === null) throw fault('NOT_FOUND', { kind: 'group', name })
    return group
  }
  return {
    list: async () => {
      const data = groupRows(await view.groups())
      return { data, count: data.length, timestamp: new Date(clock.now()).toISOString() }
    },
    show: async ({ params }) => {
      const group = (await view.groups()).find(({ name }) => name === params.name)
      if (group === undefined) throw fault('NOT_FOUND', { kind: 'group', name: params.name })
      return groupDetail(group)
    },
    reset: async ({ params: { name }, body }) => {
      const group = await own(name, 'move those instead')
      const moves = await movesOf(kafka, group, body)
      if (!body.dry_run) {
        if (group.members.length > 0) throw stillRead(name, group.members)
        const offsets = new Map(moves.map(({ partition, after }) => [partition, BigInt(after)]))
        await kafka.admin.moveGroup(name, body.topic, offsets)
        view.forget()
      }
      return {
        message: resetMessage(name, body.topic, moves, !body.dry_run),
        applied: !body.dry_run,
        topic: body.topic,
        moves,
        blocked_by: memberNames(group.members),
      }
    },
    delete: async ({ params: { name } }) => {
      const group = await own(name, 'delete the pipeline first')
      if (group.members.length > 0) throw stillRead(name, group.members)
      await kafka.admin.deleteGroup(name)
      view.forget()
      return { message: `Group ${name} and its offsets are deleted.`, name }
    },
  }
}
