/**
 * A member of a consumer group by the new protocol (KIP-848): the coordinator shares out, and each member moves towards
 * what it is told at its own pace.
 *
 * - One heartbeat says everything: that the member lives, what it wants, what it holds. It goes on beside the work, also
 *   while partitions are given back.
 * - A partition goes when its work has ended and is committed, for at most `releaseMs`; only then is the coordinator told,
 *   so nobody else has it before.
 * - Partitions come as soon as the coordinator has them free; the others are worked on meanwhile.
 * - `run` never rejects. It ends early in one case: another client took the instance id.
 */
import {
  ConsumerGroupHeartbeat,
  errorCodes,
  type RequestInputOf,
  type ResponseOf,
} from 'sluice-kafka-protocol'
import { brokerError, throwOn } from '../errors/broker-errors.ts'
import { isKafkaError, KafkaError } from '../errors/kafka-error.ts'
import { backoffMs } from '../support/backoff.ts'
import type { Clock } from '../support/clock.ts'
import type { Random } from '../support/random.ts'
import type {
  GroupCluster,
  GroupIdentity,
  GroupListener,
  GroupOptions,
  Membership,
  OffsetToCommit,
} from './group.ts'
import { commitOffsets } from './offsets.ts'
import { countOf, joined, noPartitions, type Partitions, without } from './partitions.ts'
import { TopicWatch } from './topic-watch.ts'

type Beat = RequestInputOf<typeof ConsumerGroupHeartbeat>
type Answer = ResponseOf<typeof ConsumerGroupHeartbeat>
type TopicIdPartitions = NonNullable<Answer['assignment']>['topicPartitions']

export interface ConsumerGroupOptions
  extends Omit<GroupOptions, 'assignors' | 'sessionTimeoutMs' | 'heartbeatMs'> {
  /** The coordinator's assignor, such as `uniform` or `range`; null: its default. */
  readonly serverAssignor: string | null
}

const joining = 0
const leaving = -1
/** A static member that comes back. */
const leavingForNow = -2
const noEpoch = -1
const backoff = { firstMs: 100, mostMs: 5_000 }
/** Until the coordinator says how often. */
const firstHeartbeatMs = 3_000
const beatTimeoutMs = 15_000
const leaveTimeoutMs = 2_000

const lostCodes: ReadonlySet<number | null> = new Set([
  errorCodes.UNKNOWN_MEMBER_ID,
  errorCodes.FENCED_MEMBER_EPOCH,
])

export class ConsumerMember implements Membership {
  readonly #cluster: GroupCluster
  readonly #options: ConsumerGroupOptions
  readonly #memberId: string
  readonly #listener: GroupListener
  readonly #clock: Clock
  readonly #random: Random
  readonly #watch: TopicWatch
  readonly #closing = new AbortController()
  #epoch = joining
  #heartbeatMs = firstHeartbeatMs
  #held: Partitions = noPartitions
  /** What the coordinator wants the member to have; null: nothing was said since it joined. */
  #target: TopicIdPartitions | null = null
  /** Names of topics by their ids. */
  #names: ReadonlyMap<string, string> = new Map()
  #ids: ReadonlyMap<string, string> = new Map()
  /** What the coordinator was told last; null: it is told everything with the next beat. */
  #told: { readonly topics: string; readonly held: Partitions } | null = null
  #isMoving = false
  /** Raised when the membership is lost: what was being moved no longer counts. */
  #life = new AbortController()
  #wake = new AbortController()

  /** @param memberId makes the member known; a new one for each (KIP-1082) */
  constructor(
    cluster: GroupCluster,
    options: ConsumerGroupOptions,
    memberId: string,
    listener: GroupListener,
    clock: Clock,
    random: Random,
  ) {
    this.#cluster = cluster
    this.#options = options
    this.#memberId = memberId
    this.#listener = listener
    this.#clock = clock
    this.#random = random
    this.#watch = new TopicWatch(cluster, options.topics)
  }

