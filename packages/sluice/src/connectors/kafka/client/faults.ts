/** Errors of the Kafka client as faults of the catalogue. */
import { isKafkaError } from 'sluice-kafka-client/parts'
import { type Fault, fault, isFault } from '../../../kernel/faults/index.ts'

/**
 * The fault for what says enough by itself: a fault, a wrong option, a broker that is too old. undefined for all else:
 * whoever asked knows what could not be had.
 */
export const faultOf = (error: unknown): Fault | undefined => {
  if (isFault(error)) return error
  if (!isKafkaError(error)) return undefined
  const { about, problem } = error
  if (error.code === 'OPTION_INVALID') {
    return fault('OPTION_INVALID', { option: about, connector: 'kafka', problem }, error)
  }
  if (error.code === 'VERSION_UNSUPPORTED' && error.brokerCode === null) {
    return fault('UNAVAILABLE', { what: `Kafka broker ${about}`, problem }, error)
  }
  return undefined
}

/** What the client says itself: a broker that does not know a topic may only not know it yet. */
export const isUnknownTopic = (error: unknown): boolean =>
  isKafkaError(error, 'UNKNOWN_TOPIC') && error.brokerCode === null
