/**
 * OffsetForLeaderEpoch (key 23, v2-v4): where a leader epoch ends, so that a client notices a log that was cut back
 * (KIP-320).
 *
 * - A partition here has one leader and one epoch for all its life. Asked for that epoch, its end is the end of the log;
 *   of any other epoch nothing is known.
 */
import { errorCodes, OffsetForLeaderEpoch, type RequestOf } from 'sluice-kafka-protocol'
import type { PartitionLog } from '../log/partition-log.ts'
import { defineRequest } from './define.ts'
import { leaderEpochError } from './topic-lookup.ts'

type Asked = RequestOf<typeof OffsetForLeaderEpoch>['topics'][number]['partitions'][number]

const unknown = { leaderEpoch: -1, endOffset: -1n }

export const offsetForLeaderEpoch = defineRequest(OffsetForLeaderEpoch, async (request, { broker }) => ({
  topics: request.topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map((asked) => ({
      partition: asked.partition,
      ...endOf(broker.topics.get(topic)?.partitions[asked.partition], asked),
    })),
  })),
}))

const endOf = (log: PartitionLog | undefined, { currentLeaderEpoch, leaderEpoch }: Asked) => {
  if (log === undefined) return { errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION, ...unknown }
  if (log.damage !== null) return { errorCode: errorCodes.KAFKA_STORAGE_ERROR, ...unknown }
  const errorCode = leaderEpochError(log, currentLeaderEpoch)
  if (errorCode !== errorCodes.NONE) return { errorCode, ...unknown }
  if (leaderEpoch !== log.leaderEpoch) return { errorCode: errorCodes.NONE, ...unknown }
  return { errorCode: errorCodes.NONE, leaderEpoch, endOffset: log.highWatermark }
}
