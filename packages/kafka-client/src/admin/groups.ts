/**
 * Consumer groups for the admin: listed, described, moved, deleted.
 *
 * - All groups take one round of requests for each broker: the one that lists a group coordinates it.
 * - Only groups of consumers, and those that only keep offsets; Connect's workers and the like are no readers.
 */

import {
  DeleteGroups,
  DescribeGroups,
  decodeAssignment,
  decodeSubscription,
  errorCodes,
  ListGroups,
  OffsetCommit,
  OffsetFetch,
  ProtocolError,
  type ResponseOf,
} from 'sluice-kafka-protocol'
import type { KafkaCluster } from '../cluster/cluster.ts'
import type { BrokerConnection } from '../connection/connection.ts'
import { throwOn } from '../errors/broker-errors.ts'
import { isKafkaError, KafkaError } from '../errors/kafka-error.ts'
import { describeNewProtocol } from './new-protocol-groups.ts'
import type { GroupMemberState, GroupOffset, GroupState } from './states.ts'

type Described = ResponseOf<typeof DescribeGroups>['groups'][number]
type DescribedMember = Described['members'][number]

const consumers = 'consumer'
/** Groups in one request. */
const chunkSize = 200
/** Topics by name: later versions name them by id. */
const offsetFetchVersionMax = 9
const offsetCommitVersionMax = 9
const manyGroupsSince = 8
/** Who commits without being a member. */
const noGeneration = -1

const chunksOf = <Item>(items: readonly Item[]): Item[][] =>
  Array.from({ length: Math.ceil(items.length / chunkSize) }, (_, i) =>
    items.slice(i * chunkSize, (i + 1) * chunkSize),
  )

/** What a member wrote itself: whatever cannot be read is left out. */
const readable = <Value>(read: () => Value, otherwise: Value): Value => {
  try {
    return read()
  } catch (error) {
    if (error instanceof ProtocolError) return otherwise
    throw error
  }
}

const memberOf = (member: DescribedMember, isConsumer: boolean): GroupMemberState => {
  const assigned = isConsumer
    ? readable(() => decodeAssignment(member.memberAssignment).assignedPartitions, [])
    : []
  const topics =
    isConsumer && member.memberMetadata.length > 0
      ? readable(() => decodeSubscription(member.memberMetadata).topics, [])
      : []
  return {
    memberId: member.memberId,
    instanceId: member.groupInstanceId,
    clientId: member.clientId,
    // Java's brokers write addresses as Java does: /127.0.0.1.
    host: member.clientHost.replace(/^\//, ''),
    partitions: assigned.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => ({ topic, partition })),
    ),
    topics,
  }
}

const stateOf = (group: Described, offsets: readonly GroupOffset[]): GroupState => ({
  name: group.groupId,
  state: group.groupState,
  protocol: group.protocolData === '' ? null : group.protocolData,
  members: group.members.map((member) => memberOf(member, group.protocolType === consumers)),
  offsets,
})

interface FetchedTopic {
  readonly name: string
  readonly partitions: readonly { readonly partitionIndex: number; readonly committedOffset: bigint }[]
}

const offsetsIn = (topics: readonly FetchedTopic[]): GroupOffset[] =>
  topics.flatMap(({ name, partitions }) =>
    partitions
      .filter(({ committedOffset }) => committedOffset >= 0n)
      .map((each) => ({ topic: name, partition: each.partitionIndex, committed: each.committedOffset })),
  )

/** Committed offsets by group, from the broker that coordinates them. */
const offsetsOf = async (
  coordinator: BrokerConnection,
  names: readonly string[],
): Promise<ReadonlyMap<string, readonly GroupOffset[]>> => {
  const version = coordinator.versionOf(OffsetFetch, offsetFetchVersionMax)
  const options = { versionMax: version }
  const found = new Map<string, readonly GroupOffset[]>()
  if (version >= manyGroupsSince) {
    const groups = names.map((groupId) => ({ groupId, topics: null }))
    const answer = await coordinator.request(OffsetFetch, { groups }, options)
    for (const { groupId, errorCode, topics } of answer.groups) {
      if (errorCode === errorCodes.GROUP_ID_NOT_FOUND) continue
      throwOn(errorCode, `offsets of group ${groupId}`)
      found.set(groupId, offsetsIn(topics))
    }
    return found
  }
  for (const groupId of names) {
    const answer = await coordinator.request(OffsetFetch, { groupId, topics: null }, options)
    if (answer.errorCode === errorCodes.GROUP_ID_NOT_FOUND) continue
    throwOn(answer.errorCode, `offsets of group ${groupId}`)
    found.set(groupId, offsetsIn(answer.topics))
  }
  return found
}

const isGone = ({ errorCode, groupState }: Described): boolean =>
  errorCode === errorCodes.GROUP_ID_NOT_FOUND || groupState === 'Dead'

