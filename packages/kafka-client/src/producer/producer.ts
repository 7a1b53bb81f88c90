/**
 * Writes records to partitions: batched, idempotent, in order.
 *
 * - A partition has one batch in flight, a broker several requests: nothing is ever reordered, and a batch that is sent
 *   again is told apart by its sequence. Records that come meanwhile wait together and make the next batch.
 * - What may pass is tried again until `deliveryTimeoutMs`; then its tickets fail and a new producer id is taken, since
 *   nobody knows whether the batch was written.
 * - A batch that is too large is split; records that are refused are told one by one.
 */
import {
  BatchEncoder,
  errorCodes,
  type HeaderInput,
  InitProducerId,
  Produce,
  type ResponseOf,
} from 'sluice-kafka-protocol'
import { type KafkaCluster, leaderMissing, type TopicMetadata, unknownTopic } from '../cluster/cluster.ts'
import type { CompressionName } from '../compression/codecs.ts'
import { brokerError, isRetriableCode } from '../errors/broker-errors.ts'
import { KafkaError } from '../errors/kafka-error.ts'
import { backoffMs } from '../support/backoff.ts'
import type { Clock } from '../support/clock.ts'
import type { Random } from '../support/random.ts'
import { partitionOfKey } from './partitioner.ts'
import { ProduceBatch, type ProducerId, sequenceAfter, type Ticket } from './produce-batch.ts'

export interface ProducerOptions {
  readonly acks: 'all' | '1' | '0'
  readonly compression: CompressionName
  readonly batchBytes: number
  readonly lingerMs: number
  readonly deliveryTimeoutMs: number
  /** A batch cannot be written for now, and is sent again and again. */
  readonly onHeldUp?: (problem: Error) => void
}

interface Lane {
  readonly topic: string
  readonly partition: number
  open: ProduceBatch | null
  readonly queue: ProduceBatch[]
  isBusy: boolean
  nextSequence: number
  notBeforeMs: number
}

interface TopicState {
  metadata: TopicMetadata
  learnedMs: number
  readonly lanes: Map<number, Lane>
  sticky: number
}

type PartitionAnswer = ResponseOf<typeof Produce>['responses'][number]['partitionResponses'][number]
type Shipment = readonly (readonly [lane: Lane, batch: ProduceBatch])[]

/** Topics by name: later versions name them by id. */
const produceVersionMax = 12
const requestsPerBrokerMax = 5
const requestBytesMax = 4 * 1024 * 1024
const metadataAgeMsMax = 60_000
const brokerTimeoutMs = 15_000
const answerTimeoutMs = 20_000
const backoff = { firstMs: 50, mostMs: 2_000 }
/** Attempts after which it is told, again and again: some seconds. */
const heldUpAttempts = 8
const encoderBytesFirst = 16 * 1024
const spareEncodersMax = 64

const acksCode: Readonly<Record<ProducerOptions['acks'], number>> = { all: -1, '1': 1, '0': 0 }

const isTooLarge = (code: number): boolean =>
  code === errorCodes.MESSAGE_TOO_LARGE || code === errorCodes.RECORD_LIST_TOO_LARGE

const isRecordInvalid = (code: number): boolean =>
  code === errorCodes.INVALID_RECORD || code === errorCodes.INVALID_TIMESTAMP

/** The broker knows another end of our sequence than we do: it lost what it knew of us, and has not taken the batch. */
const isProducerForgotten = (code: number): boolean =>
  code === errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER ||
  code === errorCodes.UNKNOWN_PRODUCER_ID ||
  code === errorCodes.INVALID_PRODUCER_EPOCH

const noAnswer = (lane: Lane): KafkaError =>
  new KafkaError(
    'BROKER_NOT_READY',
    `${lane.topic}/${lane.partition}`,
    'the broker left it out of its answer',
  )

export class Producer implements Disposable {
  readonly #cluster: KafkaCluster
  readonly #options: ProducerOptions
  readonly #clock: Clock
  readonly #random: Random
  readonly #closing = new AbortController()
  readonly #topics = new Map<string, TopicState>()
  readonly #lanes: Lane[] = []
  readonly #requestsAt = new Map<number, number>()
  readonly #spareEncoders: BatchEncoder[] = []
  #producer: ProducerId | null = null
  #isRenewing = false
  #isRefreshing = false
  #isMetadataStale = false
  #inFlight = 0
  #wakeAtMs = Number.POSITIVE_INFINITY
  #isDrainDue = false

  constructor(cluster: KafkaCluster, options: ProducerOptions, clock: Clock, random: Random) {
    this.#cluster = cluster
    this.#options = options
    this.#clock = clock
    this.#random = random
  }

