/**
 * Transactions of one producer: asks the coordinator for what `transaction-state.ts` decides.
 *
 * - Where the cluster has `transaction.version` 2 (KIP-890), writing to a partition makes it a part of the transaction, every
 *   transaction has an epoch of its own, and nothing of an earlier one can slip into a later. Else partitions and groups are
 *   added by requests before anything is written (`AddPartitionsToTxn`, `AddOffsetsToTxn`).
 * - What may pass is asked again until `operationTimeoutMs`; then the same call may be made again.
 */
import {
  AddOffsetsToTxn,
  AddPartitionsToTxn,
  EndTxn,
  errorCodes,
  InitProducerId,
  type RequestInputOf,
  TxnOffsetCommit,
} from 'sluice-kafka-protocol'
import type { KafkaCluster } from '../cluster/cluster.ts'
import type { BrokerConnection } from '../connection/connection.ts'
import { brokerError } from '../errors/broker-errors.ts'
import { isKafkaError, KafkaError } from '../errors/kafka-error.ts'
import { backoffMs } from '../support/backoff.ts'
import type { Clock } from '../support/clock.ts'
import type { Random } from '../support/random.ts'
import type { ProducerId } from './produce-batch.ts'
import type { ProduceScope } from './producer-options.ts'
import {
  assertOpen,
  begun,
  broke,
  brokenProblem,
  coordinatorVerdict,
  decidingCode,
  ending,
  endingStep,
  type Outcome,
  type TransactionState,
  touched,
} from './transaction-state.ts'

export interface TransactionOptions {
  readonly transactionalId: string
  /** The coordinator aborts a transaction that is open for longer. */
  readonly transactionTimeoutMs: number
  /** How long begin, commit, abort and sending of offsets are tried. */
  readonly operationTimeoutMs: number
}

/** Whose records a transaction holds. */
export interface TransactionWork {
  /** Looks anew what may be sent. */
  wake(): void
  /** Resolves when all is written, or given up. */
  flush(): Promise<void>
  /** Gives up all there is; resolves to whether sequence numbers are lost. */
  abandon(problem: Error): Promise<boolean>
  /** Takes records again. */
  resume(): void
}

/** Who a group's member is to its coordinator: offsets are taken only from a member of the generation of now (KIP-447). */
export interface OffsetsOwner {
  readonly group: string
  readonly memberId: string
  readonly instanceId: string | null
  readonly generation: number
}

export interface TransactionOffset {
  readonly topic: string
  readonly partition: number
  /** Offset of the next record to be read. */
  readonly offset: bigint
  readonly leaderEpoch?: number
  readonly metadata?: string | null
}

const backoff = { firstMs: 20, mostMs: 500 }
const featureName = 'transaction.version'
const perTransactionLevel = 2
/** The last versions in which partitions and groups have to be added before; and those after which they need not be. */
const produceVersions = { classic: 11, implicit: 12 } as const
const offsetVersions = { classic: 4, implicit: 5 } as const
const endVersions = { classic: 4, implicit: 5 } as const
/** Later ones belong to brokers. */
const addPartitionsVersionMax = 3
/** Below, a producer cannot ask for the next epoch of the identity that it has (KIP-360). */
const nextEpochSince = 3

export class Transactions implements ProduceScope {
  readonly #cluster: KafkaCluster
  readonly #options: TransactionOptions
  readonly #clock: Clock
  readonly #random: Random
  #state: TransactionState = { kind: 'unopened' }
  #work: TransactionWork | null = null
  #isImplicit = false
  readonly #added = new Set<string>()
  readonly #wanted = new Map<string, readonly [topic: string, partition: number]>()
  #adding: Promise<void> | null = null
  #abandoned: Promise<boolean> | null = null
  #isEnding = false
  #isClosed = false

  constructor(cluster: KafkaCluster, options: TransactionOptions, clock: Clock, random: Random) {
    this.#cluster = cluster
    this.#options = options
    this.#clock = clock
    this.#random = random
  }

  /** The producer whose records these transactions hold. */
  attach(work: TransactionWork): void {
    this.#work = work
  }

