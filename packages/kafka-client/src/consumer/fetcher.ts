/**
 * Fetches partitions of topics ahead of whoever takes them, from their leaders, within bounds.
 *
 * - The next request leaves as soon as an answer is in, before anything of it is decoded: only batch headers are looked at.
 * - A broker has a few connections: one that waits for quiet partitions never delays busy ones. Each has a session, so
 *   that requests name only what changed (KIP-227).
 * - Read ahead is bounded by bytes over all partitions and by partition; takers are served in turn.
 * - A paused partition is not asked for. A stopped one is forgotten; answers that were under way are dropped.
 * - Every failure is tried again with back-off. What needs a decision (an offset that is gone, a topic made anew) halts
 *   the partition and is told to the listener.
 */
import { errorCodes, Fetch, type ResponseOf } from 'sluice-kafka-protocol'
import { type KafkaCluster, leaderMissing, type TopicMetadata, unknownTopic } from '../cluster/cluster.ts'
import { brokerError, isRetriableCode, throwOn } from '../errors/broker-errors.ts'
import { KafkaError } from '../errors/kafka-error.ts'
import { backoffMs } from '../support/backoff.ts'
import type { Clock } from '../support/clock.ts'
import type { Random } from '../support/random.ts'
import { FetchSession, isSessionLost, namedByTopic } from './fetch-session.ts'
import { offsetAfter, type RecordSet } from './record-sets.ts'

