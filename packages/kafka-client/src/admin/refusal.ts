/** What a cluster says when it does not make or change a topic. */
import { errorCodes, kafkaErrorOf } from 'sluice-kafka-protocol'
import { unknownTopic } from '../cluster/cluster.ts'
import { brokerError } from '../errors/broker-errors.ts'
import { KafkaError } from '../errors/kafka-error.ts'

/**
 * The broker's own words are the problem, where it has some.
 * @throws KafkaError for any code but 0: UNKNOWN_TOPIC, TOPIC_EXISTS, NOT_AUTHORIZED, what may pass; else TOPIC_REFUSED
 */
export const refuse = (topic: string, code: number, says: string | null | undefined): void => {
  if (code === errorCodes.NONE) return
  if (code === errorCodes.UNKNOWN_TOPIC_OR_PARTITION) throw unknownTopic(topic)
  const error = brokerError(code, `topic ${topic}`, says ?? null)
  if (error.advice === 'retry') throw error
  const entry = error.code === 'BROKER_REFUSED' ? 'TOPIC_REFUSED' : error.code
  const problem = says === null || says === undefined || says === '' ? kafkaErrorOf(code).name : says
  throw new KafkaError(entry, `topic ${topic}`, problem.replace(/\.$/, ''), undefined, code)
}
