/**
 * ListOffsets (key 2, v1-v11): the first or last offset of partitions, or the offset that belongs to a time.
 *
 * - A time after the last record has no offset: -1.
 * - There is no tiered storage: the first local offset is the first one, and nothing is tiered or waits for it.
 */
import {
  type ErrorCode,
  errorCodes,
  ListOffsets,
  listOffsetsTimestamp,
  type RequestOf,
  type ResponseInputOf,
} from 'sluice-kafka-protocol'
import type { PartitionLog } from '../log/partition-log.ts'
import { defineRequest } from './define.ts'
import { findLog, isError, leaderEpochError } from './topic-lookup.ts'

type PartitionRequest = RequestOf<typeof ListOffsets>['topics'][number]['partitions'][number]
type PartitionResponse = ResponseInputOf<typeof ListOffsets>['topics'][number]['partitions'][number]

interface Found {
  readonly offset: bigint
  readonly timestamp: bigint
}

const nothing: Found = { offset: -1n, timestamp: -1n }

const lookUp = async (log: PartitionLog, timestamp: bigint): Promise<Found | ErrorCode> => {
  switch (timestamp) {
    case listOffsetsTimestamp.latest:
      return { offset: log.highWatermark, timestamp: -1n }
    case listOffsetsTimestamp.earliest:
    case listOffsetsTimestamp.earliestLocal:
      return { offset: log.logStartOffset, timestamp: -1n }
    case listOffsetsTimestamp.latestTiered:
    case listOffsetsTimestamp.earliestPendingUpload:
      return nothing
    default: {
      const isMax = timestamp === listOffsetsTimestamp.maxTimestamp
      if (timestamp < 0n && !isMax) return errorCodes.INVALID_REQUEST
      const found = isMax ? await log.offsetOfLatestTime() : await log.offsetAtTime(Number(timestamp))
      return found === null ? nothing : { offset: found.offset, timestamp: BigInt(found.timestamp) }
    }
  }
}

export const listOffsets = defineRequest(ListOffsets, async (request, { broker }) => {
  const answer = async (name: string, asked: PartitionRequest): Promise<PartitionResponse> => {
    const { partitionIndex } = asked
    const log = findLog(broker.topics.get(name), { name, topicId: '' }, partitionIndex)
    if (isError(log)) return { partitionIndex, errorCode: log }
    if (log.damage !== null) return { partitionIndex, errorCode: errorCodes.KAFKA_STORAGE_ERROR }
    const epochError = leaderEpochError(log, asked.currentLeaderEpoch)
    if (epochError !== errorCodes.NONE) return { partitionIndex, errorCode: epochError }
    try {
      const found = await lookUp(log, asked.timestamp)
      if (typeof found === 'number') return { partitionIndex, errorCode: found }
      return { partitionIndex, errorCode: errorCodes.NONE, ...found, leaderEpoch: log.leaderEpoch }
    } catch (error) {
      broker.report(`${name}-${partitionIndex}: no offset for time ${asked.timestamp}: ${String(error)}`)
      return { partitionIndex, errorCode: errorCodes.KAFKA_STORAGE_ERROR }
    }
  }
  return {
    topics: await Promise.all(
      request.topics.map(async ({ name, partitions }) => ({
        name,
        partitions: await Promise.all(partitions.map((partition) => answer(name, partition))),
      })),
    ),
  }
})
