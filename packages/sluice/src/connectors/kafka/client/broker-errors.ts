/**
 * Kafka's error codes that a client must tell apart, and what helps against each.
 *
 * Source: https://kafka.apache.org/protocol#protocol_error_codes. A code that is not listed here helps nobody: `none`.
 */

/** What may make the same request succeed. */
export type Remedy =
  /** Waiting. */
  | 'wait'
  /** Fresh metadata: somebody else leads the partition, or the topic is another one now. */
  | 'metadata'
  /** Finding the group's coordinator again. */
  | 'coordinator'
  /** Nothing: the request, its records or its rights are wrong. */
  | 'none'

const known: Readonly<Record<number, readonly [name: string, remedy: Remedy]>> = {
  [-1]: ['UNKNOWN_SERVER_ERROR', 'wait'],
  1: ['OFFSET_OUT_OF_RANGE', 'none'],
  2: ['CORRUPT_MESSAGE', 'wait'],
  3: ['UNKNOWN_TOPIC_OR_PARTITION', 'metadata'],
  5: ['LEADER_NOT_AVAILABLE', 'metadata'],
  6: ['NOT_LEADER_OR_FOLLOWER', 'metadata'],
  7: ['REQUEST_TIMED_OUT', 'wait'],
  8: ['BROKER_NOT_AVAILABLE', 'metadata'],
  9: ['REPLICA_NOT_AVAILABLE', 'metadata'],
  10: ['MESSAGE_TOO_LARGE', 'none'],
  14: ['COORDINATOR_LOAD_IN_PROGRESS', 'wait'],
  15: ['COORDINATOR_NOT_AVAILABLE', 'coordinator'],
  16: ['NOT_COORDINATOR', 'coordinator'],
  17: ['INVALID_TOPIC_EXCEPTION', 'none'],
  18: ['RECORD_LIST_TOO_LARGE', 'none'],
  19: ['NOT_ENOUGH_REPLICAS', 'wait'],
  20: ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'wait'],
  22: ['ILLEGAL_GENERATION', 'none'],
  23: ['INCONSISTENT_GROUP_PROTOCOL', 'none'],
  24: ['INVALID_GROUP_ID', 'none'],
  25: ['UNKNOWN_MEMBER_ID', 'none'],
  26: ['INVALID_SESSION_TIMEOUT', 'none'],
  27: ['REBALANCE_IN_PROGRESS', 'wait'],
  29: ['TOPIC_AUTHORIZATION_FAILED', 'none'],
  30: ['GROUP_AUTHORIZATION_FAILED', 'none'],
  31: ['CLUSTER_AUTHORIZATION_FAILED', 'none'],
  32: ['INVALID_TIMESTAMP', 'none'],
  35: ['UNSUPPORTED_VERSION', 'none'],
  36: ['TOPIC_ALREADY_EXISTS', 'none'],
  37: ['INVALID_PARTITIONS', 'none'],
  38: ['INVALID_REPLICATION_FACTOR', 'none'],
  40: ['INVALID_CONFIG', 'none'],
  41: ['NOT_CONTROLLER', 'metadata'],
  42: ['INVALID_REQUEST', 'none'],
  44: ['POLICY_VIOLATION', 'none'],
  45: ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'none'],
  46: ['DUPLICATE_SEQUENCE_NUMBER', 'none'],
  47: ['INVALID_PRODUCER_EPOCH', 'none'],
  56: ['KAFKA_STORAGE_ERROR', 'metadata'],
  59: ['UNKNOWN_PRODUCER_ID', 'none'],
  69: ['GROUP_ID_NOT_FOUND', 'none'],
  72: ['LISTENER_NOT_FOUND', 'metadata'],
  74: ['FENCED_LEADER_EPOCH', 'metadata'],
  75: ['UNKNOWN_LEADER_EPOCH', 'metadata'],
  76: ['UNSUPPORTED_COMPRESSION_TYPE', 'none'],
  78: ['OFFSET_NOT_AVAILABLE', 'wait'],
  79: ['MEMBER_ID_REQUIRED', 'none'],
  82: ['FENCED_INSTANCE_ID', 'none'],
  87: ['INVALID_RECORD', 'none'],
  89: ['THROTTLING_QUOTA_EXCEEDED', 'wait'],
  90: ['PRODUCER_FENCED', 'none'],
  100: ['UNKNOWN_TOPIC_ID', 'metadata'],
  103: ['INCONSISTENT_TOPIC_ID', 'metadata'],
}

/** The codes that decisions of this client are about, by name. */
export const errorCode = {
  none: 0,
  offsetOutOfRange: 1,
  unknownTopicOrPartition: 3,
  messageTooLarge: 10,
  invalidTopic: 17,
  recordListTooLarge: 18,
  illegalGeneration: 22,
  unknownMemberId: 25,
  rebalanceInProgress: 27,
  invalidTimestamp: 32,
  topicAlreadyExists: 36,
  outOfOrderSequence: 45,
  duplicateSequence: 46,
  invalidProducerEpoch: 47,
  unknownProducerId: 59,
  groupIdNotFound: 69,
  memberIdRequired: 79,
  fencedInstanceId: 82,
  invalidRecord: 87,
  unknownTopicId: 100,
  inconsistentTopicId: 103,
} as const

export const errorNameOf = (code: number): string => known[code]?.[0] ?? `error ${code}`
export const remedyOf = (code: number): Remedy => known[code]?.[1] ?? 'none'

/** A broker answered, with an error. */
export class BrokerError extends Error {
  readonly code: number

  constructor(code: number, about: string, says: string | null = null) {
    super(`${about}: ${errorNameOf(code)}${says === null || says === '' ? '' : ` (${says})`}`)
    this.name = 'BrokerError'
    this.code = code
  }
}

/** No broker answered: refused, lost, timed out. The request may or may not have had its effect. */
export class ConnectionLost extends Error {
  constructor(says: string, cause?: unknown) {
    super(says, cause === undefined ? undefined : { cause })
    this.name = 'ConnectionLost'
  }
}

/** Whether the same request may succeed later, perhaps elsewhere. */
export const isRetryable = (error: unknown): boolean =>
  error instanceof ConnectionLost || (error instanceof BrokerError && remedyOf(error.code) !== 'none')

/** Throws for any code but 0. */
export const throwOn = (code: number, about: string, says: string | null = null): void => {
  if (code !== errorCode.none) throw new BrokerError(code, about, says)
}