  get transactionalId(): string {
    return this.#options.transactionalId
  }

  get producer(): ProducerId | null {
    return this.#state.kind === 'open' ? this.#state.producer : null
  }

  get produceVersionMax(): number {
    return this.#isImplicit ? produceVersions.implicit : produceVersions.classic
  }

  get isOpen(): boolean {
    return this.#state.kind === 'open' || this.#state.kind === 'broken'
  }

  /** @throws KafkaError where no record can be written in a transaction now */
  assertOpen(): void {
    if (this.#isEnding) throw new KafkaError('TRANSACTION_MISUSED', this.#name, 'it is being ended')
    assertOpen(this.#state, this.#name)
  }

  admits(topic: string, partition: number): boolean {
    if (this.#state.kind !== 'open') return false
    if (this.#isImplicit) {
      this.#state = touched(this.#state)
      return true
    }
    const key = `${topic}/${partition}`
    if (this.#added.has(key)) return true
    this.#wanted.set(key, [topic, partition])
    this.#adding ??= this.#addPartitions()
    return false
  }

  lost(problem: Error): void {
    // An old epoch may be our own, of a batch that came too late: whether somebody else took over, the end will tell.
    const isFenced =
      isKafkaError(problem) &&
      problem.code === 'FENCED' &&
      problem.brokerCode !== errorCodes.INVALID_PRODUCER_EPOCH
    this.#break(isFenced ? 'dead' : 'abort', problem)
  }

  /**
   * Takes the identity: whoever had it is fenced, and what it left open is aborted. Does nothing where that is done.
   * @throws KafkaError
   */
  async open(): Promise<void> {
    if (this.#state.kind !== 'unopened') return
    const producer = await this.#takeIdentity(null)
    this.#state = { kind: 'idle', producer }
  }

  /** @throws KafkaError FENCED, TRANSACTION_MISUSED, and what `open` throws */
  async begin(): Promise<void> {
    await this.open()
    this.#state = begun(this.#state, this.#name)
    this.#added.clear()
    this.#wanted.clear()
    this.#abandoned = null
    this.#work?.resume()
  }

  /**
   * Makes the position of a group's member a part of the transaction.
   * @throws KafkaError TRANSACTION_BROKEN, also where the group goes on without the member; FENCED
   */
  async sendOffsets(owner: OffsetsOwner, offsets: readonly TransactionOffset[]): Promise<void> {
    this.assertOpen()
    if (offsets.length === 0) return
    if (!this.#isImplicit) {
      await this.#ask(`group ${owner.group} of a transaction`, async ({ id, epoch }) => {
        const coordinator = await this.#coordinator()
        const { errorCode } = await coordinator.request(AddOffsetsToTxn, {
          transactionalId: this.transactionalId,
          producerId: id,
          producerEpoch: epoch,
          groupId: owner.group,
        })
        return errorCode
      })
    }
    this.#state = touched(this.#state)
    await this.#ask(
      `offsets of group ${owner.group} in a transaction`,
      async (producer) => {
        const coordinator = await this.#cluster.coordinatorOf(owner.group, null)
        const request = offsetsRequest(this.transactionalId, producer, owner, offsets)
        const versionMax = this.#isImplicit ? offsetVersions.implicit : offsetVersions.classic
        const { topics } = await coordinator.request(TxnOffsetCommit, request, { versionMax })
        return decidingCode(topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode)))
      },
      () => this.#cluster.forgetCoordinator(owner.group),
    )
  }

