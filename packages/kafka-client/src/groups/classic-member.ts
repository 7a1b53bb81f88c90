/**
 * A member of a consumer group by the classic protocol: joins, shares out when it leads, keeps its membership alive, leaves.
 *
 * - What the group takes back is awaited: work in flight ends and is committed first, for at most `releaseMs`.
 * - Eager assignors take everything back before each rebalance; cooperative ones only what moves, after it (KIP-429).
 * - Heartbeats go on beside the work, also while it is released.
 * - A coordinator that is gone is waited for; membership is lost only when a coordinator says so.
 * - `run` never rejects: what goes wrong is told to `trouble` and tried again. It ends early in one case: another client
 *   took the instance id, and joining again would take it back, and so on for ever.
 */
import {
  decodeAssignment,
  errorCodes,
  Heartbeat,
  JoinGroup,
  LeaveGroup,
  SyncGroup,
} from 'sluice-kafka-protocol'
import { brokerError, throwOn } from '../errors/broker-errors.ts'
import { isKafkaError, KafkaError } from '../errors/kafka-error.ts'
import { backoffMs } from '../support/backoff.ts'
import type { Clock } from '../support/clock.ts'
import type { Random } from '../support/random.ts'
import type { Assignor } from './assignors/assignor.ts'
import { assignors } from './assignors/index.ts'
import type {
  GroupCluster,
  GroupIdentity,
  GroupListener,
  GroupOptions,
  Membership,
  OffsetToCommit,
} from './group.ts'
import { assignmentBytes, type JoinedMember, subscriberOf, subscriptionBytes, topicsOf } from './leader.ts'
import { commitOffsets } from './offsets.ts'
import { countOf, joined, noPartitions, type Partitions, partitionsOf, without } from './partitions.ts'
import { TopicWatch } from './topic-watch.ts'

/** What ended a generation. */
type Verdict = 'rebalance' | 'lost' | 'closed'

const protocolType = 'consumer'
const noGeneration = -1
const backoff = { firstMs: 100, mostMs: 5_000 }
/** The coordinator answers when everybody is there, or the rebalance timed out; so much later nobody answers. */
const rebalanceGraceMs = 10_000
const leaveTimeoutMs = 2_000
/** Members that know their id already may leave as one of several. */
const leaveManySince = 3

const lostCodes: ReadonlySet<number | null> = new Set([
  errorCodes.UNKNOWN_MEMBER_ID,
  errorCodes.ILLEGAL_GENERATION,
])

export class ClassicMember implements Membership {
  readonly #cluster: GroupCluster
  readonly #options: GroupOptions
  readonly #assignors: readonly Assignor[]
  /** Cooperative only where every assignor is: members agree on one, and it must not be eager. */
  readonly #isCooperative: boolean
  readonly #listener: GroupListener
  readonly #clock: Clock
  readonly #random: Random
  readonly #watch: TopicWatch
  readonly #closing = new AbortController()
  #isJoining = false
  #memberId = ''
  #generation = noGeneration
  #held: Partitions = noPartitions
  /** What was held last, and when: what a sticky assignor gives back if it can. */
  #former: Partitions = noPartitions
  #formerGeneration = noGeneration

  constructor(
    cluster: GroupCluster,
    options: GroupOptions,
    listener: GroupListener,
    clock: Clock,
    random: Random,
  ) {
    this.#cluster = cluster
    this.#options = options
    this.#assignors = options.assignors.map((name) => assignors[name])
    this.#isCooperative = this.#assignors.every(({ rebalance }) => rebalance === 'cooperative')
    this.#listener = listener
    this.#clock = clock
    this.#random = random
    this.#watch = new TopicWatch(cluster, options.topics)
  }

  get identity(): GroupIdentity {
    const { group, instanceId } = this.#options
    return { group, memberId: this.#memberId, instanceId, generation: this.#generation }
  }

  get held(): Partitions {
    return this.#held
  }

  async run(): Promise<void> {
    const signal = this.#closing.signal
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        this.#isJoining = true
        const assigned = await this.#join().finally(() => {
          this.#isJoining = false
        })
        if (signal.aborted) return
        this.#listener.trouble(null)
        attempt = 0
        if (await this.#take(assigned)) await this.#stay()
      } catch (error) {
        if (signal.aborted) return
        if (!(await this.#recover(error, attempt))) return
      }
    }
  }

