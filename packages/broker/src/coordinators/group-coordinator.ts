/**
 * The group coordinator: holds groups and committed offsets, and does what the decisions say. It parks requests until
 * they can be answered, sleeps until the next deadline of each group, and stores before it answers.
 *
 * - A commit, and the assignment of a generation, are answered only after the log has them.
 * - Whoever is parked is answered in the end: by a decision, by a later request of the same member, or by `close`.
 */
import type { Clock } from '../log/clock.ts'
import type { CommittedOffset, Committer, OffsetKey } from './committed-offsets.ts'
import { CommittedOffsets, isExpired, mayCommit, offsetDeleteError } from './committed-offsets.ts'
import { applyDeadlines, nextDeadlineMs } from './group-deadlines.ts'
import type { Decision, GroupEffect, JoinAnswer, StoreIntent, SyncAnswer } from './group-decision.ts'
import { joinRefusal, syncRefusal } from './group-decision.ts'
import type { JoinRequest } from './group-join.ts'
import { join } from './group-join.ts'
import type { HeartbeatRequest, Leaver, SyncRequest } from './group-membership.ts'
import { afterStore, heartbeat, leave, sync } from './group-membership.ts'
import type { Group, GroupError, GroupLimits } from './group-state.ts'
import { emptyGroup } from './group-state.ts'
import type { StoredRecord } from './offsets-records.ts'
import { groupEndRecord, groupRecord, offsetRecord, readStoredRecord } from './offsets-records.ts'
import type { OffsetsStore } from './offsets-store.ts'
import { subscribedTopics } from './subscribed-topics.ts'

export interface GroupCoordinatorOptions {
  readonly clock: Clock
  /** Something unique, for member ids. */
  readonly uniquePart: () => string
  readonly limits: GroupLimits
  /** Whether a topic exists now: offsets of others are forgotten at start. */
  readonly topicExists: (topic: string) => boolean
  /** Says something to the operator: one line. */
  readonly report: (line: string) => void
}

/** One offset to commit. */
export interface OffsetToCommit {
  readonly topic: string
  readonly partition: number
  readonly committed: CommittedOffset
}

interface Entry {
  group: Group
  /** The record of the group that the store has now, for rewrites. */
  stored: StoredRecord | null
  readonly joins: Map<string, (answer: JoinAnswer) => void>
  readonly syncs: Map<string, (answer: SyncAnswer) => void>
  timer: { readonly atMs: number; readonly cancel: () => void } | null
}

export class GroupCoordinator {
  /** The bounds this coordinator keeps. */
  readonly limits: GroupLimits
  readonly #options: GroupCoordinatorOptions
  readonly #store: OffsetsStore
  readonly #groups = new Map<string, Entry>()
  readonly #offsets = new CommittedOffsets()
  /** Keys of commits that are not stored yet. */
  readonly #committing = new Set<readonly OffsetKey[]>()
  readonly #beingStored = new Set<Promise<GroupError>>()
  #cancelRetention: () => void = () => undefined
  #isAvailable = false

  /** `store` gets a function that names everything that must survive a rewrite. */
  constructor(options: GroupCoordinatorOptions, store: (live: () => Iterable<StoredRecord>) => OffsetsStore) {
    this.#options = options
    this.limits = options.limits
    this.#store = store(() => this.#liveRecords())
  }

