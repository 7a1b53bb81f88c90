/**
 * A group coordinator for tests: with a clock that only moves when told, and a store in memory that can fail, wait and
 * be started again.
 */
import type { Clock } from '../log/clock.ts'
import type { CommittedOffset } from './committed-offsets.ts'
import { GroupCoordinator } from './group-coordinator.ts'
import type { JoinAnswer } from './group-decision.ts'
import type { JoinRequest } from './group-join.ts'
import type { GroupError, GroupLimits } from './group-state.ts'
import { groupLimits } from './group-state.ts'
import type { StoredRecord } from './offsets-records.ts'
import type { OffsetsStore } from './offsets-store.ts'

/** Time that stands still until somebody moves it. */
export class VirtualClock implements Clock {
  #nowMs = 1_700_000_000_000
  readonly #timers = new Set<{ atMs: number; work: () => void }>()

  now(): number {
    return this.#nowMs
  }

  after(delayMs: number, work: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, work }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  get timerCount(): number {
    return this.#timers.size
  }

  /** Lets time pass, timers in order, and lets what they started settle. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    await settled()
    for (;;) {
      const [next] = [...this.#timers]
        .filter((timer) => timer.atMs <= untilMs)
        .toSorted((a, b) => a.atMs - b.atMs)
      if (next === undefined) break
      this.#timers.delete(next)
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.work()
      await settled()
    }
    this.#nowMs = untilMs
  }
}

/** When all that could go on without time passing has gone on. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A store in memory. */
export class MemoryStore implements OffsetsStore {
  readonly records: StoredRecord[]
  error: GroupError = 'NONE'
  /** While true, appends wait. */
  holds = false
  readonly #waiting: (() => void)[] = []

  constructor(records: StoredRecord[]) {
    this.records = records
  }

  async replay(visit: (record: StoredRecord) => void): Promise<void> {
    for (const record of this.records) visit(record)
  }

  append(records: readonly StoredRecord[], whenStored: (error: GroupError) => void): void {
    const error = this.error
    const end = (): void => {
      if (error === 'NONE') this.records.push(...records)
      whenStored(error)
    }
    if (this.holds) this.#waiting.push(end)
    else queueMicrotask(end)
  }

  letGo(): void {
    this.holds = false
    for (const end of this.#waiting.splice(0)) end()
  }

  async close(): Promise<void> {
    await settled()
  }
}

/** A coordinator with everything around it. */
export class Rig {
  readonly clock: VirtualClock
  readonly reports: string[] = []
  readonly topics = new Set(['orders', 'clicks'])
  readonly limits: GroupLimits
  store: MemoryStore
  coordinator: GroupCoordinator
  #ids = 0

  constructor(limits: Partial<GroupLimits> = {}) {
    this.limits = { ...groupLimits, ...limits }
    this.clock = new VirtualClock()
    this.store = new MemoryStore([])
    this.coordinator = this.#newCoordinator()
  }

  #newCoordinator(): GroupCoordinator {
    return new GroupCoordinator(
      {
        clock: this.clock,
        uniquePart: () => String((this.#ids += 1)),
        limits: this.limits,
        topicExists: (topic) => this.topics.has(topic),
        report: (line) => this.reports.push(line),
      },
      () => this.store,
    )
  }

  /** Starts anew from what is stored, as after a crash: nobody is told. */
  async restart(): Promise<void> {
    this.store = new MemoryStore(this.store.records)
    this.coordinator = this.#newCoordinator()
    await this.coordinator.load()
  }
}

/** A JoinGroup with usual values. */
export const joinRequest = (changes: Partial<JoinRequest> = {}): JoinRequest => ({
  groupId: 'readers',
  memberId: '',
  instanceId: null,
  clientId: 'app',
  clientHost: '/127.0.0.1',
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 60_000,
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: Buffer.from('m') }],
  requiresKnownMemberId: false,
  supportsSkipAssignment: true,
  ...changes,
})

export const groupId = 'readers'

export const committed = (offset: bigint, changes: Partial<CommittedOffset> = {}): CommittedOffset => ({
  offset,
  leaderEpoch: -1,
  metadata: '',
  committedAtMs: 1_700_000_000_000,
  expiresAtMs: null,
  ...changes,
})

export const outsider = { groupId, generation: -1, memberId: '', instanceId: null, knowsMissingGroup: true }

export const syncRequest = (
  joined: JoinAnswer,
  assignments: Record<string, string> = {},
  instanceId: string | null = null,
) => ({
  groupId,
  generation: joined.generation,
  memberId: joined.memberId,
  instanceId,
  protocolType: null,
  protocolName: null,
  assignments: new Map(Object.entries(assignments).map(([id, text]) => [id, Buffer.from(text)])),
})

export const member = (joined: JoinAnswer, instanceId: string | null = null) => ({
  groupId,
  generation: joined.generation,
  memberId: joined.memberId,
  instanceId,
  knowsMissingGroup: true,
})

/** Joins and syncs members with these requests together; every member is assigned its own id as text. */
export const stable = async (rig: Rig, ...requests: Partial<JoinRequest>[]): Promise<JoinAnswer[]> => {
  const joining = requests.map((request) => rig.coordinator.join(joinRequest(request)))
  await rig.clock.pass(0)
  const joined = await Promise.all(joining)
  const assignments = Object.fromEntries(joined.map(({ memberId }) => [memberId, memberId]))
  const syncs = joined.map((each, index) =>
    rig.coordinator.sync(syncRequest(each, assignments, requests[index]?.instanceId ?? null)),
  )
  await Promise.all(syncs)
  return joined
}

export const pair = async (rig: Rig): Promise<readonly [JoinAnswer, JoinAnswer]> => {
  const [one, other] = await stable(rig, {}, {})
  if (one === undefined || other === undefined) throw new Error('two joined')
  return [one, other]
}

export const newRig = async (limits: Partial<GroupLimits> = {}): Promise<Rig> => {
  const rig = new Rig(limits)
  await rig.coordinator.load()
  return rig
}

export const answerOf = async <Answer>(promise: Promise<Answer>): Promise<Answer | 'waits'> =>
  Promise.race([promise, settled().then(() => 'waits' as const)])
