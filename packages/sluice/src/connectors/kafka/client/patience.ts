/** Asks a cluster a few times: what moves about for a moment is waited for, and what stays wrong becomes a fault. */
import { isKafkaError } from 'sluice-kafka-client/parts'
import type { Clock } from '../../../kernel/clock.ts'
import { fault, messageOf } from '../../../kernel/faults/index.ts'
import { faultOf } from './faults.ts'

/** Partitions that just moved have no leader for a moment. */
const attemptsMax = 5
const retryAfterMs = 300

/** @param what is asked for, for the fault's sentence @throws fault UNAVAILABLE; what else `ask` throws */
export const patiently = async <Answer>(
  clock: Clock,
  what: string,
  ask: () => Promise<Answer>,
): Promise<Answer> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask()
    } catch (error) {
      if (!isKafkaError(error)) throw error
      const known = faultOf(error)
      if (known !== undefined) throw known
      if (attempt >= attemptsMax) throw fault('UNAVAILABLE', { what, problem: messageOf(error) }, error)
      await clock.sleep(retryAfterMs)
    }
  }
}
