/**
 * Reads partitions that it is told to read, as batches that are views over the fetched bytes.
 *
 * - Fetches ahead within a bound of bytes over all partitions, and serves partitions in turn.
 * - A partition can be paused, resumed and moved at any time; what was read ahead of a move is dropped.
 * - Survives brokers that go and come back: reading goes on, and `onTrouble` tells meanwhile. What waiting does not mend is
 *   thrown from `next`, and reading can go on after it.
 * - What a callback throws, `next` throws; reading goes on as if it had returned.
 * - Nothing is skipped silently: what is to happen where an offset is gone is an option, `onGap` tells of it.
 */
import { setImmediate } from 'node:timers/promises'
import type { KafkaCluster, TopicMetadata } from '../cluster/cluster.ts'
import { patiently } from '../cluster/patience.ts'
import { type StartAt, startOffsetsOfEach } from '../cluster/start-offsets.ts'
import { isKafkaError, KafkaError, messageOf } from '../errors/kafka-error.ts'
import { backoffMs } from '../support/backoff.ts'
import type { Clock } from '../support/clock.ts'
import type { Random } from '../support/random.ts'
import type { ConsumerOptions, Gap } from './consumer-options.ts'
import { FetchedBatch } from './fetched-batch.ts'
import { Fetcher } from './fetcher.ts'
import { type FetchedSet, keyOf, type LogPosition, type TopicPartition } from './reading.ts'
import {
  DamagedBatch,
  type DecodedRecords,
  decodeRecordSet,
  endOf,
  isBetterBeside,
  type Unpacked,
  unpackBeside,
} from './record-sets.ts'

/** Partitions of one topic; all of them where `partitions` is left out. */
export interface Target {
  readonly topic: string
  readonly partitions?: readonly number[]
}

export interface AssignedPartition extends TopicPartition {
  /** Offset of the next record that `next` gives; null while it is looked up. */
  readonly position: bigint | null
  /** Offset after the last record that may be read; null before the first answer. */
  readonly end: bigint | null
  readonly isPaused: boolean
}

interface Assignment extends TopicPartition {
  position: bigint | null
  isPaused: boolean
  /** Times in a row that its records were damaged. */
  damaged: number
}

const presets = {
  waitMs: 500,
  prefetchBytesMax: 64 * 1024 * 1024,
  heldBytesMax: 256 * 1024 * 1024,
  partitionBytesMax: 1024 * 1024,
  requestBytesMax: 16 * 1024 * 1024,
}
/** Whoever takes what was read ahead, batch after batch, lets heartbeats and timers through as often. */
const turnEveryMs = 20
const beginning: LogPosition = { offset: 0n, leaderEpoch: -1 }
/** Damage on the way is mended by fetching again; damage in the log is told. */
const damagedTriesMax = 3
const backoff = { firstMs: 100, mostMs: 5_000 }

export class Consumer implements AsyncDisposable, AsyncIterable<FetchedBatch> {
  readonly #cluster: KafkaCluster
  readonly #options: ConsumerOptions
  readonly #clock: Clock
  readonly #fetcher: Fetcher
  readonly #assignments = new Map<string, Assignment>()
  /** By what it is about, so that there is one at most for each partition. */
  readonly #failures = new Map<string, unknown>()
  readonly #waiting = new Set<() => void>()
  #heldBytes = 0
  /** When the event loop had its turn last. */
  #turnedMs = 0
  /** A set that is decompressed beside the event loop. */
  #unpacking: Promise<FetchedBatch | undefined> | null = null
  readonly #closing = new AbortController()
  readonly #random: Random
  #isTroubled = false
  #isClosed = false

