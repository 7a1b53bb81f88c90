/**
 * The Kafka source: partitions of a topic, shared by a consumer group, read ahead by fetches of our own.
 *
 * - Survives brokers that go and come back: everything is tried again with back-off; trouble that lasts is told, and
 *   reading goes on as soon as it can.
 * - A position that is gone is never skipped silently: `on_gap` decides, and the log says what was lost.
 * - Partitions the group wants back are given up when the engine released them, before the member rejoins.
 */
import {
  decodeRecordSet,
  type FetchedSet,
  Fetcher,
  type KafkaCluster,
  type Membership,
  type TopicMetadata,
  TopicOffsets,
} from 'sluice-kafka-client/parts'
import type { OpenContext } from '../../flow/connector.ts'
import type { RecordBatch } from '../../flow/record-batch.ts'
import type { LaneLag, Settlement, SourceEvent, SourceSession } from '../../flow/source.ts'
import { backoffMs } from '../../kernel/backoff.ts'
import { type Fault, fault, messageOf } from '../../kernel/faults/index.ts'
import { checkedOptions, optionInvalid } from '../options.ts'
import { faultOf } from './client/faults.ts'
import { openCluster } from './client/open-cluster.ts'
import { toRecordBatch } from './client/record-batch.ts'
import { kafkaSourceOptions } from './definition.ts'
import { commitPartitions, groupSession } from './group-session.ts'
import { type Lane, lagOf } from './lane.ts'
import {
  formatPosition,
  type KafkaPosition,
  laneOf,
  lanesOf,
  parsePosition,
  partitionOf,
} from './position.ts'
import { damagedTriesMax, fetchOptionsOf, groupOptionsOf, type SourceOptions } from './source-settings.ts'
import { chooseStart, judgePosition } from './start-offset.ts'
import { Troubles } from './troubles.ts'

const backoff = { firstMs: 100, mostMs: 5_000 }
/** `next` says `idle` after so long. */
const idleAfterMs = 1_000
/** Trouble is told when it has lasted so long. */
const troubleToldAfterMs = 10_000
const commitEveryMs = 1_000
const tellOnCloseMs = 2_000
/** How long what is known of a partition's end counts. */
const endStaleMs = 5_000

class KafkaSource implements SourceSession {
  readonly #options: SourceOptions
  readonly #context: OpenContext
  readonly #cluster: KafkaCluster
  readonly #member: Membership
  readonly #lanes = new Map<number, Lane>()
  /** Lanes that are read no more and not released yet. */
  readonly #stopped = new Map<number, Lane>()
  readonly #events: SourceEvent[] = []
  readonly #closing = new AbortController()
  readonly #background = new Set<Promise<void>>()
  readonly #offsets: TopicOffsets
  readonly #troubles: Troubles
  readonly #at = (partition: number) => ({ topic: this.#options.topic, partition })
  #fetcher: Fetcher | null = null
  #wake: (() => void) | null = null
  #failure: Fault | null = null
  #revocation: { readonly waiting: Set<number>; readonly done: () => void } | null = null
  #damagedTries = 0
  /** Partitions that were there when reading began: every record of a later one is newer than `latest` was then. */
  #partitionsAtFirst: number | null = null

