/**
 * Writes records to partitions: batched, idempotent, in order.
 *
 * - A batch leaves when it is full, or when its time is over and nothing of its partition is under way: records that come
 *   meanwhile wait together. Full batches of a partition are under way several at once (`lane.ts`).
 * - What may pass is tried again until `deliveryTimeoutMs`; then its tickets fail.
 * - Nothing is written twice: where nobody knows whether a batch was written, it fails rather than go under another number.
 * - A batch that is too large is split; records that are refused are told one by one.
 */
import { BatchEncoder, errorCodes, type HeaderInput, Produce } from 'sluice-kafka-protocol'
import { type KafkaCluster, leaderMissing } from '../cluster/cluster.ts'
import type { BrokerConnection } from '../connection/connection.ts'
import { brokerError } from '../errors/broker-errors.ts'
import { KafkaError } from '../errors/kafka-error.ts'
import { backoffMs } from '../support/backoff.ts'
import type { Clock } from '../support/clock.ts'
import type { Random } from '../support/random.ts'
import { Idempotence } from './idempotence.ts'
import type { Lane } from './lane.ts'
import { leavesUncertain, verdictOf } from './produce-answer.ts'
import { ProduceBatch, type ProducerId, type Ticket } from './produce-batch.ts'
import { answerFor, noAnswer, type PartitionAnswer, requestOf, type Shipment } from './produce-request.ts'
import type { ProducerOptions } from './producer-options.ts'
import { Room } from './room.ts'
import { TopicLanes } from './topic-lanes.ts'

/** Topics by name: later versions name them by id. */
const produceVersionMax = 12
const requestsPerBrokerMax = 5
/** As many as a broker remembers of a producer, to tell repeated ones. */
const underWayMax = 5
const requestBytesMax = 4 * 1024 * 1024
const answerTimeoutMs = 20_000
const bufferBytesUsual = 32 * 1024 * 1024
const backoff = { firstMs: 50, mostMs: 2_000 }
/** Attempts after which it is told, again and again: some seconds. */
const heldUpAttempts = 8
const batchBytesFirst = 16 * 1024
/** Of full size, where batches are full: the memory of new ones costs more than what is written into it. */
const spareBatchesMax = 24

export class Producer implements Disposable {
  readonly #cluster: KafkaCluster
  readonly #options: ProducerOptions
  readonly #clock: Clock
  readonly #random: Random
  readonly #closing = new AbortController()
  readonly #topics: TopicLanes
  readonly #room: Room
  readonly #idempotence: Idempotence
  /** Lanes that have something. */
  readonly #active = new Set<Lane>()
  readonly #connections = new Map<number, BrokerConnection>()
  readonly #requestsAt = new Map<number, number>()
  readonly #spareBytes: Buffer[] = []
  #flushing = 0
  /** Everything fails with this at once, until `resume`. */
  #refusal: Error | null = null
  #isRefreshing = false
  #isMetadataStale = false
  #wakeAtMs = Number.POSITIVE_INFINITY
  #isDrainDue = false

  constructor(cluster: KafkaCluster, options: ProducerOptions, clock: Clock, random: Random) {
    this.#cluster = cluster
    this.#options = options
    this.#clock = clock
    this.#random = random
    this.#topics = new TopicLanes(cluster, options.batchBytes, clock, random)
    this.#idempotence = new Idempotence(cluster, clock, random)
    this.#room = new Room(options.bufferBytes ?? bufferBytesUsual)
  }

  /** Bytes of records that are neither written nor refused, with what frames them. */
  get bufferedBytes(): number {
    return this.#room.bytes
  }

  get isFull(): boolean {
    return this.#room.isFull
  }

  /** Resolves when there is room again, or the producer is closed. Nothing lingers meanwhile. */
  async ready(): Promise<void> {
    if (!this.isFull) return
    this.#flushing++
    this.#drain()
    await this.#room.ready()
    this.#flushing--
  }