  /**
   * Learns a topic before records can be added to it; cheap when it is known.
   * @param isFresh looks it up again, known or not
   * @returns false where there is no such topic
   */
  async prepare(topic: string, isFresh = false): Promise<boolean> {
    const known = this.#topics.get(topic)
    if (known !== undefined && !isFresh) {
      // Partitions may have been added.
      if (this.#clock.now() - known.learnedMs > metadataAgeMsMax) void this.#refresh()
      return true
    }
    const metadata = await this.#cluster.topic(topic)
    if (metadata === undefined || metadata.partitions.length === 0) return false
    const state = this.#topics.get(topic)
    if (state === undefined) {
      this.#topics.set(topic, { metadata, learnedMs: this.#clock.now(), lanes: new Map(), sticky: 0 })
    } else state.metadata = metadata
    return true
  }

  /** Adds a record of a prepared topic; key and value are copied. Sent when its batch is full, or soon. */
  add(
    topic: string,
    partition: number | null,
    key: Uint8Array | null,
    value: Uint8Array | null,
    timeMs: number,
    headers: readonly HeaderInput[],
    ticket: Ticket,
    index: number,
  ): void {
    const state = this.#topics.get(topic)
    if (state === undefined) throw unknownTopic(topic)
    const count = state.metadata.partitions.length
    const chosen = partition ?? (key === null ? state.sticky % count : partitionOfKey(key, count))
    const lane = this.#laneOf(state, topic, chosen)
    const estimatedBytes = (key?.length ?? 0) + (value?.length ?? 0)
    if (lane.open !== null && lane.open.sizeBytes + estimatedBytes > this.#options.batchBytes) {
      this.#close(lane, state)
      this.#drain()
    }
    lane.open ??= new ProduceBatch(
      this.#spareEncoders.pop() ?? new BatchEncoder(encoderBytesFirst),
      this.#clock.now(),
    )
    lane.open.add(key, value, timeMs, headers, ticket, index)
    this.#drainSoon()
  }

  [Symbol.dispose](): void {
    this.#closing.abort()
    for (const lane of this.#lanes)
      this.#failLane(lane, new KafkaError('CLOSED', 'the producer', 'it did not wait for these records'))
  }

  #laneOf(state: TopicState, topic: string, partition: number): Lane {
    const known = state.lanes.get(partition)
    if (known !== undefined) return known
    const lane: Lane = {
      topic,
      partition,
      open: null,
      queue: [],
      isBusy: false,
      nextSequence: 0,
      notBeforeMs: 0,
    }
    state.lanes.set(partition, lane)
    this.#lanes.push(lane)
    return lane
  }

  #close(lane: Lane, state: TopicState | undefined): void {
    if (lane.open === null) return
    lane.queue.push(lane.open)
    lane.open = null
    // Records without a key go elsewhere with the next batch.
    if (state !== undefined) state.sticky++
  }

