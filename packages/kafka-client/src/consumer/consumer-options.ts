/** How a consumer reads, and what it is told of that does not go as it should. */
import type { KafkaError } from '../errors/kafka-error.ts'
import type { TopicPartition } from './reading.ts'

export interface Gap extends TopicPartition {
  /** What was to be read next. */
  readonly from: bigint
  /** Where reading goes on; before `from` where the log was cut off and what was read of it is not there any more. */
  readonly to: bigint
  readonly because: 'the offset is not there' | 'the log was cut off' | 'the topic was made anew'
}

export interface ConsumerOptions {
  /** `read_committed` (preset): no records of transactions that are open or were aborted. */
  readonly isolation?: 'read_committed' | 'read_uncommitted'
  /**
   * Where reading goes on when an offset is gone; preset `fail`: `next` throws OFFSET_OUT_OF_RANGE once, and that partition
   * rests until somebody seeks. Where a log was cut off by a change of leaders, either choice goes on where it was cut.
   */
  readonly onOutOfRange?: 'earliest' | 'latest' | 'fail'
  /** How long a broker may wait for something new; preset 500. */
  readonly waitMs?: number
  /** Bytes that are fetched ahead and not taken yet, over all partitions; preset 64 MiB. */
  readonly prefetchBytesMax?: number
  /**
   * Bytes of batches that were taken and not released yet, preset 256 MiB: from there on `next` waits for a release. One batch
   * is always given.
   */
  readonly heldBytesMax?: number
  /** Bytes of one partition in one answer, preset 1 MiB; a single larger batch comes all the same. */
  readonly partitionBytesMax?: number
  /** Bytes of one answer; preset 16 MiB. */
  readonly requestBytesMax?: number
  /** Where this client runs, as brokers name it (`broker.rack`): a replica there is read where they allow it (KIP-392). */
  readonly rackId?: string
  /** Told when reading goes on elsewhere than it should. */
  readonly onGap?: (gap: Gap) => void
  /** Told what keeps records from being read, each time it is tried in vain; null: something is read again. */
  readonly onTrouble?: (problem: KafkaError | null) => void
}
