/**
 * CreatePartitions (key 37, v0-v3): raises the partition count of topics (KIP-195).
 *
 * - Answers topic by topic. Counts never fall: records would lose their partition.
 * - Replica assignments are accepted when every new partition lies on this one broker.
 */
import { CreatePartitions, errorCodes, type RequestOf } from 'sluice-kafka-protocol'
import { partitionsMax } from './19-create-topics.ts'
import { type Broker, defineRequest } from './define.ts'
import { type ChangeOutcome, changeTopics, makeChange } from './topic-changes.ts'

type Wanted = RequestOf<typeof CreatePartitions>['topics'][number]

const refuse = (errorCode: number, errorMessage: string): ChangeOutcome => ({ errorCode, errorMessage })

export const createPartitions = defineRequest(CreatePartitions, async (request, { broker }) => {
  const results = request.topics.map(async (wanted) => {
    const isTwice = request.topics.some((other) => other !== wanted && other.name === wanted.name)
    const outcome = isTwice
      ? refuse(errorCodes.INVALID_REQUEST, 'The request names this topic more than once')
      : await changeTopics(broker.topics, () => raise(broker, wanted, request.validateOnly))
    return { name: wanted.name, ...outcome }
  })
  return { results: await Promise.all(results) }
})

const raise = async (broker: Broker, wanted: Wanted, validateOnly: boolean): Promise<ChangeOutcome> => {
  const refusal = refusalOf(broker, wanted)
  if (refusal !== null) return refusal
  if (validateOnly) return { errorCode: errorCodes.NONE, errorMessage: null }
  return makeChange(broker, wanted.name, () => broker.topics.addPartitions(wanted.name, wanted.count))
}

const refusalOf = (broker: Broker, { name, count, assignments }: Wanted): ChangeOutcome | null => {
  const topic = broker.topics.get(name)
  if (topic === undefined) {
    return refuse(errorCodes.UNKNOWN_TOPIC_OR_PARTITION, `There is no topic '${name}'`)
  }
  // Which partition keeps a group's offsets follows from their number.
  if (topic.internal) return refuse(errorCodes.INVALID_REQUEST, `The topic '${name}' is the broker's own`)
  const present = topic.partitions.length
  if (count <= present) {
    return refuse(
      errorCodes.INVALID_PARTITIONS,
      `The topic '${name}' has ${present} partitions; ${count} would not be more`,
    )
  }
  if (count > partitionsMax) {
    return refuse(
      errorCodes.INVALID_PARTITIONS,
      `${count} partitions are more than the ${partitionsMax} allowed`,
    )
  }
  if (assignments === null) return null
  const isHere = assignments.every(
    ({ brokerIds }) => brokerIds.length === 1 && brokerIds[0] === broker.nodeId,
  )
  if (assignments.length === count - present && isHere) return null
  return refuse(
    errorCodes.INVALID_REPLICA_ASSIGNMENT,
    `Each of the ${count - present} new partitions needs an assignment to broker ${broker.nodeId} alone`,
  )
}
