/**
 * A producer whose records, and the positions they were made from, count together or not at all.
 *
 * - Who reads with `read_committed` sees a transaction when it is committed, and nothing of it before or otherwise.
 * - Of all producers with one transactional id the last to open has it; what the others write is refused (FENCED).
 */
import type { KafkaCluster } from '../cluster/cluster.ts'
import { KafkaError } from '../errors/kafka-error.ts'
import type { Clock } from '../support/clock.ts'
import type { Random } from '../support/random.ts'
import { KafkaProducer, type ProducerSettings } from './kafka-producer.ts'
import { type OffsetsOwner, type TransactionOffset, Transactions } from './transactions.ts'

export interface TransactionalSettings extends Omit<ProducerSettings, 'acks'> {
  /** Who this producer is over restarts: the same work has the same id, and no two works share one. */
  readonly transactionalId: string
  /** The cluster aborts a transaction that is open for longer; 60 s where left out. */
  readonly transactionTimeoutMs?: number
  /** How long begin, commit, abort and sendOffsets are tried; 60 s where left out. */
  readonly operationTimeoutMs?: number
}

export class TransactionalProducer extends KafkaProducer {
  readonly #transactions: Transactions

  /** Connects nothing yet. The cluster ends with the producer. @throws KafkaError OPTION_INVALID */
  constructor(cluster: KafkaCluster, settings: TransactionalSettings, clock: Clock, random: Random) {
    const { transactionalId, transactionTimeoutMs = 60_000, operationTimeoutMs = 60_000, ...given } = settings
    if (transactionalId === '') throw new KafkaError('OPTION_INVALID', 'transactionalId', 'it is empty')
    const options = { transactionalId, transactionTimeoutMs, operationTimeoutMs }
    const transactions = new Transactions(cluster, options, clock, random)
    super(cluster, given, clock, random, transactions)
    this.#transactions = transactions
    transactions.attach({
      wake: () => this.parts.wake(),
      resume: () => this.parts.resume(),
      flush: () => this.flush(),
      abandon: (problem) => this.abandon(problem),
    })
  }

  /**
   * Takes the identity: whoever had the transactional id is fenced, and what it left open is aborted. The first `begin` does
   * it where it was not done; call it before you read the position that the work goes on from.
   * @throws KafkaError
   */
  async open(): Promise<void> {
    await this.#transactions.open()
  }

  /** Begins a transaction; records can be added from now on. @throws KafkaError FENCED, TRANSACTION_MISUSED */
  async begin(): Promise<void> {
    await this.#transactions.begin()
  }

  /**
   * Makes the position of a group's member a part of the transaction: the group goes on from there if it is committed.
   * @param owner who the member is now; where the group went on without it, they are not taken (KIP-447)
   * @throws KafkaError TRANSACTION_BROKEN, FENCED
   */
  async sendOffsets(owner: OffsetsOwner, offsets: readonly TransactionOffset[]): Promise<void> {
    await this.#transactions.sendOffsets(owner, offsets)
  }

  /**
   * Writes what is left and commits. It is done when this resolves. Where it throws something to retry, call it again;
   * after TRANSACTION_BROKEN (a record could not be written, say) abort.
   * @throws KafkaError
   */
  async commit(): Promise<void> {
    await this.#transactions.commit()
  }

  /** Gives up what was written; records under way fail with TRANSACTION_BROKEN. @throws KafkaError FENCED */
  async abort(): Promise<void> {
    await this.#transactions.abort()
  }

  /**
   * Begins, does `work`, commits. Where `work` throws, or the commit cannot be done, aborts and throws that.
   * @throws KafkaError, and what `work` throws
   */
  async transaction<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.begin()
    try {
      const result = await work()
      await this.commit()
      return result
    } catch (error) {
      // Where the identity is lost there is nothing to abort; the error tells.
      if (this.#transactions.isOpen) await this.abort().catch(() => undefined)
      throw error
    }
  }

  protected override assertWritable(): void {
    super.assertWritable()
    this.#transactions.assertOpen()
  }

  protected override async finish(): Promise<void> {
    try {
      if (this.#transactions.isOpen) await this.abort()
    } finally {
      this.#transactions.close()
    }
  }
}
