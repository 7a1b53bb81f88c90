/** What clients are told of a partition: this broker leads it, alone, unless its log is damaged. */
import { type ErrorCode, errorCodes } from 'sluice-kafka-protocol'
import type { PartitionLog } from '../log/partition-log.ts'

export interface PartitionState {
  readonly errorCode: ErrorCode
  readonly partitionIndex: number
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly replicaNodes: readonly number[]
  readonly isrNodes: readonly number[]
  readonly offlineReplicas: readonly number[]
}

/** A damaged partition has no leader, so that clients say so instead of retrying for ever. */
export const partitionState = (log: PartitionLog, nodeId: number): PartitionState => {
  const isDown = log.damage !== null
  return {
    errorCode: isDown ? errorCodes.LEADER_NOT_AVAILABLE : errorCodes.NONE,
    partitionIndex: log.partition,
    leaderId: isDown ? -1 : nodeId,
    leaderEpoch: log.leaderEpoch,
    replicaNodes: [nodeId],
    isrNodes: isDown ? [] : [nodeId],
    offlineReplicas: isDown ? [nodeId] : [],
  }
}
