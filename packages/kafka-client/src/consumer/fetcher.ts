/**
 * Fetches partitions of topics ahead of whoever takes them, from their leaders, within bounds.
 *
 * - The next request leaves as soon as an answer is in, before anything of it is decoded: only batch headers are looked at.
 * - A broker has a few connections: one that waits for quiet partitions never delays busy ones. Each has a session, so
 *   that requests name only what changed (KIP-227).
 * - Read ahead is bounded by bytes over all partitions and by partition; takers are served in turn.
 * - A paused partition is not asked for. A stopped one is forgotten; answers that were under way are dropped.
 * - Where the leader changed, it is asked first whether it has what was read (KIP-320); a log that was cut off is noticed.
 * - A replica that the leader names, since it is nearer, is read instead of it for some time (KIP-392).
 * - Every failure is tried again with back-off. What needs a decision (an offset that is gone, a topic made anew) halts
 *   the partition and is told to the listener.
 */
import { errorCodes, OffsetForLeaderEpoch } from 'sluice-kafka-protocol'
import {
  type KafkaCluster,
  leaderMissing,
  type PartitionMetadata,
  type TopicMetadata,
  unknownTopic,
} from '../cluster/cluster.ts'
import { type EpochEnd, epochEnds } from '../cluster/epoch-ends.ts'
import { newestOf } from '../cluster/known-leaders.ts'
import { brokerError, isRetriableCode } from '../errors/broker-errors.ts'
import { KafkaError } from '../errors/kafka-error.ts'
import { backoffMs } from '../support/backoff.ts'
import type { Clock } from '../support/clock.ts'
import type { Random } from '../support/random.ts'
import type { FetchListener } from './fetch-listener.ts'
import { type FetchOptions, type PartitionAnswer, requestFetch } from './fetch-request.ts'
import {
  cutOff,
  type FetchedSet,
  follow,
  goBackTo,
  holdBack,
  isQuiet,
  isUnsure,
  keyOf,
  leaveFollower,
  newReading,
  nodeOf,
  type PartitionProgress,
  type Reading,
  type TopicPartition,
} from './reading.ts'
import { endOf } from './record-sets.ts'
import { type Slot, Slots } from './slots.ts'

/** Damage on the way is mended by fetching again. */
const unreadableTriesMax = 3
const nobody = { leader: -1, leaderEpoch: -1 }
const backoff = { firstMs: 50, mostMs: 3_000 }
/** Smaller remains of the budget are not worth a request. */
const requestBytesMin = 64 * 1024

