/**
 * A member of a consumer group (classic protocol): joins, shares out when it leads, keeps its membership alive, leaves.
 *
 * - Before it rejoins, `revoking` is awaited, so that work in flight can be committed; bounded by `releaseMs`.
 * - A coordinator that is gone is waited for; membership is lost only when a coordinator says so.
 * - `run` never rejects: what goes wrong is told to `trouble` and tried again.
 */
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  errorCodes,
  Heartbeat,
  JoinGroup,
  LeaveGroup,
  OffsetCommit,
  SyncGroup,
} from 'sluice-kafka-protocol'
import type { KafkaCluster } from '../cluster/cluster.ts'
import { throwOn } from '../errors/broker-errors.ts'
import { isKafkaError } from '../errors/kafka-error.ts'
import { backoffMs } from '../support/backoff.ts'
import type { Clock } from '../support/clock.ts'
import type { Random } from '../support/random.ts'
import { assignPartitions, type Subscriber } from './assignment.ts'

export interface GroupOptions {
  readonly group: string
  readonly topic: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly heartbeatMs: number
  /** How long work in flight may take to end before the member rejoins without it. */
  readonly releaseMs: number
  /** How often the leader looks whether the topic has other partitions now. */
  readonly topicCheckMs: number
}

export interface GroupListener {
  /** These partitions are ours in this generation; none is possible. */
  assigned(partitions: readonly number[], generation: number): void
  /** The group wants them back; resolves when their work is done. */
  revoking(partitions: readonly number[]): Promise<void>
  /** They are somebody else's already. */
  lost(partitions: readonly number[]): void
  /** Something keeps the member out of its group; null: no longer. */
  trouble(problem: unknown): void
}

/** What ended a generation. */
type Verdict = 'rebalance' | 'lost' | 'closed'

const protocolType = 'consumer'
const protocolName = 'range'
/** Topics by name: later versions name them by id. */
const offsetCommitVersionMax = 9
const backoff = { firstMs: 100, mostMs: 5_000 }
const commitTimeoutMs = 10_000
const leaveTimeoutMs = 2_000

const isMembershipLost = (code: number): boolean =>
  code === errorCodes.UNKNOWN_MEMBER_ID ||
  code === errorCodes.ILLEGAL_GENERATION ||
  code === errorCodes.FENCED_INSTANCE_ID

export class GroupMember {
  readonly #cluster: KafkaCluster
  readonly #options: GroupOptions
  readonly #listener: GroupListener
  readonly #clock: Clock
  readonly #random: Random
  readonly #closing = new AbortController()
  #memberId = ''
  #generation = -1
  #partitions: readonly number[] = []
  #isLeader = false
  #ledPartitionCount = 0

  constructor(
    cluster: KafkaCluster,
    options: GroupOptions,
    listener: GroupListener,
    clock: Clock,
    random: Random,
  ) {
    this.#cluster = cluster
    this.#options = options
    this.#listener = listener
    this.#clock = clock
    this.#random = random
  }