  #drainSoon(): void {
    if (this.#isDrainDue) return
    this.#isDrainDue = true
    const drain = (): void => {
      this.#isDrainDue = false
      this.#drain()
    }
    if (this.#options.lingerMs > 0)
      void this.#clock.sleep(this.#options.lingerMs, this.#closing.signal).then(drain)
    else setImmediate(drain)
  }

  /** Sends whatever may be sent now. */
  #drain(): void {
    if (this.#closing.signal.aborted || this.#isRenewing) return
    if (this.#options.acks === 'all' && this.#producer === null) {
      void this.#renewProducer()
      return
    }
    const now = this.#clock.now()
    const byLeader = new Map<number, (readonly [Lane, ProduceBatch])[]>()
    let wakeAtMs = Number.POSITIVE_INFINITY
    for (const lane of this.#lanes) {
      if (lane.isBusy) continue
      const state = this.#topics.get(lane.topic)
      const isLingering = lane.open !== null && now - lane.open.createdMs < this.#options.lingerMs
      if (isLingering) wakeAtMs = Math.min(wakeAtMs, (lane.open?.createdMs ?? now) + this.#options.lingerMs)
      else if (lane.queue.length === 0) this.#close(lane, state)
      const batch = lane.queue[0]
      if (batch === undefined) continue
      if (now - batch.createdMs >= this.#options.deliveryTimeoutMs && batch.attempts > 0) {
        this.#giveUp(lane, batch)
        continue
      }
      if (lane.notBeforeMs > now) {
        wakeAtMs = Math.min(wakeAtMs, lane.notBeforeMs)
        continue
      }
      const leader = state?.metadata.partitions[lane.partition]?.leader ?? -1
      if (leader < 0) {
        this.#isMetadataStale = true
        batch.attempts++
        continue
      }
      const shipment = byLeader.get(leader)
      if (shipment === undefined) byLeader.set(leader, [[lane, batch]])
      else shipment.push([lane, batch])
    }
    if (wakeAtMs < this.#wakeAtMs) void this.#wakeAt(wakeAtMs)
    if (this.#isMetadataStale) void this.#refresh()
    for (const [leader, ready] of byLeader) this.#sendAll(leader, ready)
  }

  #sendAll(leader: number, ready: Shipment): void {
    let first = 0
    while (first < ready.length && (this.#requestsAt.get(leader) ?? 0) < requestsPerBrokerMax) {
      let bytes = 0
      let end = first
      while (
        end < ready.length &&
        (end === first || bytes + (ready[end]?.[1].sizeBytes ?? 0) <= requestBytesMax)
      ) {
        bytes += ready[end]?.[1].sizeBytes ?? 0
        end++
      }
      void this.#send(leader, ready.slice(first, end))
      first = end
    }
  }

  async #wakeAt(atMs: number): Promise<void> {
    this.#wakeAtMs = atMs
    await this.#clock.sleep(Math.max(1, atMs - this.#clock.now()), this.#closing.signal)
    if (this.#wakeAtMs === atMs) this.#wakeAtMs = Number.POSITIVE_INFINITY
    this.#drain()
  }

  /** One request. Never rejects. */
  async #send(leader: number, shipment: Shipment): Promise<void> {
    this.#requestsAt.set(leader, (this.#requestsAt.get(leader) ?? 0) + 1)
    this.#inFlight++
    for (const [lane, batch] of shipment) {
      lane.isBusy = true
      lane.queue.shift()
      batch.attempts++
    }
    try {
      const answers = await this.#request(leader, shipment)
      for (const [lane, batch] of shipment) {
        const answer = answers.get(`${lane.topic}/${lane.partition}`)
        if (this.#options.acks === '0') this.#written(lane, batch, -1n)
        else if (answer === undefined) this.#retry(lane, batch, noAnswer(lane))
        else this.#settle(lane, batch, answer)
      }
    } catch (error) {
      const problem = error instanceof Error ? error : new Error(String(error))
      this.#isMetadataStale = true
      for (const [lane, batch] of shipment) this.#retry(lane, batch, problem)
    }
    this.#inFlight--
    this.#requestsAt.set(leader, (this.#requestsAt.get(leader) ?? 1) - 1)
    for (const [lane] of shipment) lane.isBusy = false
    if (this.#isRenewing && this.#inFlight === 0) this.#idle?.()
    this.#drain()
  }

  #idle: (() => void) | null = null

  async #request(leader: number, shipment: Shipment): Promise<ReadonlyMap<string, PartitionAnswer>> {
    const connection = await this.#cluster.connectionTo(leader, 'produce')
    const byTopic = new Map<string, { index: number; records: Buffer }[]>()
    for (const [lane, batch] of shipment) {
      const records = batch.bytesFor(
        this.#producer,
        batch.sequence ?? lane.nextSequence,
        this.#options.compression,
        (encoder) => {
          if (this.#spareEncoders.length < spareEncodersMax) this.#spareEncoders.push(encoder)
        },
      )
      const partitions = byTopic.get(lane.topic)
      if (partitions === undefined) byTopic.set(lane.topic, [{ index: lane.partition, records }])
      else partitions.push({ index: lane.partition, records })
    }
    const request = {
      acks: acksCode[this.#options.acks],
      timeoutMs: brokerTimeoutMs,
      topicData: Array.from(byTopic, ([name, partitionData]) => ({ name, partitionData })),
    }
    if (this.#options.acks === '0') {
      await connection.tell(Produce, request, { versionMax: produceVersionMax })
      return new Map()
    }
    const answer = await connection.request(Produce, request, {
      versionMax: produceVersionMax,
      timeoutMs: answerTimeoutMs,
    })
    return new Map(
      answer.responses.flatMap(({ name, partitionResponses }) =>
        partitionResponses.map((each): [string, PartitionAnswer] => [`${name}/${each.index}`, each]),
      ),
    )
  }

  #settle(lane: Lane, batch: ProduceBatch, answer: PartitionAnswer): void {
    const { errorCode } = answer
    if (errorCode === errorCodes.NONE || errorCode === errorCodes.DUPLICATE_SEQUENCE_NUMBER) {
      this.#written(lane, batch, answer.baseOffset)
      return
    }
    const problem = brokerError(errorCode, `${lane.topic}/${lane.partition}`, answer.errorMessage)
    if (isRetriableCode(errorCode)) {
      this.#isMetadataStale = true
      this.#retry(lane, batch, problem)
    } else if (isProducerForgotten(errorCode)) {
      lane.queue.unshift(batch)
      void this.#renewProducer()
    } else if (isTooLarge(errorCode) || isRecordInvalid(errorCode)) {
      this.#refuse(lane, batch, answer, problem)
    } else {
      // Not taken, for a reason outside the records (rights, settings): who waits decides when to try again.
      batch.failed(problem)
    }
  }

  #refuse(lane: Lane, batch: ProduceBatch, answer: PartitionAnswer, problem: Error): void {
    const named = new Set(answer.recordErrors.map((each) => each.batchIndex))
    if (batch.count === 1 || named.size === batch.count) {
      batch.refused(problem)
      return
    }
    // Nothing of the batch was taken: its records go on without those that are named, or in halves until one is left.
    if (named.size > 0) batch.refuseSome(named, problem)
    lane.queue.unshift(...batch.split(named))
    batch.letGo()
  }

  #written(lane: Lane, batch: ProduceBatch, baseOffset: bigint): void {
    lane.nextSequence = sequenceAfter(batch.sequence ?? lane.nextSequence, batch.count)
    lane.notBeforeMs = 0
    batch.written(lane.partition, baseOffset)
  }

  #retry(lane: Lane, batch: ProduceBatch, problem: Error): void {
    if (this.#closing.signal.aborted) {
      batch.failed(problem)
      return
    }
    lane.queue.unshift(batch)
    lane.notBeforeMs = this.#clock.now() + backoffMs(backoff, batch.attempts, this.#random)
    batch.problem = problem
    if (batch.attempts % heldUpAttempts === 0) this.#options.onHeldUp?.(problem)
  }

  /** Where nobody knows whether it was written, its sequence can't be used again. */
  #giveUp(lane: Lane, batch: ProduceBatch): void {
    lane.queue.shift()
    batch.failed(batch.problem ?? leaderMissing(`${lane.topic}/${lane.partition}`))
    if (batch.sequence !== null) void this.#renewProducer()
  }

  #failLane(lane: Lane, problem: Error): void {
    this.#close(lane, undefined)
    for (const batch of lane.queue.splice(0)) batch.failed(problem)
  }