  /**
   * Takes up groups and offsets from the store. Called once, before any request. A store that cannot be read leaves the
   * coordinator unavailable: an offset that is there but not known would send its group back to the beginning.
   */
  async load(): Promise<void> {
    const nowMs = this.#nowMs()
    try {
      await this.#store.replay((record) => this.#replay(record, nowMs))
    } catch (error) {
      return this.#options.report(
        `consumer groups are unavailable: ${error instanceof Error ? error.message : error}`,
      )
    }
    this.#isAvailable = true
    for (const groupId of this.#offsets.groupIds()) this.#entry(groupId)
    for (const entry of this.#groups.values()) this.#arm(entry)
    const topics = new Set([...this.#offsets.entries()].map(([key]) => key.topic))
    for (const topic of topics) if (!this.#options.topicExists(topic)) await this.topicDeleted(topic)
    this.#scheduleRetention()
  }

  /** Answers a JoinGroup, which may take as long as a rebalance does. */
  join(request: JoinRequest): Promise<JoinAnswer> {
    if (!this.#isAvailable) return Promise.resolve(joinRefusal(request.memberId, 'COORDINATOR_NOT_AVAILABLE'))
    const entry = this.#groups.get(request.groupId)
    const decision = join(entry?.group, request, {
      nowMs: this.#nowMs(),
      uniquePart: this.#options.uniquePart(),
      groupCount: this.#groups.size,
      limits: this.limits,
    })
    return this.#settle(
      request.groupId,
      decision,
      (into) => into.joins,
      (memberId) => joinRefusal(memberId, 'REBALANCE_IN_PROGRESS'),
    )
  }

  /** Answers a SyncGroup, which waits for the leader's. */
  sync(request: SyncRequest): Promise<SyncAnswer> {
    if (!this.#isAvailable) return Promise.resolve(syncRefusal('COORDINATOR_NOT_AVAILABLE'))
    const decision = sync(this.#groups.get(request.groupId)?.group, request, this.limits)
    return this.#settle(
      request.groupId,
      decision,
      (into) => into.syncs,
      () => syncRefusal('REBALANCE_IN_PROGRESS'),
    )
  }

  heartbeat(request: HeartbeatRequest): GroupError {
    if (!this.#isAvailable) return 'COORDINATOR_NOT_AVAILABLE'
    const entry = this.#groups.get(request.groupId)
    const { group, error } = heartbeat(entry?.group, request, this.#nowMs())
    if (entry !== undefined && group !== null) this.#change(entry, group)
    return error
  }

  leave(
    groupId: string,
    leavers: readonly Leaver[],
  ): { readonly error: GroupError; readonly errors: readonly GroupError[] } {
    if (!this.#isAvailable) return { error: 'COORDINATOR_NOT_AVAILABLE', errors: [] }
    const entry = this.#groups.get(groupId)
    const left = leave(entry?.group, groupId, leavers, this.#nowMs(), this.limits)
    if (entry !== undefined && left.group !== null) {
      this.#change(entry, left.group)
      this.#perform(entry, left.effects)
    }
    return { error: left.error, errors: left.errors }
  }

  /** Commits offsets together; answers when they are stored. What is wrong with single ones is the caller's to find. */
  async commit(committer: Committer, offsets: readonly OffsetToCommit[]): Promise<GroupError> {
    if (!this.#isAvailable) return 'COORDINATOR_NOT_AVAILABLE'
    const { groupId } = committer
    const allowed = mayCommit(this.#groups.get(groupId)?.group, committer, {
      nowMs: this.#nowMs(),
      groupCount: this.#groups.size,
      limits: this.limits,
    })
    if (allowed.error !== 'NONE' || allowed.group === null) return allowed.error
    const entry = this.#groups.get(groupId)
    if (entry !== undefined) this.#change(entry, allowed.group)
    if (offsets.length === 0) return 'NONE'
    const keys = offsets.map(({ topic, partition }) => ({ groupId, topic, partition }))
    const records = offsets.map(({ topic, partition, committed }) =>
      offsetRecord({ groupId, topic, partition }, committed),
    )
    this.#committing.add(keys)
    const error = await this.#append(records, () => {
      this.#entry(groupId)
      for (const { topic, partition, committed } of offsets)
        this.#offsets.set({ groupId, topic, partition }, committed)
    })
    this.#committing.delete(keys)
    return error
  }

  /** Whether groups can be asked about at all: not before `load`, nor after `close`. */
  get isAvailable(): boolean {
    return this.#isAvailable
  }

  /** What a group has committed, by topic and partition; empty when there is no such group. */
  committed(groupId: string): ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>> {
    return this.#offsets.ofGroup(groupId)
  }

  group(groupId: string): Group | undefined {
    return this.#groups.get(groupId)?.group
  }

  groups(): Group[] {
    return [...this.#groups.values()].map((entry) => entry.group)
  }

  /** Deletes an empty group with its offsets. */
  async deleteGroup(groupId: string): Promise<GroupError> {
    if (!this.#isAvailable) return 'COORDINATOR_NOT_AVAILABLE'
    const entry = this.#groups.get(groupId)
    if (entry === undefined) return 'GROUP_ID_NOT_FOUND'
    if (entry.group.phase !== 'Empty') return 'NON_EMPTY_GROUP'
    const keys = [...this.#offsets.entries(groupId)].map(([key]) => key)
    return this.#append([...keys.map((key) => offsetRecord(key, null)), groupEndRecord(groupId)], () => {
      for (const key of keys) this.#offsets.delete(key)
      this.#end(entry)
    })
  }

  /** Deletes single offsets of a group; `errors` are in the order of `keys`. */
  async deleteOffsets(
    groupId: string,
    keys: readonly { readonly topic: string; readonly partition: number }[],
  ): Promise<{ readonly error: GroupError; readonly errors: readonly GroupError[] }> {
    if (!this.#isAvailable) return { error: 'COORDINATOR_NOT_AVAILABLE', errors: [] }
    const group = this.#groups.get(groupId)?.group
    const error = offsetDeleteError(group)
    if (group === undefined || error !== 'NONE') return { error, errors: [] }
    const subscribed = subscribedTopics(group)
    // Whose subscriptions we cannot read may be reading anything.
    const isRead = (topic: string): boolean => subscribed === null || subscribed.has(topic)
    const errors = keys.map((key): GroupError => (isRead(key.topic) ? 'GROUP_SUBSCRIBED_TO_TOPIC' : 'NONE'))
    const gone = keys
      .filter((key) => !isRead(key.topic))
      .map((key) => ({ groupId, ...key }))
      .filter((key) => this.#offsets.get(key) !== undefined)
    return { error: await this.#forget(gone), errors }
  }

  /**
   * Forgets committed offsets of a topic that was deleted. Those known are gone when this returns, and those on their way
   * to the disk as soon as they get there; a commit that comes later is for a new topic of the same name and stays.
   */
  async topicDeleted(topic: string): Promise<void> {
    const known = [...this.#offsets.entries()].map(([key]) => key)
    const keys = [...known, ...[...this.#committing].flat()].filter((key) => key.topic === topic)
    const error = this.#forget(keys)
    for (const key of keys) this.#offsets.delete(key)
    if ((await error) === 'NONE') return
    this.#options.report(`committed offsets of deleted topic ${topic} stay stored: ${await error}`)
  }

  /** Ends timers, answers everybody who waits, and takes no more requests. What is being stored is still answered. */
  stop(): void {
    this.#isAvailable = false
    this.#cancelRetention()
    for (const entry of this.#groups.values()) {
      entry.timer?.cancel()
      entry.timer = null
      for (const [memberId, answer] of entry.joins) answer(joinRefusal(memberId, 'NOT_COORDINATOR'))
      for (const answer of entry.syncs.values()) answer(syncRefusal('NOT_COORDINATOR'))
      entry.joins.clear()
      entry.syncs.clear()
    }
  }

  /** Stops, and lets go of the offsets log. */
  async close(): Promise<void> {
    this.stop()
    await this.#store.close()
  }

  #nowMs(): number {
    return this.#options.clock.now()
  }

  /** The group of this name, made as one that only holds offsets when there is none. */
  #entry(groupId: string, group: Group = emptyGroup(groupId, this.#nowMs())): Entry {
    const known = this.#groups.get(groupId)
    if (known !== undefined) return known
    const entry: Entry = { group, stored: null, joins: new Map(), syncs: new Map(), timer: null }
    this.#groups.set(groupId, entry)
    return entry
  }

  #drop(entry: Entry): void {
    entry.timer?.cancel()
    entry.timer = null
    this.#groups.delete(entry.group.id)
  }

  #change(entry: Entry, group: Group): void {
    entry.group = group
    this.#arm(entry)
  }

  #settle<Answer>(
    groupId: string,
    decision: Decision<Answer>,
    waiters: (entry: Entry) => Map<string, (answer: Answer) => void>,
    superseded: (memberId: string) => Answer,
  ): Promise<Answer> {
    const { group, effects, reply } = decision
    if (group === null)
      return 'now' in reply ? Promise.resolve(reply.now) : Promise.reject(new Error('parked nowhere'))
    const entry = this.#entry(groupId, group)
    const answered =
      'now' in reply ? Promise.resolve(reply.now) : this.#park(waiters(entry), reply.parked, superseded)
    this.#change(entry, group)
    this.#perform(entry, effects)
    return answered
  }

  // A client that sends a request anew, most often on another connection, has given up the one before. That one is
  // answered too: a connection answers in order, so one request left open would hold back all behind it.
  #park<Answer>(
    waiters: Map<string, (answer: Answer) => void>,
    memberId: string,
    superseded: (memberId: string) => Answer,
  ): Promise<Answer> {
    waiters.get(memberId)?.(superseded(memberId))
    const { promise, resolve } = Promise.withResolvers<Answer>()
    waiters.set(memberId, resolve)
    return promise
  }

  #perform(entry: Entry, effects: readonly GroupEffect[]): void {
    for (const effect of effects) {
      switch (effect.kind) {
        case 'answer-join': {
          const answer = entry.joins.get(effect.memberId)
          entry.joins.delete(effect.memberId)
          answer?.(effect.answer)
          break
        }
        case 'answer-sync': {
          const answer = entry.syncs.get(effect.memberId)
          entry.syncs.delete(effect.memberId)
          answer?.(effect.answer)
          break
        }
        case 'store':
          this.#storeGroup(entry, effect.stored, effect.intent)
          break
      }
    }
  }

  #storeGroup(entry: Entry, stored: Group, intent: StoreIntent): void {
    const record = groupRecord(stored)
    this.#store.append([record], (error) => {
      if (error === 'NONE') entry.stored = record
      else this.#options.report(`group ${stored.id} could not be stored: ${error}`)
      if (!this.#isAvailable || this.#groups.get(stored.id) !== entry) return
      const told = storeErrorForMembers(error)
      const step = afterStore(entry.group, intent, told, this.#nowMs(), this.limits)
      this.#change(entry, step.group)
      this.#perform(entry, step.effects)
    })
  }

  #append(records: readonly StoredRecord[], apply: () => void): Promise<GroupError> {
    const { promise, resolve } = Promise.withResolvers<GroupError>()
    this.#beingStored.add(promise)
    this.#store.append(records, (error) => {
      if (error === 'NONE') apply()
      this.#beingStored.delete(promise)
      resolve(storeErrorForCommits(error))
    })
    return promise
  }

  async #forget(keys: readonly OffsetKey[]): Promise<GroupError> {
    if (keys.length === 0) return 'NONE'
    return this.#append(
      keys.map((key) => offsetRecord(key, null)),
      () => {
        for (const key of keys) this.#offsets.delete(key)
      },
    )
  }

  #arm(entry: Entry): void {
    if (!this.#isAvailable) return
    const nextMs = nextDeadlineMs(entry.group)
    // A timer that comes too early looks again and sleeps on: cheaper than a new one with every heartbeat.
    if (nextMs !== null && entry.timer !== null && entry.timer.atMs <= nextMs) return
    entry.timer?.cancel()
    entry.timer = null
    if (nextMs === null) return
    const cancel = this.#options.clock.after(Math.max(0, nextMs - this.#nowMs()), () => {
      entry.timer = null
      const step = applyDeadlines(entry.group, this.#nowMs(), this.limits)
      this.#change(entry, step.group)
      this.#perform(entry, step.effects)
      if (this.#isForgettable(entry)) this.#drop(entry)
    })
    entry.timer = { atMs: nextMs, cancel }
  }

  // A group nobody ever joined: a client asked for a member id and did not come back.
  #isForgettable({ group, stored }: Entry): boolean {
    const isUntouched = group.phase === 'Empty' && group.generation === 0 && group.pendingMembers.size === 0
    return isUntouched && stored === null && !this.#offsets.hasGroup(group.id)
  }

