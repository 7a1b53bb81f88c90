/** Asks a cluster a few times: what moves about for a moment is waited for. */
import { isKafkaError } from '../errors/kafka-error.ts'
import type { Clock } from '../support/clock.ts'

/** Partitions that just moved have no leader for a moment. */
const attemptsMax = 5
const retryAfterMs = 300

/** What this client says itself, of a topic that is not there, stays so. */
const mayPass = (error: unknown): boolean =>
  isKafkaError(error) &&
  error.advice === 'retry' &&
  !(error.code === 'UNKNOWN_TOPIC' && error.brokerCode === null)

/** @throws KafkaError that does not pass, or did not in time; what else `ask` throws */
export const patiently = async <Answer>(clock: Clock, ask: () => Promise<Answer>): Promise<Answer> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask()
    } catch (error) {
      if (attempt >= attemptsMax || !mayPass(error)) throw error
      await clock.sleep(retryAfterMs)
    }
  }
}