  /**
   * Writes what is left, then ends the transaction; all of it is to be seen from now on.
   * @throws KafkaError TRANSACTION_BROKEN (abort it), FENCED, or one to retry: then commit again
   */
  async commit(): Promise<void> {
    if (this.#state.kind === 'ending') await this.#end('commit', false)
    else {
      this.assertOpen()
      // What is written meanwhile would belong to no transaction.
      this.#isEnding = true
      try {
        await this.#work?.flush()
        await this.#adding
        await this.#end('commit', false)
      } finally {
        this.#isEnding = false
      }
    }
  }

  /** Gives up what was written in it. @throws KafkaError FENCED, or one to retry: then abort again */
  async abort(): Promise<void> {
    let isSequenceLost = false
    if (this.#state.kind === 'open')
      this.#break('abort', new KafkaError('TRANSACTION_BROKEN', this.#name, 'it is aborted'))
    if (this.#state.kind === 'broken') {
      isSequenceLost = (await this.#abandoned) ?? false
      await this.#adding
    }
    await this.#end('abort', isSequenceLost)
  }

  /** Nothing is asked any more. */
  close(): void {
    this.#isClosed = true
  }

  get #name(): string {
    return `producer ${this.#options.transactionalId}`
  }

  #break(verdict: 'abort' | 'forgotten' | 'dead', problem: Error): void {
    const before = this.#state
    this.#state = broke(before, verdict, problem)
    if (before === this.#state || this.#abandoned !== null) return
    const told = this.#state.kind === 'dead' ? problem : brokenProblem(this.#name, problem)
    this.#abandoned = this.#work?.abandon(told) ?? null
  }

  async #end(outcome: Outcome, needsEpoch: boolean): Promise<void> {
    const state = ending(this.#state, outcome, needsEpoch, this.#name)
    this.#state = state
    let producer: ProducerId | null = null
    if (endingStep(state, producer, this.#isImplicit) === 'end') {
      try {
        producer = await this.#endAtCoordinator(state)
      } catch (error) {
        // Nothing is left to be aborted.
        if (!(outcome === 'abort' && this.#state.kind === 'ending' && this.#state.isForgotten)) throw error
      }
    }
    const now = this.#state.kind === 'ending' ? this.#state : state
    if (endingStep(now, producer ?? state.producer, this.#isImplicit) === 'renew')
      producer = await this.#takeIdentity(now.isForgotten ? null : state.producer)
    this.#state = { kind: 'idle', producer: producer ?? state.producer }
  }

  async #endAtCoordinator(state: TransactionState & { kind: 'ending' }): Promise<ProducerId> {
    let next = state.producer
    const versionMax = this.#isImplicit ? endVersions.implicit : endVersions.classic
    await this.#ask(`${state.outcome} of a transaction`, async ({ id, epoch }) => {
      const coordinator = await this.#coordinator()
      const answer = await coordinator.request(
        EndTxn,
        {
          transactionalId: this.transactionalId,
          producerId: id,
          producerEpoch: epoch,
          committed: state.outcome === 'commit',
        },
        { versionMax },
      )
      if (this.#isImplicit && answer.producerId >= 0n)
        next = { id: answer.producerId, epoch: answer.producerEpoch }
      return answer.errorCode
    })
    return next
  }

  /** @param current asks for the next epoch of this identity; null: for whatever there is */
  async #takeIdentity(current: ProducerId | null): Promise<ProducerId> {
    let taken: ProducerId = { id: -1n, epoch: -1 }
    await this.#ask('transactional id', async () => {
      const coordinator = await this.#coordinator()
      const isAble = coordinator.versionOf(InitProducerId) >= nextEpochSince
      this.#isImplicit = this.#isImplicitAt(coordinator)
      const answer = await coordinator.request(InitProducerId, {
        transactionalId: this.transactionalId,
        transactionTimeoutMs: this.#options.transactionTimeoutMs,
        producerId: (isAble ? current?.id : undefined) ?? -1n,
        producerEpoch: (isAble ? current?.epoch : undefined) ?? -1,
      })
      taken = { id: answer.producerId, epoch: answer.producerEpoch }
      return answer.errorCode
    })
    return taken
  }

  #isImplicitAt(coordinator: BrokerConnection): boolean {
    return (
      coordinator.featureLevel(featureName) >= perTransactionLevel &&
      coordinator.versionOf(EndTxn) >= endVersions.implicit
    )
  }

  /** Adds all partitions that are wanted, then lets the producer go on. Never rejects. */
  async #addPartitions(): Promise<void> {
    // Those that are found in the same round of the producer go together.
    await Promise.resolve()
    try {
      while (this.#wanted.size > 0 && this.#state.kind === 'open') {
        const wanted = new Map(this.#wanted)
        await this.#ask('partitions of a transaction', ({ id, epoch }) =>
          this.#askForPartitions(id, epoch, [...wanted.values()]),
        )
        this.#state = touched(this.#state)
        for (const key of wanted.keys()) {
          this.#added.add(key)
          this.#wanted.delete(key)
        }
        this.#work?.wake()
      }
    } catch (error) {
      // Of what may pass later, the records are not to wait for it longer than this took.
      this.#break('abort', error instanceof Error ? error : new Error(String(error)))
    } finally {
      this.#adding = null
    }
  }

