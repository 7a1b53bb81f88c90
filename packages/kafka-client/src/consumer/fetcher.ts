/**
 * Fetches partitions of one topic ahead of whoever takes them, from their leaders, within bounds.
 *
 * - The next request leaves as soon as an answer is in, before anything of it is decoded: only batch headers are looked at.
 * - A broker has a few connections: one that waits for quiet partitions never delays busy ones.
 * - Read ahead is bounded by bytes over all partitions and by partition; takers are served in turn.
 * - A paused partition is not asked for. A stopped one is forgotten; answers that were under way are dropped.
 * - Every failure is tried again with back-off. What needs a decision (an offset that is gone, a topic made anew) halts
 *   the partition and is told to the listener.
 */
import { errorCodes, Fetch, type ResponseOf } from 'sluice-kafka-protocol'
import { type KafkaCluster, leaderMissing, type TopicMetadata, unknownTopic } from '../cluster/cluster.ts'
import { brokerError, isRetriableCode } from '../errors/broker-errors.ts'
import { KafkaError } from '../errors/kafka-error.ts'
import { backoffMs } from '../support/backoff.ts'
import type { Clock } from '../support/clock.ts'
import type { Random } from '../support/random.ts'
import { offsetAfter, type RecordSet } from './record-sets.ts'

export interface FetchOptions {
  readonly topic: string
  readonly isCommittedOnly: boolean
  /** How long a broker may wait for data. */
  readonly waitMs: number
  /** Per request and per partition in it; a single larger batch comes all the same. */
  readonly requestBytesMax: number
  readonly partitionBytesMax: number
  /** Bytes fetched and not taken yet, over all partitions. */
  readonly prefetchBytesMax: number
}

export interface FetchedSet extends RecordSet {
  readonly partition: number
  /** The topic's id when it was fetched. */
  readonly topicId: string
  /** Offset of the next fetch. */
  readonly next: bigint
}

export interface FetchListener {
  /** There may be something to take. */
  ready(): void
  /** The offset is not there (any more). The partition halts until it is continued. */
  outOfRange(partition: number, offset: bigint): void
  /** The topic was made anew. All partitions halt until they are continued. */
  remade(topic: TopicMetadata, formerId: string): void
  /** Something keeps partitions from being read; null: no longer. */
  trouble(problem: unknown): void
}

export interface PartitionProgress {
  /** Offset of the next fetch. */
  readonly offset: bigint
  /** Offset after the last record that may be read; null before the first answer. */
  readonly end: bigint | null
  /** When `end` was told. */
  readonly endSeenMs: number
  readonly queuedSets: number
}

interface Reading {
  readonly partition: number
  offset: bigint
  isPaused: boolean
  isHalted: boolean
  isAsked: boolean
  failures: number
  notBeforeMs: number
  end: bigint | null
  endSeenMs: number
  queuedBytes: number
  /** Raised when answers under way must be dropped. */
  turn: number
  queue: FetchedSet[]
}

type PartitionAnswer = ResponseOf<typeof Fetch>['responses'][number]['partitions'][number]

/** Requests in flight per broker, each on a connection of its own. */
const slotsPerBroker = 3
/** Versions from this on name topics by id, so that a topic made anew is noticed by the broker. */
const topicIdsSince = 13
const isolationCommitted = 1
const isolationUncommitted = 0
const sessionless = { sessionId: 0, sessionEpoch: -1 }
const backoff = { firstMs: 50, mostMs: 3_000 }
/** Smaller remains of the budget are not worth a request. */
const requestBytesMin = 64 * 1024
const answerGraceMs = 15_000

export class Fetcher {
  readonly #cluster: KafkaCluster
  readonly #options: FetchOptions
  readonly #listener: FetchListener
  readonly #clock: Clock
  readonly #random: Random
  readonly #closing = new AbortController()
  /** By partition, in the order in which they are served next. */
  readonly #readings = new Map<number, Reading>()
  readonly #busySlots = new Map<number, Set<number>>()
  #topic: TopicMetadata
  #isMetadataStale = false
  #isRefreshing = false
  #refreshFailures = 0
  #wakeAtMs = Number.POSITIVE_INFINITY
  #queuedBytes = 0
  #askedBytes = 0

  constructor(
    cluster: KafkaCluster,
    topic: TopicMetadata,
    options: FetchOptions,
    listener: FetchListener,
    clock: Clock,
    random: Random,
  ) {
    this.#cluster = cluster
    this.#topic = topic
    this.#options = options
    this.#listener = listener
    this.#clock = clock
    this.#random = random
  }

  get topic(): TopicMetadata {
    return this.#topic
  }