  /** Whether records can be added to it. */
  knows(topic: string): boolean {
    return this.#topics.knows(topic)
  }

  /**
   * Learns a topic before records can be added to it; cheap when it is known.
   * @param isFresh looks it up again, known or not
   * @returns false where there is no such topic
   */
  async prepare(topic: string, isFresh = false): Promise<boolean> {
    return (this.#topics.knows(topic) && !isFresh) || (await this.#topics.learn(topic))
  }

  /**
   * Adds a record of a prepared topic; key and value are copied. Sent when its batch is full, or soon.
   * @throws KafkaError UNKNOWN_TOPIC where the topic is not prepared or has no such partition
   */
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
    if (this.#refusal !== null) throw this.#refusal
    const estimatedBytes = (key?.length ?? 0) + (value?.length ?? 0)
    const lane = this.#topics.laneFor(topic, partition, key, estimatedBytes, this.#fits)
    lane.open ??= new ProduceBatch(
      new BatchEncoder(this.#spareBytes.pop() ?? batchBytesFirst),
      this.#clock.now(),
    )
    const batch = lane.open
    const before = batch.bufferedBytes
    batch.add(key, value, timeMs, headers, ticket, index)
    this.#room.take(batch.bufferedBytes - before)
    this.#active.add(lane)
    if (batch.bufferedBytes >= this.#options.batchBytes) this.#closeFull(lane)
    else if (batch.count === 1) this.#drainSoon()
  }

  /** Resolves when all that was added before is written, refused or failed; nothing lingers meanwhile. */
  async flush(): Promise<void> {
    const ends: Promise<void>[] = []
    for (const { open, queue, underWay } of this.#active) {
      for (const batch of [...underWay, ...queue, ...(open === null || open.count === 0 ? [] : [open])]) {
        ends.push(new Promise((resolve) => batch.whenSettled.push(resolve)))
      }
    }
    if (ends.length === 0) return
    this.#flushing++
    this.#drain()
    await Promise.all(ends)
    this.#flushing--
  }

  /** Looks anew what may be sent. */
  wake(): void {
    this.#drain()
  }

  /**
   * Whatever is not under way fails with `problem`, and so does what is added or comes back, until `resume`.
   * @returns when nothing is under way any more: whether the broker may know other sequence numbers than we do
   */
  async abandon(problem: Error): Promise<boolean> {
    this.#refusal = problem
    let isSequenceLost = false
    const ends: Promise<void>[] = []
    for (const lane of this.#active) {
      lane.closeOpen()
      for (const batch of lane.queue.slice()) {
        if (batch.sequence !== null) isSequenceLost = true
        lane.dropped(batch)
        this.#end(batch, () => batch.failed(problem))
      }
      for (const batch of lane.underWay) {
        ends.push(
          new Promise<void>((resolve) => batch.whenSettled.push(resolve)).then(() => {
            if (batch.problem !== null) isSequenceLost = true
          }),
        )
      }
    }
    await Promise.all(ends)
    return isSequenceLost
  }

  resume(): void {
    this.#refusal = null
  }

  [Symbol.dispose](): void {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    void this.abandon(new KafkaError('CLOSED', 'the producer', 'it did not wait for these records'))
    this.#room.close()
  }

  /** Whether the record goes into the open batch; where not, that is closed. */
  readonly #fits = (lane: Lane, bytes: number): boolean => {
    if (lane.open === null || lane.open.sizeBytes + bytes <= this.#options.batchBytes) return true
    this.#closeFull(lane)
    return false
  }

  #closeFull(lane: Lane): void {
    lane.closeOpen()
    this.#drain()
  }

  #drainSoon(): void {
    if (this.#isDrainDue) return
    if (this.#options.lingerMs > 0 && this.#flushing === 0) {
      void this.#wakeAt(this.#clock.now() + this.#options.lingerMs)
      return
    }
    this.#isDrainDue = true
    setImmediate(() => {
      this.#isDrainDue = false
      this.#drain()
    })
  }

  /** Whether there is somebody to send as. */
  #session(): ProducerId | null | undefined {
    const { acks, scope } = this.#options
    if (scope !== undefined) return scope.producer ?? undefined
    return acks === 'all' ? (this.#idempotence.producer ?? undefined) : null
  }

  /** Sends whatever may be sent now. */
  #drain(): void {
    if (this.#closing.signal.aborted) return
    const session = this.#session()
    if (session === undefined) {
      if (this.#options.scope === undefined && this.#active.size > 0) void this.#renewProducer()
      return
    }
    const now = this.#clock.now()
    // Partitions may have been added.
    if (this.#topics.isOld(now)) this.#isMetadataStale = true
    const byLeader = new Map<number, Lane[]>()
    let wakeAtMs = Number.POSITIVE_INFINITY
    for (const lane of this.#active) {
      const dueMs = this.#readyLane(lane, session, now)
      if (dueMs > now) {
        wakeAtMs = Math.min(wakeAtMs, dueMs)
        continue
      }
      const leader = this.#topics.leaderOf(lane)
      if (leader < 0) {
        this.#isMetadataStale = true
        // So that their time can pass.
        for (const batch of lane.queue) batch.problem ??= leaderMissing(lane.name)
      } else {
        const ready = byLeader.get(leader)
        if (ready === undefined) byLeader.set(leader, [lane])
        else ready.push(lane)
      }
    }
    if (wakeAtMs < this.#wakeAtMs) void this.#wakeAt(wakeAtMs)
    if (this.#isMetadataStale) void this.#refresh()
    for (const [leader, ready] of byLeader) this.#sendAll(leader, ready, session)
  }

  /** When a batch of the lane may be sent; infinity: something else has to happen first. */
  #readyLane(lane: Lane, session: ProducerId | null, now: number): number {
    if (lane.isIdle) {
      this.#active.delete(lane)
      return Number.POSITIVE_INFINITY
    }
    this.#giveUpOverdue(lane, now)
    if (lane.queue.length === 0 && lane.open !== null && lane.underWay.length === 0) {
      const lingersUntilMs = lane.open.createdMs + this.#options.lingerMs
      if (lingersUntilMs > now && this.#flushing === 0) return lingersUntilMs
      lane.closeOpen()
    }
    const isOrdered = session !== null
    if (!lane.maySend(session, isOrdered ? underWayMax : 1)) return Number.POSITIVE_INFINITY
    if (lane.notBeforeMs > now) return lane.notBeforeMs
    if (this.#options.scope?.admits(lane.topic, lane.partition) === false) return Number.POSITIVE_INFINITY
    return now
  }

  #sendAll(leader: number, ready: readonly Lane[], session: ProducerId | null): void {
    for (let first = 0; first < ready.length; ) {
      const requests = this.#requestsAt.get(leader) ?? 0
      if (requests >= requestsPerBrokerMax) return
      const shipment: (readonly [Lane, ProduceBatch])[] = []
      for (let bytes = 0; first < ready.length; first++) {
        const lane = ready[first]
        bytes += lane?.queue[0]?.sizeBytes ?? 0
        if (shipment.length > 0 && bytes > requestBytesMax) break
        const batch = lane?.send(session)
        if (lane !== undefined && batch !== undefined) shipment.push([lane, batch])
      }
      this.#requestsAt.set(leader, requests + 1)
      void this.#send(leader, shipment)
    }
  }

  async #wakeAt(atMs: number): Promise<void> {
    if (atMs >= this.#wakeAtMs) return
    this.#wakeAtMs = atMs
    await this.#clock.sleep(Math.max(1, atMs - this.#clock.now()), this.#closing.signal)
    if (this.#wakeAtMs === atMs) this.#wakeAtMs = Number.POSITIVE_INFINITY
    this.#drain()
  }

  /** One request. Never rejects. */
  async #send(leader: number, shipment: Shipment): Promise<void> {
    try {
      // Without waiting where there is a connection: requests must leave in order.
      let connection = this.#connections.get(leader)
      if (connection === undefined || !connection.isOpen) {
        connection = await this.#cluster.connectionTo(leader, 'produce')
        this.#connections.set(leader, connection)
      }
      await this.#request(connection, shipment)
    } catch (error) {
      const problem = error instanceof Error ? error : new Error(String(error))
      this.#isMetadataStale = true
      for (const [lane, batch] of shipment) {
        batch.isUncertain = true
        this.#again(lane, batch, problem)
      }
    }
    this.#requestsAt.set(leader, (this.#requestsAt.get(leader) ?? 1) - 1)
    this.#drain()
  }

  async #request(connection: BrokerConnection, shipment: Shipment): Promise<void> {
    const { acks, scope, deliveryTimeoutMs } = this.#options
    const request = requestOf(shipment, this.#options)
    const versionMax = scope?.produceVersionMax ?? produceVersionMax
    if (acks === '0') {
      await connection.tell(Produce, request, { versionMax })
      for (const [lane, batch] of shipment) this.#written(lane, batch, -1n, -1)
      return
    }
    const timeoutMs = Math.min(answerTimeoutMs, deliveryTimeoutMs)
    const answer = await connection.request(Produce, request, { versionMax, timeoutMs })
    for (const [lane, batch] of shipment) {
      const found = answerFor(answer, lane)
      if (found === undefined) {
        batch.isUncertain = true
        this.#again(lane, batch, noAnswer(lane.name))
      } else this.#settle(lane, batch, found)
    }
  }

  #settle(lane: Lane, batch: ProduceBatch, answer: PartitionAnswer): void {
    const { errorCode } = answer
    const verdict = verdictOf(errorCode)
    if (verdict === 'written') {
      this.#written(lane, batch, answer.baseOffset, Number(answer.logAppendTimeMs))
      return
    }
    const problem = brokerError(errorCode, lane.name, answer.errorMessage)
    if (verdict === 'again') {
      if (leavesUncertain(errorCode)) batch.isUncertain = true
      this.#isMetadataStale = true
      this.#again(lane, batch, problem)
    } else if (verdict === 'sequence_lost') this.#sequenceLost(lane, batch, problem)
    else if (verdict === 'failed') this.#fail(lane, batch, problem)
    else if (verdict === 'too_large' && batch.count > 1) {
      // All records go on, in halves until one is left.
      this.#replace(lane, batch, new Set())
    } else this.#refuse(lane, batch, answer, problem)
  }

  #sequenceLost(lane: Lane, batch: ProduceBatch, problem: KafkaError): void {
    const { scope } = this.#options
    // One that was sent before it is not taken yet: it is that one's turn.
    if (!lane.isOldest(batch) && problem.brokerCode === errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER)
      this.#again(lane, batch, problem)
    else if (
      scope !== undefined ||
      (batch.isUncertain && problem.brokerCode === errorCodes.UNKNOWN_PRODUCER_ID)
    )
      this.#fail(lane, batch, problem)
    else {
      lane.sequenceLost()
      this.#again(lane, batch, problem)
      if (lane.isExhausted) void this.#renewProducer()
    }
  }

  #refuse(lane: Lane, batch: ProduceBatch, answer: PartitionAnswer, problem: KafkaError): void {
    const named = new Set(answer.recordErrors.map((each) => each.batchIndex))
    this.#options.scope?.lost(problem)
    if (batch.count === 1 || named.size === batch.count) {
      lane.dropped(batch)
      this.#end(batch, () => batch.refused(problem))
      return
    }
    // Nothing of the batch was taken: its records go on without those that are named, or in halves until one is left.
    if (named.size > 0) batch.refuseSome(named, problem)
    this.#replace(lane, batch, named)
  }

  #replace(lane: Lane, batch: ProduceBatch, without: ReadonlySet<number>): void {
    const parts = batch.split(without)
    if (without.size > 0) lane.sequenceLost()
    lane.replaced(batch, parts)
    for (const part of parts) this.#room.take(part.bufferedBytes)
    this.#end(batch, () => batch.letGo())
    if (this.#refusal !== null) for (const part of parts) this.#fail(lane, part, this.#refusal)
  }

  #written(lane: Lane, batch: ProduceBatch, baseOffset: bigint, appendedMs: number): void {
    lane.written(batch)
    batch.problem = null
    this.#end(batch, () => batch.written(lane.partition, baseOffset, appendedMs))
    const spare = this.#spareBytes.length < spareBatchesMax ? batch.spareBytes() : null
    if (spare !== null) this.#spareBytes.push(spare)
  }

  /** It was not taken, or nobody will ever know. */
  #fail(lane: Lane, batch: ProduceBatch, problem: Error): void {
    lane.dropped(batch)
    batch.problem = problem
    this.#options.scope?.lost(problem)
    this.#end(batch, () => batch.failed(problem))
  }

  /** The last of a batch: gives its room back and tells whoever waits. */
  #end(batch: ProduceBatch, tell: () => void): void {
    this.#room.give(batch.bufferedBytes)
    batch.bufferedBytes = 0
    tell()
  }