const describe = async (
  coordinator: BrokerConnection,
  names: readonly string[],
): Promise<readonly GroupState[]> => {
  const [described, offsets] = await Promise.all([
    coordinator.request(DescribeGroups, { groups: [...names], includeAuthorizedOperations: false }),
    offsetsOf(coordinator, names),
  ])
  const gone = described.groups.filter(isGone).map(({ groupId }) => groupId)
  const newProtocol = await describeNewProtocol(coordinator, gone)
  return described.groups.flatMap((group) => {
    const own = offsets.get(group.groupId) ?? []
    const found = newProtocol.get(group.groupId)
    if (found !== undefined) return [{ ...found, offsets: own }]
    if (isGone(group)) return own.length === 0 ? [] : [stateOf({ ...group, groupState: 'Unknown' }, own)]
    throwOn(group.errorCode, `group ${group.groupId}`, group.errorMessage)
    return [stateOf(group, own)]
  })
}

/** @throws KafkaError */
export const allGroups = async (cluster: KafkaCluster): Promise<readonly GroupState[]> => {
  const { nodeIds } = await cluster.metadata([])
  const found = await Promise.all(
    nodeIds.map(async (nodeId) => {
      const connection = await cluster.connectionTo(nodeId, 'control')
      const listed = await connection.request(ListGroups, { statesFilter: [], typesFilter: [] })
      throwOn(listed.errorCode, 'consumer groups')
      const names = listed.groups
        .filter(({ protocolType }) => protocolType === consumers || protocolType === '')
        .map(({ groupId }) => groupId)
      const states: GroupState[] = []
      for (const chunk of chunksOf(names)) states.push(...(await describe(connection, chunk)))
      return states
    }),
  )
  return found.flat()
}

/** Asks the coordinator; who it is, is looked up anew when that does not work. */
const atCoordinator = async <Answer>(
  cluster: KafkaCluster,
  group: string,
  ask: (coordinator: BrokerConnection) => Promise<Answer>,
): Promise<Answer> => {
  try {
    return await ask(await cluster.coordinatorOf(group, null))
  } catch (error) {
    if (isKafkaError(error)) cluster.forgetCoordinator(group)
    throw error
  }
}

/** null where there is no such group. @throws KafkaError */
export const oneGroup = (cluster: KafkaCluster, name: string): Promise<GroupState | null> =>
  atCoordinator(cluster, name, async (coordinator) => (await describe(coordinator, [name]))[0] ?? null)

/** None where there is no such group. @throws KafkaError */
export const groupOffsets = (cluster: KafkaCluster, name: string): Promise<readonly GroupOffset[]> =>
  atCoordinator(cluster, name, async (coordinator) => (await offsetsOf(coordinator, [name])).get(name) ?? [])

const hasMembers = (code: number): boolean =>
  code === errorCodes.UNKNOWN_MEMBER_ID ||
  code === errorCodes.ILLEGAL_GENERATION ||
  code === errorCodes.STALE_MEMBER_EPOCH ||
  code === errorCodes.REBALANCE_IN_PROGRESS ||
  code === errorCodes.NON_EMPTY_GROUP

const inUse = (name: string): KafkaError =>
  new KafkaError('GROUP_IN_USE', `group ${name}`, 'they have to leave first')

/** @throws KafkaError GROUP_IN_USE, UNKNOWN_TOPIC for a partition that is not there, and others */
export const moveGroup = (
  cluster: KafkaCluster,
  name: string,
  topic: string,
  offsets: ReadonlyMap<number, bigint>,
): Promise<void> =>
  atCoordinator(cluster, name, async (coordinator) => {
    const partitions = Array.from(offsets, ([partitionIndex, committedOffset]) => ({
      partitionIndex,
      committedOffset,
      committedMetadata: '',
    }))
    const answer = await coordinator.request(
      OffsetCommit,
      {
        groupId: name,
        generationIdOrMemberEpoch: noGeneration,
        memberId: '',
        topics: [{ name: topic, partitions }],
      },
      { versionMax: offsetCommitVersionMax },
    )
    for (const { errorCode, partitionIndex } of answer.topics.flatMap((each) => each.partitions)) {
      if (hasMembers(errorCode)) throw inUse(name)
      const where = `${topic}/${partitionIndex}`
      if (errorCode === errorCodes.UNKNOWN_TOPIC_OR_PARTITION) {
        throw new KafkaError('UNKNOWN_TOPIC', where, 'there is no such partition')
      }
      throwOn(errorCode, `offset of ${where}`)
    }
  })

/** @throws KafkaError GROUP_IN_USE, UNKNOWN_GROUP and others */
export const deleteGroup = (cluster: KafkaCluster, name: string): Promise<void> =>
  atCoordinator(cluster, name, async (coordinator) => {
    const answer = await coordinator.request(DeleteGroups, { groupsNames: [name] })
    const code = answer.results[0]?.errorCode ?? errorCodes.UNKNOWN_SERVER_ERROR
    if (hasMembers(code)) throw inUse(name)
    if (code === errorCodes.GROUP_ID_NOT_FOUND)
      throw new KafkaError('UNKNOWN_GROUP', `group ${name}`, 'there is no such group')
    throwOn(code, `deleting group ${name}`)
  })