  get identity(): GroupIdentity {
    const { group, instanceId } = this.#options
    const generation = this.#epoch > joining ? this.#epoch : noEpoch
    return { group, memberId: this.#memberId, instanceId, generation }
  }

  get held(): Partitions {
    return this.#held
  }

  async run(): Promise<void> {
    const signal = this.#closing.signal
    let failures = 0
    let topics: readonly string[] | null = null
    let topicsAtMs = 0
    while (!signal.aborted) {
      try {
        if (topics === null || this.#clock.now() - topicsAtMs >= this.#options.topicCheckMs) {
          topics = await this.#watch.topics()
          topicsAtMs = this.#clock.now()
        }
        await this.#beat(topics)
        this.#listener.trouble(null)
        failures = 0
        void this.#move()
        await this.#rest(this.#heartbeatMs)
      } catch (error) {
        if (signal.aborted) return
        if (!this.#recover(error)) return
        failures++
        await this.#clock.sleep(backoffMs(backoff, failures, this.#random), signal)
      }
    }
  }

  async commit(offsets: readonly OffsetToCommit[]): Promise<void> {
    const { group } = this.#options
    const identity = this.identity
    if (offsets.length === 0) return
    if (identity.generation === noEpoch) {
      throw new KafkaError('MEMBERSHIP_LOST', `group ${group}`, 'this client is no member of it now')
    }
    try {
      await commitOffsets(this.#cluster, identity, offsets)
    } catch (error) {
      const isStale = isKafkaError(error) && error.brokerCode === errorCodes.STALE_MEMBER_EPOCH
      if (!isStale) throw error
      // The epoch went on while the commit was under way; the partitions are still this member's.
      throw brokerError(errorCodes.REBALANCE_IN_PROGRESS, `commit by group ${group}`)
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#life.abort()
    const wasMember = this.#epoch > joining
    this.#epoch = joining
    if (!wasMember) return
    const { group, instanceId } = this.#options
    try {
      const coordinator = await this.#cluster.coordinatorOf(group)
      const memberEpoch = instanceId === null ? leaving : leavingForNow
      await coordinator.request(
        ConsumerGroupHeartbeat,
        { groupId: group, memberId: this.#memberId, memberEpoch, instanceId },
        { timeoutMs: leaveTimeoutMs },
      )
    } catch {
      // Nobody to tell: the session expires by itself.
    }
  }

  /** @returns false where nothing is left to try */
  #recover(error: unknown): boolean {
    const code = isKafkaError(error) ? error.brokerCode : null
    // Whatever the coordinator missed, it is told everything again.
    this.#told = null
    if (lostCodes.has(code)) {
      this.#lose()
      return true
    }
    this.#listener.trouble(error)
    if (code === errorCodes.FENCED_INSTANCE_ID) {
      this.#lose()
      return false
    }
    this.#cluster.forgetCoordinator(this.#options.group)
    return true
  }

  #lose(): void {
    const lost = this.#held
    this.#epoch = joining
    this.#held = noPartitions
    this.#target = null
    this.#life.abort()
    this.#life = new AbortController()
    this.#isMoving = false
    if (countOf(lost) > 0) this.#listener.lost(lost)
  }

  async #beat(topics: readonly string[]): Promise<void> {
    const { group, instanceId } = this.#options
    const coordinator = await this.#cluster.coordinatorOf(group)
    const held = this.#held
    const names = topics.join('\n')
    const answer = await coordinator.request(
      ConsumerGroupHeartbeat,
      {
        groupId: group,
        memberId: this.#memberId,
        memberEpoch: this.#epoch,
        instanceId,
        ...this.#news(topics, held),
      },
      { timeoutMs: beatTimeoutMs },
    )
    if (this.#closing.signal.aborted) return
    throwOn(answer.errorCode, `heartbeat of group ${group}`, answer.errorMessage)
    this.#told = { topics: names, held }
    this.#epoch = answer.memberEpoch
    if (answer.heartbeatIntervalMs > 0) this.#heartbeatMs = answer.heartbeatIntervalMs
    if (answer.assignment !== null) this.#target = answer.assignment.topicPartitions
  }

  /** What the coordinator does not know yet. */
  #news(topics: readonly string[], held: Partitions): Partial<Beat> {
    const { rackId, rebalanceTimeoutMs, serverAssignor } = this.#options
    const told = this.#told
    const isAll = told === null || this.#epoch === joining
    return {
      ...(isAll ? { rackId, rebalanceTimeoutMs, serverAssignor } : {}),
      ...(isAll || told.topics !== topics.join('\n') ? { subscribedTopicNames: [...topics] } : {}),
      ...(isAll || told.held !== held ? { topicPartitions: this.#withIds(held) } : {}),
    }
  }

  #withIds(held: Partitions): { topicId: string; partitions: number[] }[] {
    return [...held].flatMap(([name, partitions]) => {
      const topicId = this.#ids.get(name)
      return topicId === undefined ? [] : [{ topicId, partitions: [...partitions] }]
    })
  }

  /** Goes from what is held to what it is to be: first gives back, then takes. One at a time. Never rejects. */
  async #move(): Promise<void> {
    if (this.#isMoving || this.#target === null) return
    this.#isMoving = true
    const life = this.#life.signal
    try {
      const target = await this.#named(this.#target)
      if (life.aborted) return
      const revoked = without(this.#held, target)
      const kept = without(this.#held, revoked)
      if (countOf(revoked) > 0 && !(await this.#release(revoked, life))) return
      const added = without(target, kept)
      if (countOf(revoked) === 0 && countOf(added) === 0 && this.#held !== noPartitions) return
      this.#held = joined(kept, added)
      this.#listener.assigned(added, this.#epoch)
      // The coordinator waits to hear it.
      this.#wake.abort()
    } catch (error) {
      if (!life.aborted) this.#listener.trouble(error)
    } finally {
      if (this.#life.signal === life) this.#isMoving = false
    }
  }

  /** @returns false where the membership ended meanwhile */
  async #release(partitions: Partitions, life: AbortSignal): Promise<boolean> {
    const done = new AbortController()
    const ended = AbortSignal.any([life, done.signal])
    const isReleased = await Promise.race([
      this.#listener.revoking(partitions).then(() => true),
      this.#clock.sleep(this.#options.releaseMs, ended).then(() => false),
    ]).finally(() => done.abort())
    if (life.aborted) return false
    if (!isReleased) this.#listener.lost(partitions)
    return true
  }

  /** Partitions by name; topics whose names are not known yet are left for later. @throws KafkaError */
  async #named(target: TopicIdPartitions): Promise<Partitions> {
    if (target.some(({ topicId }) => !this.#names.has(topicId))) {
      const { topics } = await this.#cluster.metadata(await this.#watch.topics())
      this.#names = new Map(topics.map(({ id, name }) => [id, name]))
      this.#ids = new Map(topics.map(({ id, name }) => [name, id]))
    }
    const named = new Map<string, readonly number[]>()
    for (const { topicId, partitions } of target) {
      const name = this.#names.get(topicId)
      if (name !== undefined && partitions.length > 0) named.set(name, partitions)
    }
    return named
  }

  /** Until the next beat is due, or there is something to tell. */
  async #rest(ms: number): Promise<void> {
    if (!this.#wake.signal.aborted) {
      await this.#clock.sleep(ms, AbortSignal.any([this.#closing.signal, this.#wake.signal]))
    }
    this.#wake = new AbortController()
  }
}