  /** @returns false where nothing is left to try */
  async #recover(error: unknown, attempt: number): Promise<boolean> {
    const code = isKafkaError(error) ? error.brokerCode : null
    if (code === errorCodes.REBALANCE_IN_PROGRESS) return true
    if (lostCodes.has(code)) this.#lose(code === errorCodes.UNKNOWN_MEMBER_ID)
    this.#listener.trouble(error)
    if (code === errorCodes.FENCED_INSTANCE_ID) {
      this.#lose(true)
      return false
    }
    this.#cluster.forgetCoordinator(this.#options.group)
    await this.#clock.sleep(backoffMs(backoff, attempt, this.#random), this.#closing.signal)
    return true
  }

  async commit(offsets: readonly OffsetToCommit[]): Promise<void> {
    if (offsets.length === 0) return
    if (this.#generation === noGeneration) {
      throw new KafkaError(
        'MEMBERSHIP_LOST',
        `group ${this.#options.group}`,
        'this client is no member of it now',
      )
    }
    const generation = this.#generation
    try {
      await commitOffsets(this.#cluster, this.identity, offsets)
    } catch (error) {
      const isLost = isKafkaError(error) && lostCodes.has(error.brokerCode)
      // Refused only because a rebalance went on meanwhile, in which a cooperative member keeps what it holds.
      const isLate = this.#isJoining || this.#generation !== generation
      if (!isLost || !isLate || this.#generation === noGeneration) throw error
      throw brokerError(errorCodes.REBALANCE_IN_PROGRESS, `commit by group ${this.#options.group}`)
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    const { group, instanceId } = this.#options
    const memberId = this.#memberId
    this.#memberId = ''
    this.#generation = noGeneration
    // A static member comes back: its partitions wait for it until the session expires (KIP-345).
    if (memberId === '' || instanceId !== null) return
    try {
      // A connection of its own: a join may be waiting on the other one.
      const coordinator = await this.#cluster.coordinatorOf(group, 'leave')
      const isMany = coordinator.versionOf(LeaveGroup) >= leaveManySince
      await coordinator.request(
        LeaveGroup,
        { groupId: group, ...(isMany ? { members: [{ memberId }] } : { memberId }) },
        { timeoutMs: leaveTimeoutMs },
      )
    } catch {
      // Nobody to tell: the session expires by itself.
    }
  }

  /** Joins, and shares out when it leads. @returns what the member is to have */
  async #join(): Promise<Partitions> {
    const { group, instanceId, sessionTimeoutMs, rebalanceTimeoutMs, rackId } = this.#options
    const coordinator = await this.#cluster.coordinatorOf(group)
    const topics = await this.#watch.topics()
    const owned = this.#isCooperative ? this.#held : this.#former
    const generation = this.#isCooperative ? this.#generation : this.#formerGeneration
    const protocols = this.#assignors.map((assignor) => ({
      name: assignor.name,
      metadata: subscriptionBytes({ topics, owned, generation, rackId }, assignor),
    }))
    const request = {
      groupId: group,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      memberId: this.#memberId,
      groupInstanceId: instanceId,
      protocolType,
      protocols,
    }
    const timing = { timeoutMs: rebalanceTimeoutMs + rebalanceGraceMs }
    let answer = await coordinator.request(JoinGroup, request, timing)
    if (answer.errorCode === errorCodes.MEMBER_ID_REQUIRED) {
      this.#memberId = answer.memberId
      answer = await coordinator.request(JoinGroup, { ...request, memberId: answer.memberId }, timing)
    }
    throwOn(answer.errorCode, `joining group ${group}`)
    this.#memberId = answer.memberId
    const isLeader = answer.leader === answer.memberId
    const assignments =
      isLeader && !answer.skipAssignment ? await this.#shareOut(answer.members, answer.protocolName) : []
    if (!isLeader) this.#watch.forgetCounts()
    const synced = await coordinator.request(
      SyncGroup,
      {
        groupId: group,
        generationId: answer.generationId,
        memberId: answer.memberId,
        groupInstanceId: instanceId,
        protocolType,
        protocolName: answer.protocolName,
        assignments,
      },
      timing,
    )
    throwOn(synced.errorCode, `syncing group ${group}`)
    this.#generation = answer.generationId
    return partitionsOf(decodeAssignment(synced.assignment).assignedPartitions)
  }

  async #shareOut(
    members: readonly JoinedMember[],
    protocolName: string | null,
  ): Promise<{ memberId: string; assignment: Buffer }[]> {
    const assignor = this.#assignors.find(({ name }) => name === protocolName)
    if (assignor === undefined) {
      throw new KafkaError(
        'BROKER_REFUSED',
        `group ${this.#options.group}`,
        `it agreed on ${protocolName}, which was not offered`,
      )
    }
    const subscribers = members.map((member) => subscriberOf(member, assignor))
    const counts = await this.#watch.counts(topicsOf(subscribers))
    return assignmentBytes(subscribers, counts, assignor)
  }

  /** Gives back what is no longer the member's, takes what is new. @returns false where it has to join again at once */
  async #take(assigned: Partitions): Promise<boolean> {
    const revoked = without(this.#held, assigned)
    const added = without(assigned, this.#held)
    const kept = without(this.#held, revoked)
    if (countOf(revoked) > 0) {
      // What is new is worked on while the rest is given back.
      this.#hold(this.#held, added)
      this.#listener.assigned(added, this.#generation)
      if ((await this.#release(revoked)) === 'lost') return false
      this.#hold(kept, added)
      return false
    }
    this.#hold(kept, added)
    this.#listener.assigned(added, this.#generation)
    return true
  }

  #hold(kept: Partitions, added: Partitions): void {
    this.#held = joined(kept, added)
    this.#former = this.#held
    this.#formerGeneration = this.#generation
  }

  /** Keeps the membership until something ends the generation, and lets go of the partitions as it must. */
  async #stay(): Promise<void> {
    const verdict = await this.#untilEnded()
    if (verdict === 'lost') this.#lose(true)
    if (verdict !== 'rebalance' || this.#isCooperative || countOf(this.#held) === 0) return
    if ((await this.#release(this.#held)) !== 'lost') this.#held = noPartitions
  }

  #lose(isForgotten: boolean): void {
    const lost = this.#held
    if (isForgotten) this.#memberId = ''
    this.#generation = noGeneration
    this.#held = noPartitions
    if (countOf(lost) > 0) this.#listener.lost(lost)
  }

  /** Waits for work in flight, for so long as that is allowed, and stays a member meanwhile. */
  async #release(partitions: Partitions): Promise<'released' | 'lost'> {
    const done = new AbortController()
    const beating = this.#beatUntil(done.signal)
    const outcome = await Promise.race([
      this.#listener.revoking(partitions).then(() => 'released' as const),
      this.#clock.sleep(this.#options.releaseMs, done.signal).then(() => 'late' as const),
      beating,
    ]).finally(() => done.abort())
    if ((await beating) === 'lost') {
      this.#lose(true)
      return 'lost'
    }
    if (outcome === 'late' && !this.#closing.signal.aborted) this.#listener.lost(partitions)
    return 'released'
  }

  /** Beats through a release, so that slow work does not cost the membership; tells when it is lost all the same. */
  async #beatUntil(signal: AbortSignal): Promise<'lost' | 'ended'> {
    while (!signal.aborted && !this.#closing.signal.aborted) {
      if ((await this.#beat()) === 'lost') return 'lost'
      await this.#clock.sleep(this.#options.heartbeatMs, signal)
    }
    return 'ended'
  }

  async #untilEnded(): Promise<Verdict> {
    const signal = this.#closing.signal
    let checkAtMs = this.#clock.now() + this.#options.topicCheckMs
    while (!signal.aborted) {
      await this.#clock.sleep(this.#options.heartbeatMs, signal)
      if (signal.aborted) break
      const verdict = await this.#beat()
      if (verdict !== 'alive') return verdict
      if (this.#clock.now() >= checkAtMs) {
        checkAtMs = this.#clock.now() + this.#options.topicCheckMs
        if (await this.#watch.hasChanged()) return 'rebalance'
      }
    }
    return 'closed'
  }

  /** One heartbeat; what is no answer about the membership counts as alive. */
  async #beat(): Promise<'alive' | 'rebalance' | 'lost'> {
    const { group, instanceId, sessionTimeoutMs } = this.#options
    try {
      const coordinator = await this.#cluster.coordinatorOf(group)
      const { errorCode } = await coordinator.request(
        Heartbeat,
        {
          groupId: group,
          generationId: this.#generation,
          memberId: this.#memberId,
          groupInstanceId: instanceId,
        },
        { timeoutMs: sessionTimeoutMs },
      )
      if (errorCode === errorCodes.REBALANCE_IN_PROGRESS) return 'rebalance'
      if (lostCodes.has(errorCode)) return 'lost'
      throwOn(errorCode, `heartbeat of group ${group}`)
      this.#listener.trouble(null)
    } catch (error) {
      if (!isKafkaError(error) || error.code === 'FENCED') throw error
      this.#cluster.forgetCoordinator(group)
      if (!this.#closing.signal.aborted) this.#listener.trouble(error)
    }
    return 'alive'
  }
}
