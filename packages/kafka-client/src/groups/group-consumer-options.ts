/** How a consumer in a group is set up, and what holds where nothing is said. */
import type { StartAt } from '../cluster/start-offsets.ts'
import type { ConsumerOptions } from '../consumer/consumer-options.ts'
import type { AssignorName } from './assignors/index.ts'
import type { Partitions } from './partitions.ts'

export interface GroupConsumerOptions extends ConsumerOptions {
  readonly group: string
  /** Names, or a pattern that names must match whole; topics that come to match later are read too. */
  readonly topics: readonly string[] | RegExp
  /** `classic` (preset) on every broker; `consumer` is KIP-848, of Apache Kafka 4 and later. */
  readonly protocol?: 'classic' | 'consumer'
  /** Classic protocol: in the order in which they are wanted; preset `cooperative-sticky`. */
  readonly assignors?: readonly AssignorName[]
  /** New protocol: the coordinator's assignor; preset: its own choice. */
  readonly serverAssignor?: string
  /** A static member: comes back under this name within the session without a rebalance. */
  readonly instanceId?: string
  /** Where a partition is read from that the group has committed nothing of; preset `earliest`. */
  readonly start?: StartAt
  /** How often what is done is committed; preset 5,000; null: only when `commit` is called, and when a partition goes. */
  readonly commitEveryMs?: number | null
  /** Classic protocol; preset 45,000. */
  readonly sessionTimeoutMs?: number
  readonly rebalanceTimeoutMs?: number
  readonly heartbeatMs?: number
  /** How long work in flight may take when its partition is taken back, or the consumer is closed; preset 30,000. */
  readonly releaseMs?: number
  /** These are read from now on, from where the group stands. */
  readonly onAssigned?: (partitions: Partitions, generation: number) => void
  /** These go when this resolves; their work is done, and what was done of them is committed after it. */
  readonly onRevoked?: (partitions: Partitions) => Promise<void> | void
  /** These are somebody else's already. */
  readonly onLost?: (partitions: Partitions) => void
}

export const presets = {
  commitEveryMs: 5_000,
  sessionTimeoutMs: 45_000,
  rebalanceTimeoutMs: 60_000,
  heartbeatMs: 3_000,
  releaseMs: 30_000,
}
