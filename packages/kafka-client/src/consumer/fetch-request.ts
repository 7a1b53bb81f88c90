/** One Fetch: says what to read in the words of its version and session, and finds each partition in the answer. */
import { Fetch, type ResponseOf } from 'sluice-kafka-protocol'
import type { BrokerConnection } from '../connection/connection.ts'
import { throwOn } from '../errors/broker-errors.ts'
import { type FetchSession, isSessionLost, namedByTopic, type WantedPartition } from './fetch-session.ts'

export interface FetchOptions {
  readonly isCommittedOnly: boolean
  /** How long a broker may wait for data. */
  readonly waitMs: number
  /** Per request and per partition in it; a single larger batch comes all the same. */
  readonly requestBytesMax: number
  readonly partitionBytesMax: number
  /** Bytes fetched and not taken yet, over all partitions. */
  readonly prefetchBytesMax: number
  /** Where the reader is: a leader may name a replica there (KIP-392). */
  readonly rackId?: string
}

export type PartitionAnswer = ResponseOf<typeof Fetch>['responses'][number]['partitions'][number]

/** Versions from this on name topics by id, so that a topic made anew is noticed by the broker. */
const topicIdsSince = 13
const isolationCommitted = 1
const isolationUncommitted = 0
const answerGraceMs = 15_000

/**
 * What the broker says of each partition, in their order: undefined where there is nothing new of it, and null for all
 * where the broker forgot the session and nothing can be said.
 * @param wanted with the ids of their topics, as far as they are known
 * @throws KafkaError
 */
export const requestFetch = async (
  connection: BrokerConnection,
  session: FetchSession,
  wanted: readonly WantedPartition[],
  maxBytes: number,
  options: FetchOptions,
): Promise<readonly (PartitionAnswer | undefined)[] | null> => {
  const { isCommittedOnly, waitMs } = options
  const usesIds =
    connection.versionOf(Fetch) >= topicIdsSince && wanted.every(({ topicId }) => topicId !== '')
  const plan = session.plan(usesIds ? wanted : wanted.map((each) => ({ ...each, topicId: '' })))
  const answer = await connection.request(
    Fetch,
    {
      maxWaitMs: waitMs,
      minBytes: 1,
      maxBytes,
      isolationLevel: isCommittedOnly ? isolationCommitted : isolationUncommitted,
      sessionId: plan.sessionId,
      sessionEpoch: plan.sessionEpoch,
      rackId: options.rackId ?? '',
      topics: namedByTopic(plan.named, ({ partition, leaderEpoch, offset, bytesMax }) => ({
        partition,
        currentLeaderEpoch: leaderEpoch,
        fetchOffset: offset,
        partitionMaxBytes: bytesMax,
      })),
      forgottenTopicsData: namedByTopic(plan.forgotten, ({ partition }) => partition),
    },
    { timeoutMs: waitMs + answerGraceMs, ...(usesIds ? {} : { versionMax: topicIdsSince - 1 }) },
  )
  if (isSessionLost(answer.errorCode)) {
    // Nothing is wrong but what the broker remembers: the next request says everything.
    session.reset()
    return null
  }
  throwOn(answer.errorCode, 'fetch')
  session.answered(answer.sessionId)
  const found = new Map<string, PartitionAnswer>()
  for (const each of answer.responses) {
    const at = usesIds ? each.topicId : each.topic
    for (const partition of each.partitions) found.set(`${at}/${partition.partitionIndex}`, partition)
  }
  return wanted.map(({ topic, topicId, partition }) => found.get(`${usesIds ? topicId : topic}/${partition}`))
}