  #scheduleRetention(): void {
    if (!this.#isAvailable) return
    this.#cancelRetention = this.#options.clock.after(this.limits.offsetsRetentionCheckMs, () => {
      void this.#expireAll().finally(() => this.#scheduleRetention())
    })
  }

  async #expireAll(): Promise<void> {
    await Promise.all(this.#beingStored)
    if (!this.#isAvailable) return
    const ended = [...this.#groups.values()].map((entry) => this.#expireOffsets(entry))
    const errors = (await Promise.all(ended)).filter((error) => error !== 'NONE')
    if (errors.length > 0)
      this.#options.report(`expired offsets of ${errors.length} groups stay stored: ${errors[0]}`)
  }

  async #expireOffsets(entry: Entry): Promise<GroupError> {
    const { group } = entry
    const subscribed = subscribedTopics(group)
    const { offsetsRetentionMs } = this.limits
    const all = [...this.#offsets.entries(group.id)]
    const keys = all
      .filter(([key, each]) =>
        isExpired(group, each, key.topic, subscribed, this.#nowMs(), offsetsRetentionMs),
      )
      .map(([key]) => key)
    const isOver = group.phase === 'Empty' && group.pendingMembers.size === 0 && keys.length === all.length
    if (!isOver && keys.length === 0) return 'NONE'
    const records = keys.map((key) => offsetRecord(key, null))
    return this.#append(isOver ? [...records, groupEndRecord(group.id)] : records, () => {
      for (const key of keys) this.#offsets.delete(key)
      if (isOver) this.#end(entry)
    })
  }

  // Somebody may have joined or committed while the end was being written: then the group lives on, without its past.
  #end(entry: Entry): void {
    entry.stored = null
    const isUnused = entry.group.phase === 'Empty' && entry.group.pendingMembers.size === 0
    if (isUnused && !this.#offsets.hasGroup(entry.group.id)) this.#drop(entry)
  }

  #replay(record: StoredRecord, nowMs: number): void {
    const fact = readStoredRecord(record, nowMs)
    if (fact === null) return
    if (fact.kind === 'offset') {
      if (fact.committed === null) this.#offsets.delete(fact.key)
      else this.#offsets.set(fact.key, fact.committed)
    } else if (fact.group === null) this.#groups.delete(fact.groupId)
    else {
      const entry = this.#entry(fact.groupId)
      entry.group = fact.group
      entry.stored = record
    }
  }

  *#liveRecords(): Generator<StoredRecord> {
    for (const { stored } of this.#groups.values()) if (stored !== null) yield stored
    for (const [key, committed] of this.#offsets.entries()) yield offsetRecord(key, committed)
  }
}

// What Kafka tells members when a group could not be stored: to look for the coordinator again, or that it is no use.
const storeErrorForMembers = (error: GroupError): GroupError => {
  if (error === 'NONE') return error
  return error === 'MESSAGE_TOO_LARGE' ? 'UNKNOWN_SERVER_ERROR' : 'NOT_COORDINATOR'
}

const storeErrorForCommits = (error: GroupError): GroupError => {
  if (error === 'NONE') return error
  return error === 'MESSAGE_TOO_LARGE' ? 'INVALID_COMMIT_OFFSET_SIZE' : 'NOT_COORDINATOR'
}