export interface FetchOptions {
  readonly isCommittedOnly: boolean
  /** How long a broker may wait for data. */
  readonly waitMs: number
  /** Per request and per partition in it; a single larger batch comes all the same. */
  readonly requestBytesMax: number
  readonly partitionBytesMax: number
  /** Bytes fetched and not taken yet, over all partitions. */
  readonly prefetchBytesMax: number
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

export interface FetchedSet extends RecordSet, TopicPartition {
  /** The topic's id when it was fetched. */
  readonly topicId: string
  /** Offset of the next fetch. */
  readonly next: bigint
}

export interface FetchListener {
  /** There may be something to take. */
  ready(): void
  /** The offset is not there (any more). The partition halts until it is continued. */
  outOfRange(at: TopicPartition, offset: bigint): void
  /** A topic was made anew. Its partitions halt until they are continued. */
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

interface Reading extends TopicPartition {
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

/** One request at a time to one broker, on a connection of its own. */
interface Slot {
  readonly number: number
  readonly session: FetchSession
  isBusy: boolean
}

/** Requests in flight per broker, each on a connection of its own. */
const slotsPerBroker = 3
/** Versions from this on name topics by id, so that a topic made anew is noticed by the broker. */
const topicIdsSince = 13
const isolationCommitted = 1
const isolationUncommitted = 0
const backoff = { firstMs: 50, mostMs: 3_000 }
/** Smaller remains of the budget are not worth a request. */
const requestBytesMin = 64 * 1024
const answerGraceMs = 15_000

const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`

export class Fetcher {
  readonly #cluster: KafkaCluster
  readonly #options: FetchOptions
  readonly #listener: FetchListener
  readonly #clock: Clock
  readonly #random: Random
  readonly #closing = new AbortController()
  /** By topic and partition, in the order in which they are served next. */
  readonly #readings = new Map<string, Reading>()
  readonly #slots = new Map<number, Slot[]>()
  readonly #topics = new Map<string, TopicMetadata>()
  #isMetadataStale = false
  #isRefreshing = false
  #refreshFailures = 0
  #wakeAtMs = Number.POSITIVE_INFINITY
  #queuedBytes = 0
  #askedBytes = 0

  constructor(
    cluster: KafkaCluster,
    options: FetchOptions,
    listener: FetchListener,
    clock: Clock,
    random: Random,
  ) {
    this.#cluster = cluster
    this.#options = options
    this.#listener = listener
    this.#clock = clock
    this.#random = random
  }

  /** What is known of a topic; undefined before the first answer. */
  topicOf(name: string): TopicMetadata | undefined {
    return this.#topics.get(name)
  }

  /** Takes over what the caller knows of a topic: from now on it is noticed when it is made anew. */
  learn(topic: TopicMetadata): void {
    this.#topics.set(topic.name, topic)
  }

  /** Reads a partition from an offset on, dropping what was read ahead of it before. */
  start(at: TopicPartition, offset: bigint): void {
    const isPaused = this.#readings.get(keyOf(at))?.isPaused ?? false
    this.stop(at)
    this.#readings.set(keyOf(at), {
      topic: at.topic,
      partition: at.partition,
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
  continueAt(at: TopicPartition, offset: bigint): void {
    const reading = this.#readings.get(keyOf(at))
    if (reading === undefined) return
    reading.offset = offset
    reading.isHalted = false
    reading.turn++
    this.#pump()
  }

  stop(at: TopicPartition): void {
    const reading = this.#readings.get(keyOf(at))
    if (reading === undefined) return
    this.#queuedBytes -= reading.queuedBytes
    this.#readings.delete(keyOf(at))
  }

  pause(at: TopicPartition): void {
    const reading = this.#readings.get(keyOf(at))
    if (reading !== undefined) reading.isPaused = true
  }

  resume(at: TopicPartition): void {
    const reading = this.#readings.get(keyOf(at))
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
      this.#readings.delete(keyOf(reading))
      this.#readings.set(keyOf(reading), reading)
      this.#pump()
      return set
    }
    return undefined
  }

  /** Fetches again from where a set began, after a pause: it turned out to be damaged. */
  retake(set: FetchedSet, problem: unknown): void {
    const reading = this.#readings.get(keyOf(set))
    if (reading === undefined) return
    this.#queuedBytes -= reading.queuedBytes
    reading.queuedBytes = 0
    reading.queue = []
    reading.offset = set.from
    reading.turn++
    this.#postpone(reading, problem)
    this.#pump()
  }

  progressOf(at: TopicPartition): PartitionProgress | undefined {
    const reading = this.#readings.get(keyOf(at))
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
      const leader = this.#leaderOf(reading)
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

  #leaderOf({ topic, partition }: TopicPartition): number {
    return this.#topics.get(topic)?.partitions[partition]?.leader ?? -1
  }

  #freeSlotOf(leader: number): Slot | undefined {
    const slots = this.#slots.get(leader) ?? []
    this.#slots.set(leader, slots)
    const free = slots.find(({ isBusy }) => !isBusy)
    if (free !== undefined || slots.length >= slotsPerBroker) return free
    const slot = { number: slots.length, session: new FetchSession(), isBusy: false }
    slots.push(slot)
    return slot
  }

  #ask(leader: number, readings: readonly Reading[]): void {
    const slot = this.#freeSlotOf(leader)
    if (slot === undefined) return
    const freeBytes = this.#options.prefetchBytesMax - this.#queuedBytes - this.#askedBytes
    const asksBytes = Math.min(
      this.#options.requestBytesMax,
      freeBytes,
      readings.length * this.#options.partitionBytesMax,
    )
    if (asksBytes < Math.min(requestBytesMin, this.#options.partitionBytesMax)) return
    slot.isBusy = true
    this.#askedBytes += asksBytes
    for (const reading of readings) reading.isAsked = true
    void this.#fetch(leader, slot, readings, asksBytes).then(() => {
      slot.isBusy = false
      this.#askedBytes -= asksBytes
      for (const reading of readings) reading.isAsked = false
      this.#pump()
      this.#listener.ready()
    })
  }

  /** One request and its answer, taken apart by partition. Never rejects. */
  async #fetch(leader: number, slot: Slot, readings: readonly Reading[], maxBytes: number): Promise<void> {
    const { isCommittedOnly, waitMs, partitionBytesMax } = this.#options
    const turns = readings.map((reading) => reading.turn)
    const topics = new Map(readings.map(({ topic }) => [topic, this.#topics.get(topic)?.id ?? '']))
    try {
      const connection = await this.#cluster.connectionTo(leader, `fetch ${slot.number}`)
      const usesIds = connection.versionOf(Fetch) >= topicIdsSince && !topics.values().some((id) => id === '')
      const plan = slot.session.plan(
        readings.map(({ topic, partition, offset }) => {
          const bytesMax = partitionBytesMax
          return { topic, topicId: usesIds ? (topics.get(topic) ?? '') : '', partition, offset, bytesMax }
        }),
      )
      const answer = await connection.request(
        Fetch,
        {
          maxWaitMs: waitMs,
          minBytes: 1,
          maxBytes,
          isolationLevel: isCommittedOnly ? isolationCommitted : isolationUncommitted,
          sessionId: plan.sessionId,
          sessionEpoch: plan.sessionEpoch,
          topics: namedByTopic(plan.named, ({ partition, offset, bytesMax }) => ({
            partition,
            fetchOffset: offset,
            partitionMaxBytes: bytesMax,
          })),
          forgottenTopicsData: namedByTopic(plan.forgotten, ({ partition }) => partition),
        },
        { timeoutMs: waitMs + answerGraceMs, ...(usesIds ? {} : { versionMax: topicIdsSince - 1 }) },
      )
      if (isSessionLost(answer.errorCode)) {
        // Nothing is wrong but what the broker remembers: the next request says everything.
        slot.session.reset()
        return
      }
      throwOn(answer.errorCode, 'fetch')
      slot.session.answered(answer.sessionId)
      const found = new Map<string, PartitionAnswer>()
      for (const each of answer.responses) {
        const at = usesIds ? each.topicId : each.topic
        for (const partition of each.partitions) found.set(`${at}/${partition.partitionIndex}`, partition)
      }
      for (const [index, reading] of readings.entries()) {
        if (this.#readings.get(keyOf(reading)) !== reading || reading.turn !== turns[index]) continue
        const topicId = topics.get(reading.topic) ?? ''
        const partition = found.get(`${usesIds ? topicId : reading.topic}/${reading.partition}`)
        if (partition !== undefined) this.#accept(reading, partition, topicId)
        else if (slot.session.isIncremental) this.#confirm(reading)
      }
    } catch (error) {
      slot.session.reset()
      if (this.#closing.signal.aborted) return
      this.#isMetadataStale = true
      for (const reading of readings) {
        if (this.#readings.get(keyOf(reading)) === reading) this.#postpone(reading, error)
      }
    }
  }

  /** Nothing new of it: what was told of its end still holds. */
  #confirm(reading: Reading): void {
    if (reading.end !== null) reading.endSeenMs = this.#clock.now()
  }

  #accept(reading: Reading, answer: PartitionAnswer, topicId: string): void {
    const { errorCode } = answer
    if (errorCode === errorCodes.OFFSET_OUT_OF_RANGE) {
      reading.isHalted = true
      this.#listener.outOfRange(reading, reading.offset)
      return
    }
    if (errorCode !== errorCodes.NONE) {
      if (isRetriableCode(errorCode)) this.#isMetadataStale = true
      this.#postpone(reading, brokerError(errorCode, keyOf(reading)))
      return
    }
    reading.end = this.#options.isCommittedOnly ? answer.lastStableOffset : answer.highWatermark
    reading.endSeenMs = this.#clock.now()
    const bytes = answer.records
    if (bytes !== null && bytes.length > 0) {
      const next = offsetAfter(bytes)
      if (next === null) {
        const problem = `no whole batch at offset ${reading.offset}`
        this.#postpone(reading, new KafkaError('CORRUPT_RECORD', keyOf(reading), problem))
        return
      }
      const aborted = this.#options.isCommittedOnly ? (answer.abortedTransactions ?? []) : null
      reading.queue.push({
        topic: reading.topic,
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
        const names = new Set(this.#readings.values().map(({ topic }) => topic))
        const { found, refused } = await this.#cluster.topics([...names])
        this.#refreshFailures = 0
        this.#isMetadataStale = false
        for (const topic of found) this.#take(topic)
        this.#postponeLeaderless(found, refused)
        break
      } catch (error) {
        if (signal.aborted) break
        this.#refreshFailures++
        this.#listener.trouble(error)
        await this.#clock.sleep(backoffMs(backoff, this.#refreshFailures, this.#random), signal)
      }
    }
    this.#isRefreshing = false
    this.#pump()
  }

  /** What nobody leads now is asked about again after a pause. */
  #postponeLeaderless(found: readonly TopicMetadata[], refused: ReadonlyMap<string, KafkaError>): void {
    const known = new Set(found.map(({ name }) => name))
    for (const reading of this.#readings.values()) {
      if (reading.isHalted || reading.isAsked) continue
      if (!known.has(reading.topic))
        this.#postpone(reading, refused.get(reading.topic) ?? unknownTopic(reading.topic))
      else if (this.#leaderOf(reading) < 0) this.#postpone(reading, leaderMissing(keyOf(reading)))
    }
  }

  #take(topic: TopicMetadata): void {
    const former = this.#topics.get(topic.name)
    this.#topics.set(topic.name, topic)
    if (former === undefined || topic.id === former.id) return
    for (const reading of this.#readings.values()) {
      if (reading.topic !== topic.name) continue
      reading.isHalted = true
      reading.turn++
    }
    this.#listener.remade(topic, former.id)
  }
}
