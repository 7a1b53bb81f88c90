/** Whom a fetcher tells of what it cannot decide itself. */
import type { TopicMetadata } from '../cluster/cluster.ts'
import type { KafkaError } from '../errors/kafka-error.ts'
import type { LogPosition, TopicPartition } from './reading.ts'

export interface FetchListener {
  /** There may be something to take. */
  ready(): void
  /** The offset is not there (any more). The partition halts until it is continued. */
  outOfRange(at: TopicPartition, offset: bigint): void
  /** Records before `from` were handed out that the log lost: it ended at `to`. The partition halts until it is continued. */
  cutOff(at: TopicPartition, from: bigint, to: LogPosition): void
  /** A topic was made anew. Its partitions halt until they are continued. */
  remade(topic: TopicMetadata, formerId: string): void
  /** Something keeps partitions from being read; null: no longer. */
  trouble(problem: unknown): void
  /** What was fetched of it, several times in a row, holds nothing that can be read. It is fetched again all the same. */
  unreadable?(at: TopicPartition, problem: KafkaError): void
}