  /** @param cluster the consumer's own: it is ended with it */
  constructor(cluster: KafkaCluster, options: ConsumerOptions, clock: Clock, random: Random) {
    this.#cluster = cluster
    this.#options = options
    this.#clock = clock
    this.#random = random
    this.#fetcher = new Fetcher(
      cluster,
      {
        isCommittedOnly: this.#isCommittedOnly,
        waitMs: options.waitMs ?? presets.waitMs,
        requestBytesMax: options.requestBytesMax ?? presets.requestBytesMax,
        partitionBytesMax: options.partitionBytesMax ?? presets.partitionBytesMax,
        prefetchBytesMax: options.prefetchBytesMax ?? presets.prefetchBytesMax,
        ...(options.rackId === undefined ? {} : { rackId: options.rackId }),
      },
      {
        ready: () => this.#wake(),
        outOfRange: (at, offset) => void this.#goOn(at, offset, 'the offset is not there'),
        cutOff: (at, from, to) => this.#onCutOff(at, from, to),
        remade: (topic) => this.#onRemade(topic),
        trouble: (problem) => this.#onTrouble(problem),
        unreadable: (at, problem) => this.#fail(keyOf(at), problem),
      },
      clock,
      random,
    )
  }

  /** What is read. */
  get assigned(): readonly AssignedPartition[] {
    return Array.from(this.#assignments.values(), (each) => ({
      topic: each.topic,
      partition: each.partition,
      position: each.position,
      end: this.#fetcher.progressOf(each)?.end ?? null,
      isPaused: each.isPaused,
    }))
  }

  /**
   * Reads these partitions too, from `start` (or each from its own, by partition); those that are read already are moved
   * there. Resolves when their first offsets are known.
   * @throws KafkaError UNKNOWN_TOPIC where a topic or partition is not there, and others
   */
  async assign(target: Target, start: StartAt | ReadonlyMap<number, StartAt>): Promise<void> {
    this.#throwIfClosed()
    const topic = await this.#topicOf(target.topic)
    const partitions = partitionsOf(topic, target)
    const assignments = partitions.map((partition): Assignment => {
      const at = { topic: topic.name, partition }
      const isPaused = this.#assignments.get(keyOf(at))?.isPaused ?? false
      // Whoever assigned it before, and still looks for its offset, finds that it is no longer asked.
      const assignment = { ...at, position: null, isPaused, damaged: 0 }
      this.#fetcher.stop(at)
      this.#failures.delete(keyOf(at))
      this.#assignments.set(keyOf(at), assignment)
      return assignment
    })
    const offsets = await this.#offsetsOf(topic, startsOf(partitions, start))
    if (this.#isClosed) return
    for (const assignment of assignments) {
      if (!this.#isCurrent(assignment)) continue
      const { offset, leaderEpoch } = offsets.get(assignment.partition) ?? beginning
      assignment.position = offset
      this.#fetcher.start(assignment, offset, leaderEpoch)
      if (assignment.isPaused) this.#fetcher.pause(assignment)
    }
  }

  /** Reads these partitions no more. Batches that were taken stay as they are. */
  unassign(target: Target): void {
    for (const assignment of this.#assignmentsOf(target)) {
      this.#fetcher.stop(assignment)
      this.#failures.delete(keyOf(assignment))
      this.#assignments.delete(keyOf(assignment))
    }
  }

  /** Goes on from elsewhere; what was read ahead is dropped. @throws KafkaError OPTION_INVALID for what is not assigned, and others */
  async seek(target: Target, start: StartAt): Promise<void> {
    const partitions = this.#assignmentsOf(target).map(({ partition }) => partition)
    const isUnknown = target.partitions?.some((each) => !partitions.includes(each)) ?? false
    if (partitions.length === 0 || isUnknown) {
      throw new KafkaError(
        'OPTION_INVALID',
        'partitions',
        `${target.topic} is not assigned, or not all of it`,
      )
    }
    await this.assign({ topic: target.topic, partitions }, start)
  }

  /** Gives no more records of these until they are resumed; what was read ahead of them is kept. */
  pause(target: Target): void {
    for (const assignment of this.#assignmentsOf(target)) {
      assignment.isPaused = true
      this.#fetcher.pause(assignment)
    }
  }

  resume(target: Target): void {
    for (const assignment of this.#assignmentsOf(target)) {
      assignment.isPaused = false
      this.#fetcher.resume(assignment)
    }
  }

  /**
   * The next batch of the partition whose turn it is; waits until there is one. Whoever takes it releases it.
   * @throws KafkaError what waiting does not mend; CLOSED; the reason of the signal
   */
  async next(signal?: AbortSignal): Promise<FetchedBatch> {
    for (;;) {
      signal?.throwIfAborted()
      this.#throwIfClosed()
      for (const [about, failure] of this.#failures) {
        this.#failures.delete(about)
        throw failure
      }
      if (this.#clock.now() - this.#turnedMs >= turnEveryMs) {
        await setImmediate()
        this.#turnedMs = this.#clock.now()
        continue
      }
      if (this.#unpacking !== null) {
        // Who took it is told first: what comes after it may not be given before it.
        await this.#unpacking
        continue
      }
      const batch = this.#take()
      if (batch instanceof FetchedBatch) return batch
      if (batch === undefined) {
        await this.#untilWoken(signal)
        this.#turnedMs = this.#clock.now()
      } else {
        const unpacked = await batch
        if (unpacked !== undefined) return unpacked
      }
    }
  }

  /** Batch after batch until the consumer is closed; each is released when the next one is asked for. */
  async *[Symbol.asyncIterator](): AsyncGenerator<FetchedBatch, void, undefined> {
    while (!this.#isClosed) {
      using batch = await this.#nextUnlessClosed()
      if (batch === null) return
      yield batch
    }
  }

  /** Ends reading and connections. Whoever waits for a batch is told. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    this.#closing.abort()
    this.#fetcher.close()
    this.#assignments.clear()
    this.#cluster[Symbol.dispose]()
    this.#wake()
    await Promise.resolve()
  }

  get #heldBytesMax(): number {
    return Math.max(1, this.#options.heldBytesMax ?? presets.heldBytesMax)
  }

  get #isCommittedOnly(): boolean {
    return this.#options.isolation !== 'read_uncommitted'
  }

  async #nextUnlessClosed(): Promise<FetchedBatch | null> {
    try {
      return await this.next()
    } catch (error) {
      if (this.#isClosed) return null
      throw error
    }
  }

  #take(): FetchedBatch | Promise<FetchedBatch | undefined> | undefined {
    if (this.#heldBytes >= this.#heldBytesMax) return undefined
    for (let set = this.#fetcher.take(); set !== undefined; set = this.#fetcher.take()) {
      const assignment = this.#assignments.get(keyOf(set))
      if (assignment === undefined) continue
      if (isBetterBeside(set)) {
        this.#unpacking = this.#unpack(assignment, set)
        return this.#unpacking
      }
      const batch = this.#decode(assignment, set)
      if (batch !== null) return batch
    }
    return undefined
  }

  /** undefined where there is nothing to give of the set, or not now. */
  async #unpack(assignment: Assignment, set: FetchedSet): Promise<FetchedBatch | undefined> {
    try {
      const unpacked = await unpackBeside(set)
      if (!this.#isCurrent(assignment)) return undefined
      if (!assignment.isPaused) return this.#decode(assignment, set, unpacked) ?? undefined
      this.#fetcher.giveBack(set)
      return undefined
    } finally {
      this.#unpacking = null
    }
  }

  #decode(assignment: Assignment, set: FetchedSet, unpacked?: Unpacked): FetchedBatch | null {
    try {
      const records = decodeRecordSet(set, unpacked)
      assignment.damaged = 0
      assignment.position = set.next
      return records === null ? null : this.#handOut(set, records)
    } catch (error) {
      return this.#takeBefore(assignment, set, error)
    }
  }

  /** What of a set lies before its damage; the rest is fetched again. */
  #takeBefore(assignment: Assignment, set: FetchedSet, damage: unknown): FetchedBatch | null {
    const whole = set.bytes.subarray(0, damage instanceof DamagedBatch ? damage.start : 0)
    const end = endOf(whole)
    if (end === null || end.offset <= set.from) {
      this.#onDamaged(assignment, set, damage)
      return null
    }
    const before = { ...set, bytes: whole, next: end.offset, leaderEpoch: end.leaderEpoch }
    try {
      const records = decodeRecordSet(before)
      this.#onDamaged(assignment, { ...set, from: end.offset, fromEpoch: end.leaderEpoch }, damage)
      assignment.position = end.offset
      return records === null ? null : this.#handOut(before, records)
    } catch (error) {
      // Checksums are looked at before anything is decoded: damage of another kind may lie before it.
      return this.#takeBefore(assignment, before, error)
    }
  }

  #handOut(set: FetchedSet, records: DecodedRecords): FetchedBatch {
    this.#heldBytes += records.bytes.length
    return new FetchedBatch(set, records, (sizeBytes) => {
      const wasFull = this.#heldBytes >= this.#heldBytesMax
      this.#heldBytes -= sizeBytes
      if (wasFull) this.#wake()
    })
  }

  #onDamaged(assignment: Assignment, set: FetchedSet, cause: unknown): void {
    assignment.damaged++
    const problem = new KafkaError(
      'CORRUPT_RECORD',
      `${keyOf(set)} at offset ${set.from}`,
      messageOf(cause),
      cause,
    )
    this.#fetcher.retake(set, problem)
    if (assignment.damaged % damagedTriesMax === 0) this.#fail(keyOf(set), problem)
  }

  /** An offset is gone: fails, or finds where the policy says to go on. Never rejects. */
  async #goOn(at: TopicPartition, from: bigint, because: Gap['because']): Promise<void> {
    const assignment = this.#assignments.get(keyOf(at))
    if (assignment === undefined) return
    const policy = this.#options.onOutOfRange ?? 'fail'
    if (policy === 'fail') {
      this.#fail(keyOf(at), new KafkaError('OFFSET_OUT_OF_RANGE', keyOf(at), `${because}: ${from}`))
      return
    }
    for (let attempt = 1; this.#isCurrent(assignment); attempt++) {
      try {
        const topic = await this.#topicOf(at.topic)
        const offsets = await this.#offsetsOf(topic, new Map([[at.partition, policy]]))
        if (this.#isCurrent(assignment))
          this.#continueAt(at, from, offsets.get(at.partition) ?? beginning, because)
        return
      } catch (error) {
        if (!this.#isCurrent(assignment)) return
        if (!isKafkaError(error) || error.advice !== 'retry') {
          this.#fail(keyOf(at), error)
          return
        }
        this.#onTrouble(error)
        await this.#clock.sleep(backoffMs(backoff, attempt, this.#random), this.#closing.signal)
      }
    }
  }

  #onCutOff(at: TopicPartition, from: bigint, to: LogPosition): void {
    const because = 'the log was cut off'
    if ((this.#options.onOutOfRange ?? 'fail') !== 'fail') this.#continueAt(at, from, to, because)
    else {
      const problem = `${because} at ${to.offset}, and records up to ${from} were read`
      this.#fail(keyOf(at), new KafkaError('OFFSET_OUT_OF_RANGE', keyOf(at), problem))
    }
  }

  #continueAt(at: TopicPartition, from: bigint, to: LogPosition, because: Gap['because']): void {
    const gap = { topic: at.topic, partition: at.partition, from, to: to.offset, because }
    this.#call(() => this.#options.onGap?.(gap))
    this.#fetcher.continueAt(at, to.offset, to.leaderEpoch)
  }

  #onRemade(topic: TopicMetadata): void {
    for (const assignment of this.#assignmentsOf({ topic: topic.name })) {
      const from = this.#fetcher.progressOf(assignment)?.offset
      if (from !== undefined) void this.#goOn(assignment, from, 'the topic was made anew')
    }
  }

  #onTrouble(problem: unknown): void {
    if (isKafkaError(problem)) {
      this.#isTroubled = true
      this.#call(() => this.#options.onTrouble?.(problem))
      if (problem.advice === 'give_up') this.#fail(problem.about, problem)
    } else if (problem === null && this.#isTroubled) {
      this.#isTroubled = false
      this.#call(() => this.#options.onTrouble?.(null))
    }
  }

  #call(callback: () => void): void {
    try {
      callback()
    } catch (error) {
      this.#fail('a callback', error)
    }
  }

  #fail(about: string, problem: unknown): void {
    this.#failures.set(about, problem)
    this.#wake()
  }

  async #topicOf(name: string): Promise<TopicMetadata> {
    const topic = await patiently(this.#clock, () => this.#cluster.existingTopic(name))
    if (this.#fetcher.topicOf(name) === undefined) this.#fetcher.learn(topic)
    return topic
  }

  #offsetsOf(
    topic: TopicMetadata,
    starts: ReadonlyMap<number, StartAt>,
  ): Promise<ReadonlyMap<number, LogPosition>> {
    let isFirst = true
    return patiently(this.#clock, async () => {
      const now = isFirst ? topic : await this.#cluster.existingTopic(topic.name)
      isFirst = false
      return await startOffsetsOfEach(this.#cluster, now, starts, this.#isCommittedOnly)
    })
  }

  #assignmentsOf({ topic, partitions }: Target): Assignment[] {
    return [...this.#assignments.values()].filter(
      (each) => each.topic === topic && (partitions?.includes(each.partition) ?? true),
    )
  }

  #isCurrent(assignment: Assignment): boolean {
    return this.#assignments.get(keyOf(assignment)) === assignment
  }

  #throwIfClosed(): void {
    if (this.#isClosed) throw new KafkaError('CLOSED', 'the consumer', 'it was used after its end')
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
  }

  async #untilWoken(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.add(resolve)
    const onAbort = (): void => resolve()
    signal?.addEventListener('abort', onAbort, { once: true })
    await promise
    signal?.removeEventListener('abort', onAbort)
    this.#waiting.delete(resolve)
  }
}

const startsOf = (
  partitions: readonly number[],
  start: StartAt | ReadonlyMap<number, StartAt>,
): ReadonlyMap<number, StartAt> =>
  typeof start === 'object' && 'get' in start
    ? start
    : new Map(partitions.map((partition) => [partition, start]))

/** @throws KafkaError UNKNOWN_TOPIC for a partition that is not there */
const partitionsOf = (topic: TopicMetadata, target: Target): readonly number[] => {
  const all = topic.partitions.map(({ partition }) => partition)
  const missing = target.partitions?.find((partition) => !all.includes(partition))
  if (missing !== undefined) {
    throw new KafkaError('UNKNOWN_TOPIC', `${topic.name}/${missing}`, 'there is no such partition')
  }
  return target.partitions ?? all
}
