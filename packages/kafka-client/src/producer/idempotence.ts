/** Under which producer id batches go, so that the broker can tell repeated ones: taken when it is needed first. */
import { errorCodes, InitProducerId } from 'sluice-kafka-protocol'
import type { KafkaCluster } from '../cluster/cluster.ts'
import { brokerError } from '../errors/broker-errors.ts'
import { backoffMs } from '../support/backoff.ts'
import type { Clock } from '../support/clock.ts'
import type { Random } from '../support/random.ts'
import type { ProducerId } from './produce-batch.ts'

const backoff = { firstMs: 50, mostMs: 2_000 }
/** Of no meaning without a transactional id, but part of the request. */
const transactionTimeoutMs = 60_000

export class Idempotence {
  readonly #cluster: KafkaCluster
  readonly #clock: Clock
  readonly #random: Random
  #producer: ProducerId | null = null
  #isRenewing = false

  constructor(cluster: KafkaCluster, clock: Clock, random: Random) {
    this.#cluster = cluster
    this.#clock = clock
    this.#random = random
  }

  /** null before there is one, and while another is taken. */
  get producer(): ProducerId | null {
    return this.#isRenewing ? null : this.#producer
  }

  /**
   * Takes another id; resolves when there is one, nobody wants it any more, or the signal aborts. Never rejects.
   * @param isWanted hears of each attempt that failed, and says whether to go on
   */
  async renew(signal: AbortSignal, isWanted: (problem: Error) => boolean): Promise<void> {
    if (this.#isRenewing) return
    this.#isRenewing = true
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        const answer = await this.#cluster.ask(InitProducerId, {
          transactionalId: null,
          transactionTimeoutMs,
        })
        if (answer.errorCode !== errorCodes.NONE) throw brokerError(answer.errorCode, 'producer id')
        this.#producer = { id: answer.producerId, epoch: answer.producerEpoch }
        break
      } catch (error) {
        if (!isWanted(error instanceof Error ? error : new Error(String(error)))) break
        await this.#clock.sleep(backoffMs(backoff, attempt, this.#random), signal)
      }
    }
    this.#isRenewing = false
  }
}