  constructor(options: SourceOptions, context: OpenContext) {
    // Wrong options are told when it is opened.
    fetchOptionsOf(options)
    this.#options = options
    this.#context = context
    this.#cluster = openCluster(context.kafka)
    this.#member = groupSession(
      this.#cluster,
      options.topic,
      groupOptionsOf(options, context),
      {
        assigned: (partitions, generation) => this.#onAssigned(partitions, generation),
        revoking: (partitions) => this.#onRevoking(partitions),
        lost: (partitions) => this.#onLost(partitions),
        trouble: (problem) => this.#troubles.set('group', problem),
      },
      context.clock,
      context.random,
    )
    this.#offsets = new TopicOffsets(this.#cluster, options.topic, options.isolation === 'read_committed')
    this.#troubles = new Troubles(troubleToldAfterMs, context.clock, context.logger)
    this.#inBackground(this.#run())
    this.#inBackground(this.#commitNowAndThen())
  }

  async lanes(): Promise<readonly string[]> {
    const topic = await this.#cluster.topic(this.#options.topic)
    const partitions = (topic?.partitions ?? []).map(({ partition }) => partition)
    return lanesOf(this.#options.topic, partitions)
  }

  async start(lane: string, position: string | null): Promise<void> {
    const partition = this.#partitionOf(lane)
    const wanted = position === null ? null : parsePosition(position)
    if (wanted === undefined) {
      throw optionInvalid('kafka', 'position', `'${position}' of lane ${lane} is none that this Sluice knows`)
    }
    const state: Lane = {
      name: lane,
      partition,
      settled: wanted?.offset ?? null,
      told: wanted?.offset ?? null,
      isPaused: false,
      alive: new Map(),
    }
    this.#stopped.delete(partition)
    this.#lanes.set(partition, state)
    this.#inBackground(this.#startReading(state, wanted))
    await Promise.resolve()
  }

  async stop(lane: string): Promise<void> {
    const partition = this.#partitionOf(lane)
    this.#fetcher?.stop(this.#at(partition))
    const state = this.#lanes.get(partition)
    // What is in flight is still settled, and told to the group when the lane is released.
    if (state !== undefined) this.#stopped.set(partition, state)
    this.#lanes.delete(partition)
    await Promise.resolve()
  }

  async next(signal: AbortSignal): Promise<SourceEvent> {
    const deadlineMs = this.#context.clock.now() + idleAfterMs
    for (;;) {
      signal.throwIfAborted()
      this.#throwFailure()
      const event = this.#events.shift() ?? this.#nextBatch()
      if (event !== undefined) return event
      const remainingMs = deadlineMs - this.#context.clock.now()
      if (remainingMs <= 0) return { kind: 'idle' }
      await this.#sleepUntilWoken(remainingMs, signal)
    }
  }

  pause(lane: string): void {
    const partition = this.#partitionOf(lane)
    const state = this.#lanes.get(partition)
    if (state !== undefined) state.isPaused = true
    this.#fetcher?.pause(this.#at(partition))
  }

  resume(lane: string): void {
    const partition = this.#partitionOf(lane)
    const state = this.#lanes.get(partition)
    if (state !== undefined) state.isPaused = false
    this.#fetcher?.resume(this.#at(partition))
  }

  async release(lanes: readonly string[]): Promise<void> {
    const partitions = lanes.map((lane) => this.#partitionOf(lane))
    await this.#tellGroup(partitions)
    for (const partition of partitions) {
      this.#fetcher?.stop(this.#at(partition))
      this.#lanes.delete(partition)
      this.#stopped.delete(partition)
      this.#revocation?.waiting.delete(partition)
    }
    if (this.#revocation?.waiting.size === 0) this.#revocation.done()
  }

  async settle({ batch }: Settlement): Promise<void> {
    const partition = partitionOf(batch.origin.lane)
    const lane = partition === undefined ? undefined : this.#laneOf(partition)
    const position = parsePosition(batch.origin.next)
    if (lane === undefined || position === undefined || !lane.alive.delete(batch)) return
    lane.settled = position.offset
    await Promise.resolve()
  }

  abandon(batch: RecordBatch): void {
    const partition = partitionOf(batch.origin.lane)
    if (partition !== undefined) this.#laneOf(partition)?.alive.delete(batch)
  }

  async lag(): Promise<readonly LaneLag[]> {
    const now = this.#context.clock.now()
    const lanes = [...this.#lanes.values()]
    const stale = lanes.filter((lane) => {
      const progress = this.#fetcher?.progressOf(this.#at(lane.partition))
      return progress === undefined || progress.end === null || now - progress.endSeenMs > endStaleMs
    })
    const fresh = await this.#offsets.ends(stale.map((lane) => lane.partition))
    return lanes.flatMap((lane) => {
      const progress = this.#fetcher?.progressOf(this.#at(lane.partition))
      return lagOf(lane, progress?.offset, fresh.get(lane.partition) ?? progress?.end ?? null, now) ?? []
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const told = new AbortController()
    const telling = this.#tellGroup([...this.#lanes.keys()]).then(() => told.abort())
    // A hint is not worth waiting for when nobody answers.
    await Promise.race([telling, this.#context.clock.sleep(tellOnCloseMs, told.signal)])
    this.#closing.abort()
    this.#revocation?.done()
    this.#fetcher?.close()
    await this.#member.close()
    this.#cluster[Symbol.dispose]()
    await Promise.allSettled(this.#background)
  }

  async #run(): Promise<void> {
    const topic = await this.#awaitTopic()
    if (topic === undefined) return
    const context = this.#context
    const fetcher = new Fetcher(
      this.#cluster,
      fetchOptionsOf(this.#options),
      {
        ready: () => this.#wake?.(),
        outOfRange: ({ partition }, offset) => this.#onGap(partition, offset),
        cutOff: ({ partition }, from, end) => this.#onGap(partition, from, end.offset),
        remade: (remade, formerId) => this.#onRemade(remade, formerId),
        trouble: (problem) => this.#troubles.set('fetch', problem),
      },
      context.clock,
      context.random,
    )
    fetcher.learn(topic)
    this.#fetcher = fetcher
    await this.#member.run()
  }

  /** Waits for the topic, which may be in the making; undefined when the session was closed meanwhile. */
  async #awaitTopic(): Promise<TopicMetadata | undefined> {
    const { clock, random, logger } = this.#context
    const signal = this.#closing.signal
    let tellAt = clock.now() + troubleToldAfterMs
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        const topic = await this.#cluster.topic(this.#options.topic)
        this.#partitionsAtFirst ??= topic?.partitions.length ?? 0
        if (topic !== undefined) {
          this.#troubles.set('topic', null)
          return topic
        }
        if (tellAt < clock.now()) {
          tellAt = Number.POSITIVE_INFINITY
          logger.warn('the topic does not exist yet; waiting for it', { topic: this.#options.topic })
        }
        this.#troubles.set('topic', new Error(`there is no topic ${this.#options.topic}`))
      } catch (error) {
        this.#troubles.set('topic', error)
      }
      await clock.sleep(backoffMs(backoff, attempt, random), signal)
    }
    return undefined
  }

  #onAssigned(partitions: readonly number[], generation: number): void {
    this.#push({ kind: 'assigned', lanes: lanesOf(this.#options.topic, partitions), generation })
  }

  #onRevoking(partitions: readonly number[]): Promise<void> {
    // Nothing more of them is handed out; what the engine has, it ends and commits.
    for (const partition of partitions) this.#fetcher?.stop(this.#at(partition))
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#revocation = { waiting: new Set(partitions), done: resolve }
    if (partitions.length === 0) resolve()
    else this.#push({ kind: 'revoking', lanes: lanesOf(this.#options.topic, partitions) })
    return promise
  }

  #onLost(partitions: readonly number[]): void {
    for (const partition of partitions) {
      this.#fetcher?.stop(this.#at(partition))
      this.#lanes.delete(partition)
      this.#stopped.delete(partition)
    }
    if (partitions.length > 0) this.#push({ kind: 'lost', lanes: lanesOf(this.#options.topic, partitions) })
  }

  /** Finds the first offset and starts fetching; tries until it can, or the lane is stopped. Never rejects. */
  async #startReading(lane: Lane, wanted: KafkaPosition | null): Promise<void> {
    await this.#untilDone(lane, async () => {
      const offset =
        wanted === null ? await this.#firstOffset(lane.partition) : await this.#checked(lane, wanted)
      if (offset === null || this.#lanes.get(lane.partition) !== lane) return
      lane.settled = offset
      if (wanted === null && this.#options.start !== 'earliest') {
        const { topicId } = await this.#offsets.rangeOf(lane.partition)
        if (this.#lanes.get(lane.partition) !== lane) return
        this.#push({ kind: 'moved', lane: lane.name, position: formatPosition({ topicId, offset }) })
      }
      this.#fetcher?.start(this.#at(lane.partition), offset)
      if (lane.isPaused) this.#fetcher?.pause(this.#at(lane.partition))
    })
  }

  async #firstOffset(partition: number): Promise<bigint> {
    const { start } = this.#options
    const isNew = partition >= (this.#partitionsAtFirst ?? 0)
    const choice = chooseStart(start === 'latest' && isNew ? 'earliest' : start, partition)
    return typeof choice === 'bigint' ? choice : await this.#offsets.offsetOf(partition, choice)
  }

  /** The wanted offset where it is there, else what the policy says; null when that is to fail. */
  async #checked(lane: Lane, wanted: KafkaPosition, cutOffAt?: bigint): Promise<bigint | null> {
    const found = await this.#offsets.rangeOf(lane.partition)
    const range = { ...found, latest: cutOffAt ?? found.latest }
    const verdict = judgePosition(wanted, range, this.#options.on_gap)
    if (verdict.kind === 'fail') {
      this.#failure = fault('POSITION_GONE', {
        position: formatPosition(wanted),
        lane: lane.name,
        oldest: formatPosition({ topicId: range.topicId, offset: range.earliest }),
      })
      this.#wake?.()
      return null
    }
    if (verdict.problem !== null) {
      this.#context.logger.warn('a position is gone; reading goes on elsewhere', {
        lane: lane.name,
        position: formatPosition(wanted),
        next: formatPosition({ topicId: range.topicId, offset: verdict.offset }),
        because: verdict.problem,
      })
    }
    return verdict.offset
  }

  /** @param cutOffAt where the log ended when a new leader began: what was read beyond it is no longer there */
  #onGap(partition: number, offset: bigint, cutOffAt?: bigint): void {
    const topicId = this.#fetcher?.topicOf(this.#options.topic)?.id ?? ''
    this.#continueAfterGap(partition, { topicId, offset }, cutOffAt)
  }

  #onRemade(topic: TopicMetadata, formerId: string): void {
    this.#context.logger.warn('the topic was made anew', {
      topic: topic.name,
      former: formerId,
      now: topic.id,
    })
    for (const lane of this.#lanes.values()) {
      const offset = this.#fetcher?.progressOf(this.#at(lane.partition))?.offset
      if (offset !== undefined) this.#continueAfterGap(lane.partition, { topicId: formerId, offset })
    }
  }

  #continueAfterGap(partition: number, wanted: KafkaPosition, cutOffAt?: bigint): void {
    const lane = this.#lanes.get(partition)
    if (lane === undefined) return
    this.#inBackground(
      this.#untilDone(lane, async () => {
        const offset = await this.#checked(lane, wanted, cutOffAt)
        if (offset !== null && this.#lanes.get(partition) === lane)
          this.#fetcher?.continueAt(this.#at(partition), offset)
      }),
    )
  }

  /** Tries `work` until it does not fail, the lane is somebody else's, or the session closes. Never rejects. */
  async #untilDone(lane: Lane, work: () => Promise<void>): Promise<void> {
    const { clock, random } = this.#context
    const about = `lane ${lane.name}`
    for (let attempt = 1; !this.#closing.signal.aborted; attempt++) {
      if (this.#lanes.get(lane.partition) !== lane) break
      try {
        await work()
        break
      } catch (error) {
        this.#troubles.set(about, error)
        await clock.sleep(backoffMs(backoff, attempt, random), this.#closing.signal)
      }
    }
    this.#troubles.set(about, null)
  }

  #nextBatch(): SourceEvent | undefined {
    for (let set = this.#fetcher?.take(); set !== undefined; set = this.#fetcher?.take()) {
      const lane = this.#lanes.get(set.partition)
      const batch = lane === undefined ? null : this.#decode(set, lane)
      if (lane === undefined || batch === null) continue
      lane.alive.set(batch, batch.timeOf(0))
      return { kind: 'batch', batch }
    }
    return undefined
  }

  #decode(set: FetchedSet, lane: Lane): RecordBatch | null {
    try {
      const batch = toRecordBatch(decodeRecordSet(set), {
        pipeline: this.#context.pipeline,
        incarnation: set.topicId,
        lane: lane.name,
        stream: this.#options.topic,
        next: formatPosition({ topicId: set.topicId, offset: set.next }),
      })
      this.#damagedTries = 0
      // Nothing of it counts (control records, aborted ones): done as soon as all before it is.
      if (batch === null && lane.alive.size === 0) lane.settled = set.next
      return batch
    } catch (error) {
      // Damage on the way is mended by fetching again; damage in the log is told, and never skipped.
      this.#damagedTries++
      this.#context.logger.warn('a record set is damaged; fetching it again', {
        lane: lane.name,
        offset: String(set.from),
        problem: messageOf(error),
      })
      this.#fetcher?.retake(set, error)
      if (this.#damagedTries >= damagedTriesMax) this.#failure = this.#unavailable(error)
      return null
    }
  }

  #throwFailure(): void {
    const failure = this.#failure
    if (failure === null) return
    this.#failure = null
    throw failure
  }

  trouble(): Fault | null {
    const problem = this.#troubles.lasting()
    return problem === null ? null : this.#unavailable(problem)
  }

  #unavailable(problem: unknown): Fault {
    const source = `kafka topic ${this.#options.topic}`
    return faultOf(problem) ?? fault('SOURCE_UNAVAILABLE', { source, problem: messageOf(problem) }, problem)
  }

  async #commitNowAndThen(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted) {
      await this.#context.clock.sleep(commitEveryMs, signal)
      if (!signal.aborted) await this.#tellGroup([...this.#lanes.keys()])
    }
  }

  #laneOf(partition: number): Lane | undefined {
    return this.#lanes.get(partition) ?? this.#stopped.get(partition)
  }

  /** Commits what is settled to the group, a hint; failures are only logged. */
  async #tellGroup(partitions: readonly number[]): Promise<void> {
    const offsets = new Map<number, bigint>()
    for (const partition of partitions) {
      const lane = this.#laneOf(partition)
      if (lane === undefined || lane.settled === null || lane.settled === lane.told) continue
      offsets.set(partition, lane.settled)
    }
    if (offsets.size === 0) return
    try {
      await commitPartitions(this.#member, this.#options.topic, offsets)
      for (const [partition, offset] of offsets) {
        const lane = this.#lanes.get(partition)
        if (lane !== undefined) lane.told = offset
      }
    } catch (error) {
      this.#context.logger.debug('the group could not be told its offsets', { problem: messageOf(error) })
    }
  }

  /** `work` never rejects; the session waits for it when it closes. */
  #inBackground(work: Promise<void>): void {
    const kept = work.finally(() => this.#background.delete(kept))
    this.#background.add(kept)
  }

  #partitionOf(lane: string): number {
    const partition = partitionOf(lane)
    if (partition === undefined || lane !== laneOf(this.#options.topic, partition)) {
      throw fault('NOT_FOUND', { kind: 'lane', name: lane })
    }
    return partition
  }

  #push(event: SourceEvent): void {
    this.#events.push(event)
    this.#wake?.()
  }

  async #sleepUntilWoken(ms: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController()
    this.#wake = () => woken.abort()
    await this.#context.clock.sleep(ms, AbortSignal.any([signal, woken.signal]))
    this.#wake = null
  }
}

/** Opens a session; it connects and joins its group in the background. @throws fault OPTION_INVALID */
export const openKafkaSource = (options: unknown, context: OpenContext): Promise<SourceSession> => {
  const checked = checkedOptions(kafkaSourceOptions, options, 'kafka')
  return Promise.resolve(new KafkaSource(checked, context))
}
