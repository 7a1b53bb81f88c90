/** The topics of a group as the cluster has them: those a pattern matches, how many partitions, and whether that changed. */
import { isKafkaError } from '../errors/kafka-error.ts'
import type { GroupCluster } from './group.ts'

const isSame = (a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean =>
  a.size === b.size && [...a].every(([name, count]) => b.get(name) === count)

export class TopicWatch {
  readonly #cluster: Pick<GroupCluster, 'metadata'>
  readonly #wanted: readonly string[] | RegExp
  /** Topics as they were last told to the group; of a pattern only. */
  #matched: readonly string[] | null = null
  /** Partitions as they were last shared out by this member; null where it does not lead. */
  #counts: ReadonlyMap<string, number> | null = null
  #shared: readonly string[] = []

  constructor(cluster: Pick<GroupCluster, 'metadata'>, wanted: readonly string[] | RegExp) {
    this.#cluster = cluster
    this.#wanted = wanted
  }

  /** Names of the topics that are wanted now. @throws KafkaError */
  async topics(): Promise<readonly string[]> {
    if (!(this.#wanted instanceof RegExp)) return this.#wanted
    this.#matched = await this.#matching(this.#wanted)
    return this.#matched
  }

  /** Partitions of topics that every member of the group wants, to be shared out. @throws KafkaError */
  async counts(names: readonly string[]): Promise<ReadonlyMap<string, number>> {
    this.#shared = names
    this.#counts = await this.#countsOf(names)
    return this.#counts
  }

  /** Somebody else leads: whether partitions came is not this member's to watch. */
  forgetCounts(): void {
    this.#counts = null
  }

  /** Whether the group has to share out anew. What cannot be told now counts as no change. */
  async hasChanged(): Promise<boolean> {
    try {
      if (this.#matched !== null && this.#wanted instanceof RegExp) {
        const now = await this.#matching(this.#wanted)
        if (now.join('\n') !== this.#matched.join('\n')) return true
      }
      if (this.#counts === null) return false
      return !isSame(this.#counts, await this.#countsOf(this.#shared))
    } catch (error) {
      if (isKafkaError(error)) return false
      throw error
    }
  }

  async #countsOf(names: readonly string[]): Promise<ReadonlyMap<string, number>> {
    if (names.length === 0) return new Map()
    const { topics } = await this.#cluster.metadata(names)
    return new Map(topics.map(({ name, partitions }) => [name, partitions.length]))
  }

  /** A pattern never matches internal topics: who wants those names them. */
  async #matching(pattern: RegExp): Promise<readonly string[]> {
    const whole = new RegExp(`^(?:${pattern.source})$`, pattern.flags.replace(/[gy]/g, ''))
    const { topics } = await this.#cluster.metadata(null)
    return topics
      .filter(({ name, internal }) => !internal && whole.test(name))
      .map(({ name }) => name)
      .toSorted()
  }
}