  async #askForPartitions(
    producerId: bigint,
    producerEpoch: number,
    wanted: readonly (readonly [string, number])[],
  ): Promise<number> {
    const coordinator = await this.#coordinator()
    const topics = Array.from(
      Map.groupBy(wanted, ([topic]) => topic),
      ([name, ofTopic]) => ({ name, partitions: ofTopic.map(([, partition]) => partition) }),
    )
    const answer = await coordinator.request(
      AddPartitionsToTxn,
      {
        v3AndBelowTransactionalId: this.transactionalId,
        v3AndBelowProducerId: producerId,
        v3AndBelowProducerEpoch: producerEpoch,
        v3AndBelowTopics: topics,
      },
      { versionMax: addPartitionsVersionMax },
    )
    const codes = answer.resultsByTopicV3AndBelow.flatMap(({ resultsByPartition }) =>
      resultsByPartition.map(({ partitionErrorCode }) => partitionErrorCode),
    )
    return decidingCode(codes)
  }

  async #coordinator(): Promise<BrokerConnection> {
    return await this.#cluster.transactionCoordinatorOf(this.transactionalId)
  }

  /**
   * Asks until it is done or its time is over.
   * @param send resolves to the error code
   * @throws KafkaError; the state knows of it where it is not one to retry
   */
  async #ask(
    what: string,
    send: (producer: ProducerId) => Promise<number>,
    forget: () => void = () => this.#cluster.forgetTransactionCoordinator(this.transactionalId),
  ): Promise<void> {
    const untilMs = this.#clock.now() + this.#options.operationTimeoutMs
    for (let attempt = 1; ; attempt++) {
      let problem: Error
      try {
        const code = await send('producer' in this.#state ? this.#state.producer : { id: -1n, epoch: -1 })
        const verdict = coordinatorVerdict(code)
        if (verdict === 'done') return
        problem = brokerError(code, `${what} (${this.#name})`)
        if (verdict === 'elsewhere') forget()
        else if (verdict !== 'again') {
          this.#break(verdict, problem)
          throw verdict === 'dead' ? problem : brokenProblem(this.#name, problem)
        }
      } catch (error) {
        if (!isKafkaError(error) || error.advice !== 'retry' || error.code === 'TRANSACTION_BROKEN')
          throw error
        problem = error
        forget()
      }
      if (this.#isClosed) throw new KafkaError('CLOSED', this.#name, 'it did not wait for its coordinator')
      if (this.#clock.now() > untilMs) throw new KafkaError('TIMED_OUT', what, problem.message, problem)
      await this.#clock.sleep(backoffMs(backoff, attempt, this.#random))
    }
  }
}

const offsetsRequest = (
  transactionalId: string,
  producer: ProducerId,
  owner: OffsetsOwner,
  offsets: readonly TransactionOffset[],
): RequestInputOf<typeof TxnOffsetCommit> => ({
  transactionalId,
  groupId: owner.group,
  producerId: producer.id,
  producerEpoch: producer.epoch,
  generationId: owner.generation,
  memberId: owner.memberId,
  groupInstanceId: owner.instanceId,
  topics: Array.from(
    Map.groupBy(offsets, ({ topic }) => topic),
    ([name, ofTopic]) => ({
      name,
      partitions: ofTopic.map(({ partition, offset, leaderEpoch = -1, metadata = null }) => ({
        partitionIndex: partition,
        committedOffset: offset,
        committedLeaderEpoch: leaderEpoch,
        committedMetadata: metadata,
      })),
    }),
  ),
})
