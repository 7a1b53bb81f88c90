/**
 * Reads topics as a member of a consumer group: partitions come and go, and what was done of them is committed.
 *
 * - A batch counts as done when the next one is asked for (in a `for await` loop), or when `done` says so; only what is done
 *   is committed. So records come at least once: again after a crash, never skipped.
 * - A partition that the group takes back goes when its batches in flight are done and committed, for at most `releaseMs`.
 * - A partition that is lost (the group went on without this member) is told apart: nothing of it may be committed.
 * - Heartbeats go on beside the work, however long it takes, as long as the event loop turns.
 * - What a callback throws, `next` throws; the membership goes on as if it had returned.
 */
import { randomUUID } from 'node:crypto'
import type { KafkaCluster } from '../cluster/cluster.ts'
import type { StartAt } from '../cluster/start-offsets.ts'
import { Consumer } from '../consumer/consumer.ts'
import type { Gap } from '../consumer/consumer-options.ts'
import type { FetchedBatch } from '../consumer/fetched-batch.ts'
import { isKafkaError, KafkaError, messageOf } from '../errors/kafka-error.ts'
import { backoffMs } from '../support/backoff.ts'
import type { Clock } from '../support/clock.ts'
import type { Random } from '../support/random.ts'
import { ClassicMember } from './classic-member.ts'
import { ConsumerMember } from './consumer-member.ts'
import type { CommittedOffset, GroupIdentity, GroupListener, Membership, OffsetToCommit } from './group.ts'
import { type GroupConsumerOptions, presets } from './group-consumer-options.ts'
import { committedOffsets } from './offsets.ts'
import type { Partitions } from './partitions.ts'
import { WorkInFlight } from './work-in-flight.ts'

export interface PartitionLag {
  readonly topic: string
  readonly partition: number
  /** Records that are not done yet; null until the end is known. */
  readonly records: bigint | null
}

const topicCheckMs = 30_000
const backoff = { firstMs: 100, mostMs: 5_000 }

interface Held {
  readonly topic: string
  readonly partition: number
  /** null until it is known where the group stands. */
  work: WorkInFlight | null
  committed: bigint | null
  /** Also while it is not known where it is read from. */
  isPaused: boolean
}

interface InFlight {
  readonly held: Held
  readonly firstOffset: bigint
  readonly ending: ReturnType<WorkInFlight['take']>
}

const keyOf = (topic: string, partition: number): string => `${topic}/${partition}`

export class GroupConsumer implements AsyncDisposable, AsyncIterable<FetchedBatch> {
  readonly #cluster: KafkaCluster
  readonly #options: GroupConsumerOptions
  readonly #clock: Clock
  readonly #random: Random
  readonly #consumer: Consumer
  readonly #membership: Membership
  readonly #held = new Map<string, Held>()
  readonly #inFlight = new WeakMap<FetchedBatch, InFlight>()
  readonly #closing = new AbortController()
  /** Aborted with what `next` is to throw. */
  #failing = new AbortController()
  readonly #background: readonly Promise<void>[]
  #disposal: Promise<void> | null = null