  /** Reads a partition from an offset on, dropping what was read ahead of it before. */
  start(partition: number, offset: bigint): void {
    const isPaused = this.#readings.get(partition)?.isPaused ?? false
    this.stop(partition)
    this.#readings.set(partition, {
      partition,
      offset,
      isPaused,
      isHalted: false,
      isAsked: false,
      failures: 0,
      notBeforeMs: 0,
      end: null,
      endSeenMs: 0,
      queuedBytes: 0,
      turn: 0,
      queue: [],
    })
    this.#pump()
  }

  /** Goes on from another offset after a halt; what was read before it is still to be taken. */
  continueAt(partition: number, offset: bigint): void {
    const reading = this.#readings.get(partition)
    if (reading === undefined) return
    reading.offset = offset
    reading.isHalted = false
    reading.turn++
    this.#pump()
  }

  stop(partition: number): void {
    const reading = this.#readings.get(partition)
    if (reading === undefined) return
    this.#queuedBytes -= reading.queuedBytes
    this.#readings.delete(partition)
  }

  pause(partition: number): void {
    const reading = this.#readings.get(partition)
    if (reading !== undefined) reading.isPaused = true
  }

  resume(partition: number): void {
    const reading = this.#readings.get(partition)
    if (reading === undefined) return
    reading.isPaused = false
    if (reading.queue.length > 0) this.#listener.ready()
    this.#pump()
  }

  /** The next set of the partition whose turn it is. */
  take(): FetchedSet | undefined {
    for (const reading of this.#readings.values()) {
      if (reading.isPaused) continue
      const set = reading.queue.shift()
      if (set === undefined) continue
      reading.queuedBytes -= set.bytes.length
      this.#queuedBytes -= set.bytes.length
      // To the end of the line.
      this.#readings.delete(reading.partition)
      this.#readings.set(reading.partition, reading)
      this.#pump()
      return set
    }
    return undefined
  }

  /** Fetches again from where a set began, after a pause: it turned out to be damaged. */
  retake(set: FetchedSet, problem: unknown): void {
    const reading = this.#readings.get(set.partition)
    if (reading === undefined) return
    this.#queuedBytes -= reading.queuedBytes
    reading.queuedBytes = 0
    reading.queue = []
    reading.offset = set.from
    reading.turn++
    this.#postpone(reading, problem)
    this.#pump()
  }

  progressOf(partition: number): PartitionProgress | undefined {
    const reading = this.#readings.get(partition)
    if (reading === undefined) return undefined
    return {
      offset: reading.offset,
      end: reading.end,
      endSeenMs: reading.endSeenMs,
      queuedSets: reading.queue.length,
    }
  }

  close(): void {
    this.#closing.abort()
    this.#readings.clear()
  }

  /** Asks for whatever may be asked for now. Cheap, and called whenever that may have changed. */
  #pump(): void {
    if (this.#closing.signal.aborted) return
    const now = this.#clock.now()
    const byLeader = new Map<number, Reading[]>()
    let wakeAtMs = Number.POSITIVE_INFINITY
    for (const reading of this.#readings.values()) {
      if (reading.isAsked || reading.isPaused || reading.isHalted) continue
      if (reading.queuedBytes >= this.#options.partitionBytesMax) continue
      if (reading.notBeforeMs > now) {
        wakeAtMs = Math.min(wakeAtMs, reading.notBeforeMs)
        continue
      }
      const leader = this.#topic.partitions[reading.partition]?.leader ?? -1
      if (leader < 0) {
        this.#isMetadataStale = true
        continue
      }
      const readings = byLeader.get(leader)
      if (readings === undefined) byLeader.set(leader, [reading])
      else readings.push(reading)
    }
    if (this.#isMetadataStale) {
      void this.#refresh()
      return
    }
    if (wakeAtMs < this.#wakeAtMs) void this.#wakeAt(wakeAtMs)
    for (const [leader, readings] of byLeader) this.#ask(leader, readings)
  }

  async #wakeAt(atMs: number): Promise<void> {
    this.#wakeAtMs = atMs
    await this.#clock.sleep(Math.max(1, atMs - this.#clock.now()), this.#closing.signal)
    if (this.#wakeAtMs === atMs) this.#wakeAtMs = Number.POSITIVE_INFINITY
    this.#pump()
  }

  #ask(leader: number, readings: readonly Reading[]): void {
    const busy = this.#busySlots.get(leader) ?? new Set<number>()
    this.#busySlots.set(leader, busy)
    let slot = 0
    while (busy.has(slot)) slot++
    if (slot >= slotsPerBroker) return
    const freeBytes = this.#options.prefetchBytesMax - this.#queuedBytes - this.#askedBytes
    const asksBytes = Math.min(
      this.#options.requestBytesMax,
      freeBytes,
      readings.length * this.#options.partitionBytesMax,
    )
    if (asksBytes < Math.min(requestBytesMin, this.#options.partitionBytesMax)) return
    busy.add(slot)
    this.#askedBytes += asksBytes
    for (const reading of readings) reading.isAsked = true
    void this.#fetch(leader, slot, readings, asksBytes).then(() => {
      busy.delete(slot)
      this.#askedBytes -= asksBytes
      for (const reading of readings) reading.isAsked = false
      this.#pump()
      this.#listener.ready()
    })
  }

  /** One request and its answer, taken apart by partition. Never rejects. */
  async #fetch(leader: number, slot: number, readings: readonly Reading[], maxBytes: number): Promise<void> {
    const topic = this.#topic
    const turns = readings.map((reading) => reading.turn)
    try {
      const connection = await this.#cluster.connectionTo(leader, `fetch ${slot} ${this.#options.topic}`)
      const usesIds = connection.versionOf(Fetch) >= topicIdsSince && topic.id !== ''
      const answer = await connection.request(
        Fetch,
        {
          maxWaitMs: this.#options.waitMs,
          minBytes: 1,
          maxBytes,
          isolationLevel: this.#options.isCommittedOnly ? isolationCommitted : isolationUncommitted,
          ...sessionless,
          topics: [
            {
              topic: topic.name,
              topicId: topic.id,
              partitions: readings.map((reading) => ({
                partition: reading.partition,
                fetchOffset: reading.offset,
                partitionMaxBytes: Math.min(this.#options.partitionBytesMax, maxBytes),
              })),
            },
          ],
        },
        {
          timeoutMs: this.#options.waitMs + answerGraceMs,
          ...(usesIds ? {} : { versionMax: topicIdsSince - 1 }),
        },
      )
      if (answer.errorCode !== errorCodes.NONE) throw brokerError(answer.errorCode, 'fetch')
      const byPartition = new Map(
        answer.responses.flatMap(({ partitions }) => partitions).map((each) => [each.partitionIndex, each]),
      )
      for (const [index, reading] of readings.entries()) {
        const isStale = this.#readings.get(reading.partition) !== reading || reading.turn !== turns[index]
        const partition = byPartition.get(reading.partition)
        if (!isStale && partition !== undefined) this.#accept(reading, partition, topic.id)
      }
    } catch (error) {
      if (this.#closing.signal.aborted) return
      this.#isMetadataStale = true
      for (const reading of readings) {
        if (this.#readings.get(reading.partition) === reading) this.#postpone(reading, error)
      }
    }
  }

  #accept(reading: Reading, answer: PartitionAnswer, topicId: string): void {
    const { errorCode } = answer
    if (errorCode === errorCodes.OFFSET_OUT_OF_RANGE) {
      reading.isHalted = true
      this.#listener.outOfRange(reading.partition, reading.offset)
      return
    }
    if (errorCode !== errorCodes.NONE) {
      if (isRetriableCode(errorCode)) this.#isMetadataStale = true
      this.#postpone(reading, brokerError(errorCode, `${this.#topic.name}/${reading.partition}`))
      return
    }
    reading.end = this.#options.isCommittedOnly ? answer.lastStableOffset : answer.highWatermark
    reading.endSeenMs = this.#clock.now()
    const bytes = answer.records
    if (bytes !== null && bytes.length > 0) {
      const next = offsetAfter(bytes)
      if (next === null) {
        const about = `${this.#topic.name}/${reading.partition}`
        const problem = `no whole batch at offset ${reading.offset}`
        this.#postpone(reading, new KafkaError('CORRUPT_RECORD', about, problem))
        return
      }
      const aborted = this.#options.isCommittedOnly ? (answer.abortedTransactions ?? []) : null
      reading.queue.push({
        partition: reading.partition,
        topicId,
        bytes,
        from: reading.offset,
        next,
        aborted,
      })
      reading.queuedBytes += bytes.length
      this.#queuedBytes += bytes.length
      reading.offset = next
    }
    reading.failures = 0
    this.#listener.trouble(null)
  }

  #postpone(reading: Reading, problem: unknown): void {
    reading.failures++
    reading.notBeforeMs = this.#clock.now() + backoffMs(backoff, reading.failures, this.#random)
    this.#listener.trouble(problem)
  }

  /** Learns who leads now, once at a time, until it is told. */
  async #refresh(): Promise<void> {
    if (this.#isRefreshing) return
    this.#isRefreshing = true
    const signal = this.#closing.signal
    while (!signal.aborted) {
      try {
        const topic = await this.#cluster.topic(this.#options.topic)
        if (topic === undefined) throw unknownTopic(this.#options.topic)
        if (this.#readings.size > 0 && topic.partitions.every((each) => each.leader < 0)) {
          throw leaderMissing(`topic ${topic.name}`)
        }
        this.#refreshFailures = 0
        this.#take(topic)
        break
      } catch (error) {
        if (signal.aborted) break
        this.#refreshFailures++
        this.#listener.trouble(error)
        await this.#clock.sleep(backoffMs(backoff, this.#refreshFailures, this.#random), signal)
      }
    }
    this.#isRefreshing = false
    // A partition without a leader is asked about again after a pause.
    const waiting = [...this.#readings.values()].filter(
      (reading) => (this.#topic.partitions[reading.partition]?.leader ?? -1) < 0 && !reading.isHalted,
    )
    for (const reading of waiting) {
      this.#postpone(reading, leaderMissing(`${this.#topic.name}/${reading.partition}`))
    }
    this.#pump()
  }

  #take(topic: TopicMetadata): void {
    const former = this.#topic
    this.#topic = topic
    this.#isMetadataStale = false
    if (topic.id === former.id) return
    for (const reading of this.#readings.values()) {
      reading.isHalted = true
      reading.turn++
    }
    this.#listener.remade(topic, former.id)
  }
}