export class Fetcher {
  readonly #cluster: KafkaCluster
  readonly #options: FetchOptions
  readonly #listener: FetchListener
  readonly #clock: Clock
  readonly #random: Random
  readonly #closing = new AbortController()
  /** By topic and partition, in the order in which they are served next. */
  readonly #readings = new Map<string, Reading>()
  readonly #slots = new Slots()
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
    this.#topics.set(topic.name, newestOf(this.#topics.get(topic.name), topic))
  }

  /**
   * Reads a partition from an offset on, dropping what was read ahead of it before.
   * @param leaderEpoch of the record before it; -1 where it is not known
   */
  start(at: TopicPartition, offset: bigint, leaderEpoch = -1): void {
    const isPaused = this.#readings.get(keyOf(at))?.isPaused ?? false
    this.stop(at)
    this.#readings.set(keyOf(at), newReading(at, { offset, leaderEpoch }, isPaused))
    this.#pump()
  }

  /** Goes on from another offset after a halt; what was read before it is still to be taken. */
  continueAt(at: TopicPartition, offset: bigint, leaderEpoch = -1): void {
    const reading = this.#readings.get(keyOf(at))
    if (reading === undefined) return
    reading.offset = offset
    reading.readEpoch = leaderEpoch
    // Where it goes on in a topic made anew, epochs began again.
    reading.checkedEpoch = -1
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

  /** It was taken too early: it is the next one of its partition again, unless that was moved meanwhile. */
  giveBack(set: FetchedSet): void {
    const reading = this.#readings.get(keyOf(set))
    if (reading === undefined) return
    reading.queue.unshift(set)
    reading.queuedBytes += set.bytes.length
    this.#queuedBytes += set.bytes.length
  }

  /** Fetches again from where a set began, after a pause: it turned out to be damaged. */
  retake(set: FetchedSet, problem: unknown): void {
    const reading = this.#readings.get(keyOf(set))
    if (reading === undefined) return
    this.#queuedBytes -= goBackTo(reading, set)
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
    const byNode = new Map<number, Reading[]>()
    const unsure = new Map<number, Reading[]>()
    /** Where there is more to read as soon as something is taken. */
    const full = new Set<number>()
    let wakeAtMs = Number.POSITIVE_INFINITY
    for (const reading of this.#readings.values()) {
      if (reading.isAsked || reading.isPaused || reading.isHalted) continue
      if (reading.queuedBytes >= this.#options.partitionBytesMax) {
        if (!isQuiet(reading)) full.add(nodeOf(reading, this.#leaderOf(reading).leader, now))
        continue
      }
      if (reading.notBeforeMs > now) {
        wakeAtMs = Math.min(wakeAtMs, reading.notBeforeMs)
        continue
      }
      const { leader, leaderEpoch } = this.#leaderOf(reading)
      if (leader < 0) {
        this.#isMetadataStale = true
        continue
      }
      const isChecked = !isUnsure(reading, leaderEpoch)
      const node = isChecked ? nodeOf(reading, leader, now) : leader
      const group = isChecked ? byNode : unsure
      const readings = group.get(node)
      if (readings === undefined) group.set(node, [reading])
      else readings.push(reading)
    }
    // Who leads is asked beside the work: a partition without a leader holds up no other.
    if (this.#isMetadataStale) void this.#refresh()
    if (wakeAtMs < this.#wakeAtMs) void this.#wakeAt(wakeAtMs)
    for (const [leader, readings] of unsure) void this.#check(leader, readings)
    for (const [node, readings] of byNode) this.#ask(node, readings, full.has(node))
  }

  async #wakeAt(atMs: number): Promise<void> {
    this.#wakeAtMs = atMs
    await this.#clock.sleep(Math.max(1, atMs - this.#clock.now()), this.#closing.signal)
    if (this.#wakeAtMs === atMs) this.#wakeAtMs = Number.POSITIVE_INFINITY
    this.#pump()
  }

  #leaderOf({ topic, partition }: TopicPartition): Pick<PartitionMetadata, 'leader' | 'leaderEpoch'> {
    return this.#topics.get(topic)?.partitions[partition] ?? nobody
  }

  /** Asks a leader that followed another whether its log has what was read. Never rejects. */
  async #check(leader: number, readings: readonly Reading[]): Promise<void> {
    for (const reading of readings) reading.isAsked = true
    const turns = readings.map(({ turn }) => turn)
    const queries = readings.map((reading) => ({
      topic: reading.topic,
      partition: reading.partition,
      currentLeaderEpoch: this.#leaderOf(reading).leaderEpoch,
      leaderEpoch: reading.readEpoch,
    }))
    try {
      const connection = await this.#cluster.connectionTo(leader, 'control')
      // A broker that cannot say is believed.
      const ends = connection.offers(OffsetForLeaderEpoch) ? await epochEnds(connection, queries) : null
      for (const [index, reading] of readings.entries()) {
        if (!this.#isCurrent(reading, turns[index])) continue
        const currentEpoch = queries[index]?.currentLeaderEpoch ?? -1
        if (ends === null) reading.checkedEpoch = currentEpoch
        else this.#judge(reading, ends[index] ?? null, currentEpoch)
      }
    } catch (error) {
      this.#failed(readings, error)
    }
    for (const reading of readings) reading.isAsked = false
    this.#pump()
    this.#listener.ready()
  }

  #judge(reading: Reading, end: EpochEnd | null, currentEpoch: number): void {
    if (end === null || end.errorCode !== errorCodes.NONE) {
      this.#refused(reading, end?.errorCode ?? errorCodes.UNKNOWN_SERVER_ERROR)
    } else if (end.offset < 0n || end.leaderEpoch < 0) {
      // It cannot say where the logs part: nothing of the position is known to hold.
      reading.isHalted = true
      this.#listener.outOfRange(reading, reading.offset)
    } else if (end.offset >= reading.offset) {
      reading.checkedEpoch = currentEpoch
      reading.failures = 0
    } else {
      const { droppedBytes, isNoticed } = cutOff(reading, end)
      this.#queuedBytes -= droppedBytes
      if (!isNoticed) return
      reading.isHalted = true
      this.#listener.cutOff(reading, reading.offset, end)
    }
  }

  #isCurrent(reading: Reading, turn: number | undefined): boolean {
    return this.#readings.get(keyOf(reading)) === reading && reading.turn === turn
  }

  #failed(readings: readonly Reading[], error: unknown): void {
    if (this.#closing.signal.aborted) return
    this.#isMetadataStale = true
    for (const reading of readings) {
      if (this.#readings.get(keyOf(reading)) === reading) this.#postpone(reading, error)
    }
  }

  #refused(reading: Reading, code: number): void {
    if (isRetriableCode(code)) this.#isMetadataStale = true
    this.#postpone(reading, brokerError(code, keyOf(reading)))
  }

  #ask(node: number, readings: readonly Reading[], isMoreToCome: boolean): void {
    const slot = this.#slots.freeOf(node)
    if (slot === undefined) return
    // The broker may keep such a request for long: it must not take the place of those that are answered at once.
    const mayWait = readings.every(isQuiet)
    if (mayWait && isMoreToCome && this.#slots.isWaiting(node)) return
    const freeBytes = this.#options.prefetchBytesMax - this.#queuedBytes - this.#askedBytes
    const asksBytes = Math.min(
      this.#options.requestBytesMax,
      freeBytes,
      readings.length * this.#options.partitionBytesMax,
    )
    if (asksBytes < Math.min(requestBytesMin, this.#options.partitionBytesMax)) return
    slot.isBusy = true
    slot.mayWait = mayWait
    this.#askedBytes += asksBytes
    for (const reading of readings) reading.isAsked = true
    void this.#fetch(node, slot, readings, asksBytes).then(() => {
      slot.isBusy = false
      this.#askedBytes -= asksBytes
      for (const reading of readings) reading.isAsked = false
      this.#pump()
      this.#listener.ready()
    })
  }

  /** One request and its answer, taken apart by partition. Never rejects. */
  async #fetch(node: number, slot: Slot, readings: readonly Reading[], maxBytes: number): Promise<void> {
    const turns = readings.map(({ turn }) => turn)
    const wanted = readings.map((reading) => ({
      topic: reading.topic,
      topicId: this.#topics.get(reading.topic)?.id ?? '',
      partition: reading.partition,
      leaderEpoch: this.#leaderOf(reading).leaderEpoch,
      offset: reading.offset,
      bytesMax: this.#options.partitionBytesMax,
    }))
    try {
      const connection = await this.#cluster.connectionTo(node, `fetch ${slot.number}`)
      const now = this.#clock.now()
      const isLeaderOnly = readings.some(({ leaderOnlyUntilMs }) => leaderOnlyUntilMs > now)
      const options = isLeaderOnly ? { ...this.#options, rackId: '' } : this.#options
      const answers = await requestFetch(connection, slot.session, wanted, maxBytes, options)
      if (answers === null) return
      for (const [index, reading] of readings.entries()) {
        if (!this.#isCurrent(reading, turns[index])) continue
        const answer = answers[index]
        if (answer !== undefined) this.#accept(reading, answer, wanted[index]?.topicId ?? '', node)
        else if (slot.session.isIncremental) this.#confirm(reading)
        else this.#postpone(reading, brokerError(errorCodes.UNKNOWN_SERVER_ERROR, keyOf(reading)))
      }
    } catch (error) {
      slot.session.reset()
      for (const reading of readings) {
        if (reading.follower === node) leaveFollower(reading, this.#clock.now())
      }
      this.#failed(readings, error)
    }
  }

  /** Nothing new of it: what was told of its end still holds. */
  #confirm(reading: Reading): void {
    if (reading.end !== null) reading.endSeenMs = this.#clock.now()
  }

  #accept(reading: Reading, answer: PartitionAnswer, topicId: string, node: number): void {
    const { errorCode, preferredReadReplica } = answer
    if (errorCode !== errorCodes.NONE && node === reading.follower) {
      // Only the leader's word counts.
      leaveFollower(reading, this.#clock.now())
      if (errorCode === errorCodes.OFFSET_OUT_OF_RANGE) return
    }
    if (errorCode === errorCodes.OFFSET_OUT_OF_RANGE) {
      reading.isHalted = true
      this.#listener.outOfRange(reading, reading.offset)
      return
    }
    if (errorCode !== errorCodes.NONE) {
      this.#refused(reading, errorCode)
      return
    }
    if (preferredReadReplica >= 0 && preferredReadReplica !== node) {
      follow(reading, preferredReadReplica, this.#clock.now())
      return
    }
    reading.end = this.#options.isCommittedOnly ? answer.lastStableOffset : answer.highWatermark
    reading.endSeenMs = this.#clock.now()
    const bytes = answer.records
    if (bytes !== null && bytes.length > 0) {
      const last = endOf(bytes)
      if (last === null || last.offset <= reading.offset) {
        const problem = last === null ? 'no whole batch' : `records up to ${last.offset} only`
        const damage = new KafkaError(
          'CORRUPT_RECORD',
          `${keyOf(reading)} at offset ${reading.offset}`,
          problem,
        )
        this.#postpone(reading, damage)
        if (reading.failures % unreadableTriesMax === 0) this.#listener.unreadable?.(reading, damage)
        return
      }
      const aborted = this.#options.isCommittedOnly ? (answer.abortedTransactions ?? []) : null
      reading.queue.push({
        topic: reading.topic,
        partition: reading.partition,
        topicId,
        bytes,
        from: reading.offset,
        fromEpoch: reading.readEpoch,
        next: last.offset,
        leaderEpoch: last.leaderEpoch,
        aborted,
      })
      reading.queuedBytes += bytes.length
      this.#queuedBytes += bytes.length
      reading.offset = last.offset
      reading.readEpoch = last.leaderEpoch
    }
    reading.failures = 0
    this.#listener.trouble(null)
  }

  #postpone(reading: Reading, problem: unknown): void {
    holdBack(reading, this.#clock.now(), this.#random)
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
      else if (this.#leaderOf(reading).leader < 0) this.#postpone(reading, leaderMissing(keyOf(reading)))
    }
  }

  #take(topic: TopicMetadata): void {
    const former = this.#topics.get(topic.name)
    this.learn(topic)
    if (former === undefined || topic.id === former.id) return
    for (const reading of this.#readings.values()) {
      if (reading.topic !== topic.name) continue
      reading.isHalted = true
      reading.turn++
    }
    this.#listener.remade(topic, former.id)
  }
}
