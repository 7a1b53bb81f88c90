/**
 * What was told last of who leads the partitions of topics, so that a broker that is behind cannot take it back.
 *
 * A leader epoch only grows while a topic lives. A topic made anew begins again, which its id shows; where there are no
 * ids, whatever came last counts.
 */
import type { PartitionMetadata, TopicMetadata } from './cluster.ts'

/** Topics asked for by name; the one that was told longest ago goes first. */
const topicsMax = 10_000

export class KnownLeaders {
  readonly #topics = new Map<string, TopicMetadata>()

  /** The topic as it was told, but for partitions of which something newer is known. */
  merge(topic: TopicMetadata): TopicMetadata {
    const merged = newestOf(this.#topics.get(topic.name), topic)
    this.#topics.delete(topic.name)
    this.#topics.set(topic.name, merged)
    if (this.#topics.size > topicsMax) {
      const [oldest] = this.#topics.keys()
      if (oldest !== undefined) this.#topics.delete(oldest)
    }
    return merged
  }
}

/** Partition by partition whichever has the newer leader epoch; `told` where they are equal or not known. */
export const newestOf = (known: TopicMetadata | undefined, told: TopicMetadata): TopicMetadata => {
  if (known === undefined || told.id === '' || known.id !== told.id) return told
  const former = new Map(known.partitions.map((each) => [each.partition, each]))
  const newest = (each: PartitionMetadata): PartitionMetadata => {
    const before = former.get(each.partition)
    return before !== undefined && before.leaderEpoch > each.leaderEpoch ? before : each
  }
  return { ...told, partitions: told.partitions.map(newest) }
}
