/** What a broker's answer to a batch means for it. Decides only. */
import { errorCodes } from 'sluice-kafka-protocol'
import { isRetriableCode } from '../errors/broker-errors.ts'

export type Verdict =
  /** It stands in the log. */
  | 'written'
  /** The same again, perhaps to another broker. */
  | 'again'
  /** The broker knows another end of our sequence than we do, and has not taken the batch. */
  | 'sequence_lost'
  /** In smaller parts. */
  | 'too_large'
  /** Not as it is: some records, or all. */
  | 'invalid'
  /** Not taken, for a reason outside the records (rights, settings, the transaction). */
  | 'failed'

export const verdictOf = (code: number): Verdict => {
  switch (code) {
    case errorCodes.NONE:
    case errorCodes.DUPLICATE_SEQUENCE_NUMBER:
      return 'written'
    case errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER:
    case errorCodes.UNKNOWN_PRODUCER_ID:
    case errorCodes.INVALID_PRODUCER_EPOCH:
      return 'sequence_lost'
    case errorCodes.MESSAGE_TOO_LARGE:
    case errorCodes.RECORD_LIST_TOO_LARGE:
      return 'too_large'
    case errorCodes.INVALID_RECORD:
    case errorCodes.INVALID_TIMESTAMP:
      return 'invalid'
    default:
      return isRetriableCode(code) ? 'again' : 'failed'
  }
}

/** After these the batch may stand in the log all the same. */
export const leavesUncertain = (code: number): boolean =>
  code === errorCodes.REQUEST_TIMED_OUT ||
  code === errorCodes.NOT_ENOUGH_REPLICAS_AFTER_APPEND ||
  code === errorCodes.UNKNOWN_SERVER_ERROR ||
  code === errorCodes.NETWORK_EXCEPTION ||
  code === errorCodes.KAFKA_STORAGE_ERROR
