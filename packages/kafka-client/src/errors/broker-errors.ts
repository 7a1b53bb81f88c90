/**
 * A broker's error codes as entries of the catalogue.
 *
 * A code that is not named here may pass where Kafka says so, and else is a refusal.
 */
import { type ErrorName, errorCodes, kafkaErrorOf } from 'sluice-kafka-protocol'
import type { KafkaErrorCode } from './catalogue.ts'
import { KafkaError } from './kafka-error.ts'

const named: ReadonlyMap<string, KafkaErrorCode> = new Map<ErrorName, KafkaErrorCode>([
  ['OFFSET_OUT_OF_RANGE', 'OFFSET_OUT_OF_RANGE'],
  ['CORRUPT_MESSAGE', 'CORRUPT_RECORD'],
  ['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC'],
  ['UNKNOWN_TOPIC_ID', 'UNKNOWN_TOPIC'],
  ['LEADER_NOT_AVAILABLE', 'LEADER_MISSING'],
  ['REQUEST_TIMED_OUT', 'TIMED_OUT'],
  ['MESSAGE_TOO_LARGE', 'RECORD_TOO_LARGE'],
  ['RECORD_LIST_TOO_LARGE', 'RECORD_TOO_LARGE'],
  ['INVALID_RECORD', 'RECORD_INVALID'],
  ['INVALID_TIMESTAMP', 'RECORD_INVALID'],
  ['TOPIC_AUTHORIZATION_FAILED', 'NOT_AUTHORIZED'],
  ['GROUP_AUTHORIZATION_FAILED', 'NOT_AUTHORIZED'],
  ['CLUSTER_AUTHORIZATION_FAILED', 'NOT_AUTHORIZED'],
  ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'NOT_AUTHORIZED'],
  ['SASL_AUTHENTICATION_FAILED', 'AUTHENTICATION_FAILED'],
  ['UNSUPPORTED_SASL_MECHANISM', 'AUTHENTICATION_FAILED'],
  ['ILLEGAL_SASL_STATE', 'AUTHENTICATION_FAILED'],
  ['UNKNOWN_MEMBER_ID', 'MEMBERSHIP_LOST'],
  ['ILLEGAL_GENERATION', 'MEMBERSHIP_LOST'],
  ['FENCED_MEMBER_EPOCH', 'MEMBERSHIP_LOST'],
  ['FENCED_INSTANCE_ID', 'FENCED'],
  ['INVALID_PRODUCER_EPOCH', 'FENCED'],
  ['PRODUCER_FENCED', 'FENCED'],
  ['TRANSACTION_COORDINATOR_FENCED', 'FENCED'],
  ['TRANSACTION_ABORTABLE', 'TRANSACTION_BROKEN'],
  ['TOPIC_ALREADY_EXISTS', 'TOPIC_EXISTS'],
  ['INVALID_TOPIC_EXCEPTION', 'TOPIC_REFUSED'],
  ['INVALID_PARTITIONS', 'TOPIC_REFUSED'],
  ['INVALID_REPLICATION_FACTOR', 'TOPIC_REFUSED'],
  ['INVALID_CONFIG', 'TOPIC_REFUSED'],
  ['GROUP_ID_NOT_FOUND', 'UNKNOWN_GROUP'],
  ['NON_EMPTY_GROUP', 'GROUP_IN_USE'],
  ['UNSUPPORTED_VERSION', 'VERSION_UNSUPPORTED'],
])

/** Whether asking again, perhaps another broker, may help. What a broker cannot name may pass. */
export const isRetriableCode = (code: number): boolean =>
  code === errorCodes.UNKNOWN_SERVER_ERROR || kafkaErrorOf(code).isRetriable

/** A broker answered, with an error. @param says its own words, where it has some */
export const brokerError = (code: number, about: string, says: string | null = null): KafkaError => {
  const { name } = kafkaErrorOf(code)
  const entry = named.get(name) ?? (isRetriableCode(code) ? 'BROKER_NOT_READY' : 'BROKER_REFUSED')
  const problem = says === null || says === '' ? name : `${name} (${says})`
  return new KafkaError(entry, about, problem, undefined, code)
}

/** @throws KafkaError for any code but 0 */
export const throwOn = (code: number, about: string, says: string | null = null): void => {
  if (code !== errorCodes.NONE) throw brokerError(code, about, says)
}