  #again(lane: Lane, batch: ProduceBatch, problem: Error): void {
    if (this.#refusal !== null) {
      this.#fail(lane, batch, this.#refusal)
      return
    }
    lane.again(batch)
    lane.notBeforeMs = this.#clock.now() + backoffMs(backoff, batch.attempts, this.#random)
    batch.problem = problem
    if (batch.attempts % heldUpAttempts === 0) this.#options.onHeldUp?.(problem)
  }

  /**
   * Where nobody knows whether the batch was written, its number can't be used again; nor can those that were sent after it
   * and may be written as well go under another.
   */
  #giveUpOverdue(lane: Lane, now: number): void {
    const [oldest] = lane.queue
    if (oldest === undefined || oldest.problem === null || lane.underWay.length > 0) return
    const isOverdue = (batch: ProduceBatch): boolean =>
      now - batch.createdMs >= this.#options.deliveryTimeoutMs
    if (!isOverdue(oldest)) return
    const { problem } = oldest
    for (const batch of lane.queue.slice()) {
      if (isOverdue(batch) || batch.isUncertain) this.#fail(lane, batch, batch.problem ?? problem)
    }
    if (lane.isExhausted) void this.#renewProducer()
  }

  /** Partitions begin under another producer id when nothing of theirs is under way. Never rejects. */
  async #renewProducer(): Promise<void> {
    await this.#idempotence.renew(this.#closing.signal, (problem) => this.#failOverdue(problem))
    if (this.#idempotence.producer !== null) this.#drain()
  }

  /**
   * While there is no producer id, batches still have their deadline; where there will be none (rights), they fail at once.
   * @returns whether some are left
   */
  #failOverdue(problem: Error): boolean {
    const isHopeless = problem instanceof KafkaError && problem.advice === 'give_up'
    let isLeft = false
    for (const lane of this.#active) {
      lane.closeOpen()
      for (const batch of lane.queue.slice()) {
        batch.problem ??= problem
        if (isHopeless) this.#fail(lane, batch, problem)
      }
      this.#giveUpOverdue(lane, this.#clock.now())
      isLeft ||= !lane.isIdle
    }
    return isLeft
  }

  /** Learns who leads now. Never rejects. */
  async #refresh(): Promise<void> {
    if (this.#isRefreshing) return
    this.#isRefreshing = true
    const started = this.#clock.now()
    try {
      await this.#topics.refresh()
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