  /** Takes a new producer id when nothing is in flight any more; all sequences begin anew. Never rejects. */
  async #renewProducer(): Promise<void> {
    if (this.#isRenewing || this.#options.acks !== 'all') return
    this.#isRenewing = true
    if (this.#inFlight > 0) await new Promise<void>((resolve) => (this.#idle = resolve))
    this.#idle = null
    for (let attempt = 1; !this.#closing.signal.aborted; attempt++) {
      try {
        const answer = await this.#cluster.ask(InitProducerId, {
          transactionalId: null,
          transactionTimeoutMs: 60_000,
        })
        if (answer.errorCode !== errorCodes.NONE) throw brokerError(answer.errorCode, 'producer id')
        this.#producer = { id: answer.producerId, epoch: answer.producerEpoch }
        break
      } catch (error) {
        this.#failOverdue(error instanceof Error ? error : new Error(String(error)))
        await this.#clock.sleep(backoffMs(backoff, attempt, this.#random), this.#closing.signal)
      }
    }
    for (const lane of this.#lanes) {
      lane.nextSequence = 0
      for (const batch of lane.queue) batch.sequence = null
    }
    this.#isRenewing = false
    this.#drain()
  }

  /** While there is no producer id, batches still have their deadline. */
  #failOverdue(problem: Error): void {
    const beforeMs = this.#clock.now() - this.#options.deliveryTimeoutMs
    for (const lane of this.#lanes) {
      this.#close(lane, this.#topics.get(lane.topic))
      while (lane.queue[0] !== undefined && lane.queue[0].createdMs <= beforeMs)
        lane.queue.shift()?.failed(problem)
    }
  }

  /** Learns who leads now. Never rejects. */
  async #refresh(): Promise<void> {
    if (this.#isRefreshing) return
    this.#isRefreshing = true
    const started = this.#clock.now()
    try {
      const { topics } = await this.#cluster.metadata([...this.#topics.keys()])
      for (const metadata of topics) {
        const state = this.#topics.get(metadata.name)
        if (state === undefined || metadata.partitions.length === 0) continue
        state.metadata = metadata
        state.learnedMs = this.#clock.now()
      }
      this.#isMetadataStale = false
    } catch {
      // Told by the batches that cannot be sent.
    }
    await this.#clock.sleep(
      Math.max(0, backoff.firstMs - (this.#clock.now() - started)),
      this.#closing.signal,
    )
    this.#isRefreshing = false
    this.#drain()
  }
}