  /** @param cluster the consumer's own: it is ended with it */
  constructor(cluster: KafkaCluster, options: GroupConsumerOptions, clock: Clock, random: Random) {
    this.#cluster = cluster
    this.#options = options
    this.#clock = clock
    this.#random = random
    this.#consumer = new Consumer(
      cluster,
      {
        ...options,
        onTrouble: (problem) => this.#call(() => options.onTrouble?.(problem)),
        onGap: (gap) => this.#onGap(gap),
      },
      clock,
      random,
    )
    this.#membership = this.#newMembership()
    this.#background = [this.#membership.run(), this.#commitNowAndThen()]
  }

  /** What the member is to its coordinator: for transactions that commit its offsets. */
  get identity(): GroupIdentity {
    return this.#membership.identity
  }

  /** Partitions that the group gave to this member. */
  get assigned(): Partitions {
    return this.#membership.held
  }

  /**
   * The next batch; waits until there is one. Whoever takes it says `done` when its records are.
   * @throws KafkaError what waiting does not mend; CLOSED; the reason of the signal
   */
  async next(signal?: AbortSignal): Promise<FetchedBatch> {
    for (;;) {
      const failing = this.#failing.signal
      const signals = signal === undefined ? [failing] : [failing, signal]
      const batch = await this.#consumer.next(AbortSignal.any(signals)).catch((error: unknown) => {
        // Told once: whoever reads on reads on.
        if (failing.aborted) this.#failing = new AbortController()
        throw error
      })
      const held = this.#held.get(keyOf(batch.topic, batch.partition))
      const work = held?.work ?? null
      if (held !== undefined && work !== null) {
        const ending = work.take(batch.nextOffset, batch.leaderEpoch)
        this.#inFlight.set(batch, { held, firstOffset: batch.firstOffset, ending })
        return batch
      }
      batch.release()
    }
  }

  /** The records of a batch are done: it is released, and committed with all before it. */
  done(batch: FetchedBatch): void {
    this.#inFlight.get(batch)?.ending.done()
    batch.release()
  }

  /** The records of a batch are not done, and it is read again. */
  abandon(batch: FetchedBatch): void {
    const inFlight = this.#inFlight.get(batch)
    if (inFlight === undefined) return
    const { held, firstOffset, ending } = inFlight
    batch.release()
    // It is done already, or reading went on elsewhere since: there is nothing to go back to.
    if (!ending.abandon()) return
    if (!this.#isHeld(held) || this.#closing.signal.aborted) return
    // At once: nothing that follows it may be handed out before it.
    this.#consumer.unassign({ topic: held.topic, partitions: [held.partition] })
    void this.#readAgain(held, firstOffset)
  }

  /**
   * Batch after batch until the consumer is closed; each is done when the next one is asked for. One at which the loop is
   * left early, or by an error, is not: it comes again.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<FetchedBatch, void, undefined> {
    while (!this.#closing.signal.aborted) {
      const batch = await this.#nextUnlessClosed()
      if (batch === null) return
      let isDone = false
      try {
        yield batch
        isDone = true
      } finally {
        if (isDone) this.done(batch)
        else this.abandon(batch)
      }
    }
  }

  /** Goes on elsewhere with partitions of this member; what is in flight of them no longer counts. @throws KafkaError */
  async seek(topic: string, partitions: readonly number[], start: StartAt): Promise<void> {
    await this.#consumer.seek({ topic, partitions }, start)
    for (const partition of partitions) {
      const position = this.#positionOf(topic, partition)
      if (position !== null) this.#held.get(keyOf(topic, partition))?.work?.moveTo(position)
    }
  }

  /** Gives no more batches of these until they are resumed. */
  pause(topic: string, partitions?: readonly number[]): void {
    this.#setPaused(topic, partitions, true)
    this.#consumer.pause({ topic, ...(partitions === undefined ? {} : { partitions }) })
  }

  resume(topic: string, partitions?: readonly number[]): void {
    this.#setPaused(topic, partitions, false)
    this.#consumer.resume({ topic, ...(partitions === undefined ? {} : { partitions }) })
  }

  /**
   * Commits what is done now, or these offsets (of the next records to be read).
   * @throws KafkaError MEMBERSHIP_LOST where the group went on without this member
   */
  async commit(offsets?: readonly OffsetToCommit[]): Promise<void> {
    if (offsets === undefined) await this.#commitDone([...this.#held.values()])
    else await this.#membership.commit(offsets)
  }

  /** What the group has committed; partitions without an offset are left out. @throws KafkaError */
  async committed(partitions: Partitions): Promise<readonly CommittedOffset[]> {
    return await committedOffsets(this.#cluster, this.#options.group, partitions, false)
  }

  /** How many records of this member's partitions are not done yet. */
  lag(): readonly PartitionLag[] {
    const ends = new Map(
      this.#consumer.assigned.map(({ topic, partition, end }) => [keyOf(topic, partition), end]),
    )
    return Array.from(this.#held.values(), ({ topic, partition, work }) => {
      const end = ends.get(keyOf(topic, partition)) ?? null
      const done = work?.done ?? null
      const isKnown = end !== null && done !== null
      return { topic, partition, records: isKnown ? (end > done ? end - done : 0n) : null }
    })
  }

  /** Takes nothing more, waits for what is in flight (for at most `releaseMs`), commits what is done, leaves the group. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#end()
    return this.#disposal
  }

  async #end(): Promise<void> {
    this.#closing.abort()
    this.#failing.abort(new KafkaError('CLOSED', 'the consumer', 'it was used after its end'))
    const held = [...this.#held.values()]
    await this.#finish(held)
    await this.#commitDone(held).catch(() => undefined)
    await this.#membership.close()
    await this.#consumer[Symbol.asyncDispose]()
    await Promise.allSettled(this.#background)
  }

  #newMembership(): Membership {
    const options = this.#options
    const shared = {
      group: options.group,
      topics: options.topics,
      instanceId: options.instanceId ?? null,
      rackId: options.rackId ?? null,
      rebalanceTimeoutMs: options.rebalanceTimeoutMs ?? presets.rebalanceTimeoutMs,
      releaseMs: options.releaseMs ?? presets.releaseMs,
      topicCheckMs,
    }
    const listener: GroupListener = {
      assigned: (added, generation) => this.#onAssigned(added, generation),
      revoking: (partitions) => this.#onRevoking(partitions),
      lost: (partitions) => this.#onLost(partitions),
      trouble: (problem) => this.#trouble(problem),
    }
    if (options.protocol === 'consumer') {
      const serverAssignor = options.serverAssignor ?? null
      const own = { ...shared, serverAssignor }
      return new ConsumerMember(this.#cluster, own, randomUUID(), listener, this.#clock, this.#random)
    }
    const classic = {
      ...shared,
      assignors: options.assignors ?? ['cooperative-sticky' as const],
      sessionTimeoutMs: options.sessionTimeoutMs ?? presets.sessionTimeoutMs,
      heartbeatMs: options.heartbeatMs ?? presets.heartbeatMs,
    }
    return new ClassicMember(this.#cluster, classic, listener, this.#clock, this.#random)
  }

  #onAssigned(added: Partitions, generation: number): void {
    for (const [topic, partitions] of added) {
      for (const partition of partitions) {
        const held = { topic, partition, work: null, committed: null, isPaused: false }
        this.#held.set(keyOf(topic, partition), held)
      }
    }
    this.#call(() => this.#options.onAssigned?.(added, generation))
    // Each topic by itself: one that is gone meanwhile keeps no other waiting.
    const byTopic = Map.groupBy(this.#heldOf(added), ({ topic }) => topic)
    for (const [topic, held] of byTopic) void this.#startReading(topic, held)
  }

  #onGap(gap: Gap): void {
    // What was done before does not count where reading goes on: it may be an offset of a log that is no more.
    this.#held.get(keyOf(gap.topic, gap.partition))?.work?.moveTo(gap.to)
    this.#call(() => this.#options.onGap?.(gap))
  }

  /** Finds where the group stands, and reads on from there; tries until it can. Never rejects. */
  async #startReading(topic: string, wanted: readonly Held[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const rest = wanted.filter((held) => this.#isHeld(held) && held.work === null)
      if (rest.length === 0 || this.#closing.signal.aborted) return
      try {
        await this.#startAll(topic, rest)
      } catch (error) {
        this.#trouble(error)
        await this.#clock.sleep(backoffMs(backoff, attempt, this.#random), this.#closing.signal)
      }
    }
  }

  /** Never rejects. */
  async #readAgain(held: Held, offset: bigint): Promise<void> {
    const { topic, partition } = held
    for (let attempt = 1; this.#isHeld(held) && !this.#closing.signal.aborted; attempt++) {
      try {
        await this.#consumer.assign({ topic, partitions: [partition] }, { offset })
        this.#afterAssign(held)
        return
      } catch (error) {
        this.#trouble(error)
        await this.#clock.sleep(backoffMs(backoff, attempt, this.#random), this.#closing.signal)
      }
    }
  }

  /** @param wanted partitions of one topic, none of which is read yet */
  async #startAll(topic: string, wanted: readonly Held[]): Promise<void> {
    const partitions = wanted.map(({ partition }) => partition)
    const asked = new Map([[topic, partitions]])
    const committed = await committedOffsets(this.#cluster, this.#options.group, asked, true)
    const found = new Map(committed.map((each) => [each.partition, each]))
    const starts = new Map<number, StartAt>()
    const begun = wanted.filter((held) => this.#isHeld(held))
    for (const held of begun) {
      const position = found.get(held.partition)
      starts.set(held.partition, position ?? this.#options.start ?? 'earliest')
      held.committed = position?.offset ?? null
      held.work = new WorkInFlight(held.committed)
    }
    try {
      await this.#consumer.assign({ topic, partitions: begun.map(({ partition }) => partition) }, starts)
    } catch (error) {
      for (const held of begun) held.work = null
      throw error
    }
    const positions = new Map(
      this.#consumer.assigned.map((each) => [keyOf(each.topic, each.partition), each.position]),
    )
    for (const held of begun) {
      // Whoever takes over goes on here, not where the preset lies by then.
      const began = positions.get(keyOf(topic, held.partition)) ?? null
      if (held.work?.done === null && held.work.count === 0 && began !== null) held.work.moveTo(began)
      this.#afterAssign(held)
    }
  }

  /** It may have been given back, or paused, while it was looked where it begins. */
  #afterAssign(held: Held): void {
    const target = { topic: held.topic, partitions: [held.partition] }
    const current = this.#held.get(keyOf(held.topic, held.partition))
    // It may have come back meanwhile: then it is read for whoever holds it now.
    if (current === undefined) this.#consumer.unassign(target)
    else if (current.isPaused) this.#consumer.pause(target)
  }

  async #onRevoking(partitions: Partitions): Promise<void> {
    const held = this.#heldOf(partitions)
    await this.#finish(held)
    try {
      await this.#options.onRevoked?.(partitions)
    } catch (error) {
      this.#failing.abort(error)
    }
    await this.#commitDone(held).catch((error: unknown) => this.#trouble(error))
    this.#drop(held)
  }

  #onLost(partitions: Partitions): void {
    const held = this.#heldOf(partitions)
    this.#drop(held)
    // Whoever waits for them waits in vain.
    for (const { work } of held) work?.moveTo(work.done ?? 0n)
    this.#call(() => this.#options.onLost?.(partitions))
  }

  /** Hands nothing more of them out, and waits for what was. */
  async #finish(held: readonly Held[]): Promise<void> {
    for (const { topic, partition } of held) this.#consumer.unassign({ topic, partitions: [partition] })
    const late = new AbortController()
    await Promise.race([
      Promise.all(held.map(({ work }) => work?.idle() ?? Promise.resolve())),
      this.#clock.sleep(this.#options.releaseMs ?? presets.releaseMs, late.signal),
    ])
    late.abort()
  }

  #drop(held: readonly Held[]): void {
    for (const each of held) {
      const { topic, partition } = each
      if (!this.#isHeld(each)) continue
      this.#consumer.unassign({ topic, partitions: [partition] })
      this.#held.delete(keyOf(topic, partition))
    }
  }

  /** Of what is (still) this member's: of anything else the group knows better. */
  async #commitDone(held: readonly Held[]): Promise<void> {
    const news = held.flatMap((each) => {
      const offset = this.#isHeld(each) ? (each.work?.done ?? null) : null
      const leaderEpoch = each.work?.doneEpoch ?? -1
      return offset === null || offset === each.committed ? [] : [{ each, offset, leaderEpoch }]
    })
    if (news.length === 0) return
    await this.#membership.commit(
      news.map(({ each: { topic, partition }, offset, leaderEpoch }) => ({
        topic,
        partition,
        offset,
        leaderEpoch,
      })),
    )
    for (const { each, offset } of news) each.committed = offset
  }

  async #commitNowAndThen(): Promise<void> {
    const { commitEveryMs = presets.commitEveryMs } = this.#options
    const signal = this.#closing.signal
    while (commitEveryMs !== null && !signal.aborted) {
      await this.#clock.sleep(commitEveryMs, signal)
      if (signal.aborted) return
      await this.#commitDone([...this.#held.values()]).catch((error: unknown) => this.#trouble(error))
    }
  }

  #trouble(problem: unknown): void {
    if (this.#closing.signal.aborted) return
    const told =
      problem === null || isKafkaError(problem)
        ? problem
        : new KafkaError('BROKER_NOT_READY', `group ${this.#options.group}`, messageOf(problem), problem)
    this.#call(() => this.#options.onTrouble?.(told))
    if (told?.advice === 'give_up') this.#failing.abort(told)
  }

  #call(callback: () => void): void {
    try {
      callback()
    } catch (error) {
      this.#failing.abort(error)
    }
  }

  #setPaused(topic: string, partitions: readonly number[] | undefined, isPaused: boolean): void {
    for (const held of this.#held.values()) {
      if (held.topic === topic && (partitions?.includes(held.partition) ?? true)) held.isPaused = isPaused
    }
  }

  async #nextUnlessClosed(): Promise<FetchedBatch | null> {
    try {
      return await this.next()
    } catch (error) {
      if (this.#closing.signal.aborted) return null
      throw error
    }
  }

  #heldOf(partitions: Partitions): readonly Held[] {
    return [...partitions].flatMap(([topic, numbers]) =>
      numbers.flatMap((partition) => this.#held.get(keyOf(topic, partition)) ?? []),
    )
  }

  #positionOf(topic: string, partition: number): bigint | null {
    const found = this.#consumer.assigned.find((each) => each.topic === topic && each.partition === partition)
    return found?.position ?? null
  }

  #isHeld(held: Held): boolean {
    return this.#held.get(keyOf(held.topic, held.partition)) === held
  }
}
