/** Groups of the new protocol (KIP-848), which the request for classic groups does not know. */
import { ConsumerGroupDescribe, errorCodes, type ResponseOf } from 'sluice-kafka-protocol'
import type { BrokerConnection } from '../connection/connection.ts'
import { throwOn } from '../errors/broker-errors.ts'
import type { GroupMemberState, GroupState } from './states.ts'

type Described = ResponseOf<typeof ConsumerGroupDescribe>['groups'][number]

const memberOf = (member: Described['members'][number]): GroupMemberState => ({
  memberId: member.memberId,
  instanceId: member.instanceId,
  clientId: member.clientId,
  host: member.clientHost.replace(/^\//, ''),
  partitions: member.assignment.topicPartitions.flatMap(({ topicName, partitions }) =>
    partitions.map((partition) => ({ topic: topicName, partition })),
  ),
  topics: member.subscribedTopicNames,
})

/** Those of `names` that are such groups; their offsets are to be told by whoever asks. @throws KafkaError */
export const describeNewProtocol = async (
  coordinator: BrokerConnection,
  names: readonly string[],
): Promise<ReadonlyMap<string, Omit<GroupState, 'offsets'>>> => {
  if (names.length === 0 || !coordinator.offers(ConsumerGroupDescribe)) return new Map()
  const answer = await coordinator.request(ConsumerGroupDescribe, {
    groupIds: [...names],
    includeAuthorizedOperations: false,
  })
  const found = new Map<string, Omit<GroupState, 'offsets'>>()
  for (const group of answer.groups) {
    if (group.errorCode === errorCodes.GROUP_ID_NOT_FOUND) continue
    throwOn(group.errorCode, `group ${group.groupId}`, group.errorMessage)
    found.set(group.groupId, {
      name: group.groupId,
      state: group.groupState,
      protocol: group.assignorName === '' ? null : group.assignorName,
      members: group.members.map(memberOf),
    })
  }
  return found
}