  /** Takes part until closed. Never rejects. */
  async run(): Promise<void> {
    const signal = this.#closing.signal
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        await this.#join()
        this.#listener.trouble(null)
        attempt = 0
        await this.#stay()
      } catch (error) {
        if (signal.aborted) return
        if (isKafkaError(error) && error.brokerCode !== null) {
          if (isMembershipLost(error.brokerCode)) this.#memberId = ''
          if (error.brokerCode === errorCodes.REBALANCE_IN_PROGRESS) continue
        }
        this.#cluster.forgetCoordinator(this.#options.group)
        this.#listener.trouble(error)
        await this.#clock.sleep(backoffMs(backoff, attempt, this.#random), signal)
      }
    }
  }

  /**
   * Tells the group how far its partitions are done: a hint for others, positions live elsewhere.
   * @throws KafkaError
   */
  async commit(offsets: ReadonlyMap<number, bigint>): Promise<void> {
    if (offsets.size === 0 || this.#generation < 0) return
    const { group, topic } = this.#options
    const coordinator = await this.#cluster.coordinatorOf(group)
    const answer = await coordinator.request(
      OffsetCommit,
      {
        groupId: group,
        generationIdOrMemberEpoch: this.#generation,
        memberId: this.#memberId,
        topics: [
          {
            name: topic,
            partitions: Array.from(offsets, ([partitionIndex, committedOffset]) => ({
              partitionIndex,
              committedOffset,
              committedMetadata: null,
            })),
          },
        ],
      },
      { versionMax: offsetCommitVersionMax, timeoutMs: commitTimeoutMs },
    )
    for (const each of answer.topics.flatMap(({ partitions }) => partitions)) {
      throwOn(each.errorCode, `commit of ${topic}/${each.partitionIndex}`)
    }
  }

  /** Ends `run` and leaves the group, so that the others need not wait for the session to expire. */
  async close(): Promise<void> {
    this.#closing.abort()
    if (this.#memberId === '') return
    const memberId = this.#memberId
    this.#memberId = ''
    try {
      // A connection of its own: a join may be waiting on the other one.
      const coordinator = await this.#cluster.coordinatorOf(this.#options.group, 'leave')
      const version = coordinator.versionOf(LeaveGroup)
      const members = version < 3 ? { memberId } : { members: [{ memberId }] }
      await coordinator.request(
        LeaveGroup,
        { groupId: this.#options.group, ...members },
        { timeoutMs: leaveTimeoutMs },
      )
    } catch {
      // Nobody to tell: the session expires by itself.
    }
  }

  async #join(): Promise<void> {
    const { group, topic, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options
    const coordinator = await this.#cluster.coordinatorOf(group)
    const metadata = encodeSubscription(
      { topics: [topic], ownedPartitions: [{ topic, partitions: this.#partitions }] },
      1,
    )
    const answer = await coordinator.request(
      JoinGroup,
      {
        groupId: group,
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        memberId: this.#memberId,
        protocolType,
        protocols: [{ name: protocolName, metadata }],
      },
      // The coordinator answers when everybody is there, or the rebalance timed out.
      { timeoutMs: rebalanceTimeoutMs + 10_000 },
    )
    if (answer.errorCode === errorCodes.MEMBER_ID_REQUIRED) {
      this.#memberId = answer.memberId
      return await this.#join()
    }
    throwOn(answer.errorCode, `joining group ${group}`)
    this.#memberId = answer.memberId
    this.#isLeader = answer.leader === answer.memberId
    const assignments = this.#isLeader ? await this.#shareOut(answer.members) : []
    const synced = await coordinator.request(
      SyncGroup,
      {
        groupId: group,
        generationId: answer.generationId,
        memberId: this.#memberId,
        protocolType,
        protocolName,
        assignments,
      },
      { timeoutMs: rebalanceTimeoutMs + 10_000 },
    )
    throwOn(synced.errorCode, `syncing group ${group}`)
    if (this.#closing.signal.aborted) return
    this.#generation = answer.generationId
    const shares = decodeAssignment(synced.assignment).assignedPartitions
    this.#partitions = shares.filter((share) => share.topic === topic).flatMap((share) => share.partitions)
    this.#listener.assigned(this.#partitions, this.#generation)
  }

  async #shareOut(
    members: readonly { readonly memberId: string; readonly metadata: Buffer }[],
  ): Promise<{ memberId: string; assignment: Buffer }[]> {
    const subscribers = members.map(({ memberId, metadata }): Subscriber => {
      const { topics, ownedPartitions } = decodeSubscription(metadata)
      return {
        memberId,
        topics,
        owned: new Map(ownedPartitions.map((each) => [each.topic, each.partitions])),
      }
    })
    const topics = [...new Set(subscribers.flatMap((subscriber) => subscriber.topics))]
    const metadata = await this.#cluster.metadata(topics)
    const counts = new Map(metadata.topics.map((each) => [each.name, each.partitions.length]))
    this.#ledPartitionCount = counts.get(this.#options.topic) ?? 0
    const shares = assignPartitions(subscribers, counts)
    return Array.from(shares, ([memberId, share]) => ({
      memberId,
      assignment: encodeAssignment(
        { assignedPartitions: Array.from(share, ([topic, partitions]) => ({ topic, partitions })) },
        1,
      ),
    }))
  }

  /** Keeps the membership until something ends the generation, and lets go of the partitions as it must. */
  async #stay(): Promise<void> {
    const verdict = await this.#watch()
    if (verdict === 'closed') return
    const partitions = this.#partitions
    if (verdict === 'lost') {
      this.#memberId = ''
      this.#generation = -1
      this.#partitions = []
      this.#listener.lost(partitions)
      return
    }
    const released = new AbortController()
    const keepAlive = this.#beatUntil(released.signal)
    const deadline = this.#clock.sleep(this.#options.releaseMs, released.signal).then(() => 'late' as const)
    const outcome = await Promise.race([
      this.#listener.revoking(partitions).then(() => 'released' as const),
      deadline,
      keepAlive,
    ])
    released.abort()
    await keepAlive
    if (outcome === 'released' || this.#closing.signal.aborted) return
    this.#listener.lost(partitions)
  }

  /** Beats through the release, so that slow work does not cost the membership; tells when it is lost all the same. */
  async #beatUntil(signal: AbortSignal): Promise<'lost' | 'ended'> {
    while (!signal.aborted && !this.#closing.signal.aborted) {
      if ((await this.#beat()) === 'lost') {
        this.#memberId = ''
        return 'lost'
      }
      await this.#clock.sleep(this.#options.heartbeatMs, signal)
    }
    return 'ended'
  }

  async #watch(): Promise<Verdict> {
    const signal = this.#closing.signal
    let checkAt = this.#clock.now() + this.#options.topicCheckMs
    while (!signal.aborted) {
      await this.#clock.sleep(this.#options.heartbeatMs, signal)
      if (signal.aborted) break
      const verdict = await this.#beat()
      if (verdict !== 'alive') return verdict
      if (this.#isLeader && this.#clock.now() >= checkAt) {
        checkAt = this.#clock.now() + this.#options.topicCheckMs
        if (await this.#hasOtherPartitions()) return 'rebalance'
      }
    }
    return 'closed'
  }

  /** One heartbeat; what is no answer about the membership counts as alive. */
  async #beat(): Promise<'alive' | 'rebalance' | 'lost'> {
    const { group, sessionTimeoutMs } = this.#options
    try {
      const coordinator = await this.#cluster.coordinatorOf(group)
      const { errorCode } = await coordinator.request(
        Heartbeat,
        { groupId: group, generationId: this.#generation, memberId: this.#memberId },
        { timeoutMs: sessionTimeoutMs },
      )
      if (errorCode === errorCodes.REBALANCE_IN_PROGRESS) return 'rebalance'
      if (isMembershipLost(errorCode)) return 'lost'
      throwOn(errorCode, `heartbeat of group ${group}`)
      this.#listener.trouble(null)
    } catch (error) {
      if (!isKafkaError(error)) throw error
      this.#cluster.forgetCoordinator(group)
      if (!this.#closing.signal.aborted) this.#listener.trouble(error)
    }
    return 'alive'
  }

  async #hasOtherPartitions(): Promise<boolean> {
    try {
      const topic = await this.#cluster.topic(this.#options.topic)
      return topic !== undefined && topic.partitions.length !== this.#ledPartitionCount
    } catch {
      return false
    }
  }
}
