/** What can go wrong between this client and a broker, told apart by what helps. */
import { errorCodes, kafkaErrorOf } from 'sluice-kafka-protocol'

/** A broker answered, with an error. */
export class BrokerError extends Error {
  readonly code: number

  constructor(code: number, about: string, says: string | null = null) {
    super(`${about}: ${kafkaErrorOf(code).name}${says === null || says === '' ? '' : ` (${says})`}`)
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

/** Whether asking again, perhaps another broker, may help. What a broker cannot name may pass. */
export const isRetriableCode = (code: number): boolean =>
  code === errorCodes.UNKNOWN_SERVER_ERROR || kafkaErrorOf(code).isRetriable

/** @throws BrokerError for any code but 0 */
export const throwOn = (code: number, about: string, says: string | null = null): void => {
  if (code !== errorCodes.NONE) throw new BrokerError(code, about, says)
}
