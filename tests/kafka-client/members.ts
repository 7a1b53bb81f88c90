/** Members of consumer groups under test: what each holds, and whether two ever commit the same partition. */
import { randomUUID } from 'node:crypto'
import {
  ClassicMember,
  ConsumerMember,
  type GroupOptions,
  joined,
  KafkaCluster,
  type Membership,
  type Partitions,
  without,
} from 'sluice-kafka-client/parts'
import { type Clock, systemClock } from '../../packages/sluice/src/kernel/clock.ts'
import { seededRandom } from '../../packages/sluice/src/kernel/random.ts'

export type Protocol = 'classic' | 'consumer'

export const namesOf = (partitions: Partitions): string[] =>
  [...partitions]
    .flatMap(([topic, numbers]) => numbers.map((number) => `${topic}/${number}`))
    .toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))

interface Commit {
  readonly member: string
  readonly generation: number
  readonly ackedAtMs: number
}

/** Sees every commit that was taken, and tells those that came from somebody who was no longer the owner. */
export class CommitWatch {
  readonly violations: string[] = []
  taken = 0
  readonly #latest = new Map<string, Commit>()

  /** @param startedAtMs when the commit was sent */
  accepted(partition: string, member: string, generation: number, startedAtMs: number): void {
    this.taken++
    const latest = this.#latest.get(partition)
    const isOver = latest !== undefined && latest.generation > generation && latest.ackedAtMs < startedAtMs
    if (isOver && latest.member !== member) {
      this.violations.push(
        `${member} committed ${partition} in generation ${generation} after ${latest.member} in ${latest.generation}`,
      )
    }
    if (latest === undefined || latest.generation <= generation) {
      this.#latest.set(partition, { member, generation, ackedAtMs: performance.now() })
    }
  }
}

export interface MemberSettings extends Partial<GroupOptions> {
  readonly group: string
  readonly topics: readonly string[] | RegExp
  readonly protocol?: Protocol
  /** How long work in flight takes to end when partitions are taken back. */
  readonly workMs?: () => number
  readonly clock?: Clock
}

let seeds = 0

export class TestMember implements AsyncDisposable {
  readonly name: string
  /** What happened, in order. */
  readonly events: string[] = []
  /** What it may work on: given, and neither taken back nor lost. */
  working: Partitions = new Map()
  /** The last thing that kept it out of its group. */
  problem: unknown = null
  hasEnded = false
  readonly membership: Membership
  readonly #cluster: KafkaCluster
  readonly #running: Promise<void>

  constructor(address: string, name: string, settings: MemberSettings) {
    this.name = name
    const { protocol = 'classic', workMs = () => 0, clock = systemClock, ...given } = settings
    this.#cluster = new KafkaCluster({ brokers: [address], tls: false, sasl: null, clientId: name })
    const options: GroupOptions = {
      assignors: ['cooperative-sticky'],
      instanceId: null,
      rackId: null,
      sessionTimeoutMs: 6_000,
      rebalanceTimeoutMs: 10_000,
      heartbeatMs: 300,
      releaseMs: 8_000,
      topicCheckMs: 1_000,
      ...given,
    }
    const listener = {
      assigned: (added: Partitions) => {
        this.events.push(`assigned ${namesOf(added).join(' ')}`)
        this.working = joined(this.working, added)
      },
      revoking: async (partitions: Partitions) => {
        this.events.push(`revoking ${namesOf(partitions).join(' ')}`)
        await clock.sleep(workMs())
        this.working = without(this.working, partitions)
        this.events.push(`released ${namesOf(partitions).join(' ')}`)
      },
      lost: (partitions: Partitions) => {
        this.events.push(`lost ${namesOf(partitions).join(' ')}`)
        this.working = without(this.working, partitions)
      },
      trouble: (problem: unknown) => {
        this.problem = problem
      },
    }
    const random = seededRandom(++seeds)
    this.membership =
      protocol === 'classic'
        ? new ClassicMember(this.#cluster, options, listener, clock, random)
        : new ConsumerMember(
            this.#cluster,
            { ...options, serverAssignor: null },
            randomUUID(),
            listener,
            clock,
            random,
          )
    this.#running = this.membership.run().then(() => {
      this.hasEnded = true
    })
  }

  get partitions(): string[] {
    return namesOf(this.working)
  }

  /** Commits an offset for all it works on, and tells the watch what was taken. */
  async commit(watch: CommitWatch, offset: bigint): Promise<void> {
    const { generation } = this.membership.identity
    const startedAtMs = performance.now()
    const held = [...this.working].flatMap(([topic, numbers]) =>
      numbers.map((partition) => ({ topic, partition, offset })),
    )
    await this.membership.commit(held)
    for (const { topic, partition } of held) {
      watch.accepted(`${topic}/${partition}`, this.name, generation, startedAtMs)
    }
  }

  /** Ends without a word: the coordinator hears nothing more of it. */
  async die(): Promise<void> {
    this.#cluster[Symbol.dispose]()
    await this.membership.close()
    await this.#running
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.membership.close()
    this.#cluster[Symbol.dispose]()
    await this.#running
  }
}

/** Waits until something holds; @throws with `state` where it does not in time. */
export const untilHolds = async (
  what: string,
  holds: () => boolean,
  state: () => unknown = () => '',
  withinMs = 30_000,
): Promise<void> => {
  const endMs = Date.now() + withinMs
  while (!holds()) {
    if (Date.now() > endMs) throw new Error(`Not within ${withinMs} ms: ${what}: ${JSON.stringify(state())}`)
    await systemClock.sleep(20)
  }
}

/** Whether these members together hold each of `wanted` exactly once. */
export const isShared = (members: readonly TestMember[], wanted: readonly string[]): boolean => {
  const all = members.flatMap(({ partitions }) => partitions)
  return all.length === wanted.length && new Set(all).size === wanted.length
}

export const partitionNames = (topic: string, count: number): string[] =>
  Array.from({ length: count }, (_, partition) => `${topic}/${partition}`)
