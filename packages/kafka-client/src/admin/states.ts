/** What the admin tells of a cluster. */

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

export interface PartitionState {
  readonly partition: number
  /** -1 while nobody leads. */
  readonly leader: number
  readonly replicas: readonly number[]
  readonly inSyncReplicas: readonly number[]
  readonly earliest: bigint
  /** Offset of the next record. */
  readonly latest: bigint
}

export interface TopicState {
  readonly name: string
  /** A topic made anew has another. */
  readonly id: string
  readonly internal: boolean
  readonly partitions: readonly PartitionState[]
}

export interface TopicSummary {
  readonly name: string
  readonly id: string
  readonly internal: boolean
  /** How many. */
  readonly partitions: number
}

export interface NewTopic {
  readonly name: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly configs: Readonly<Record<string, string>>
}

/** Where a partition begins and ends; null while nobody leads it. */
export interface PartitionOffsets {
  readonly partition: number
  readonly earliest: bigint | null
  readonly latest: bigint | null
}

export interface TopicOffsetsState {
  readonly name: string
  readonly id: string
  readonly internal: boolean
  readonly partitions: readonly PartitionOffsets[]
}

export interface TopicSetting {
  readonly name: string
  readonly value: string | null
  /** Whether it was made for this topic itself. */
  readonly isOwn: boolean
  /** What it is where the topic has none of its own; null where the cluster does not tell. */
  readonly inherited: string | null
}

export interface GroupOffset extends TopicPartition {
  readonly committed: bigint
}

export interface GroupMemberState {
  readonly memberId: string
  /** Name that a static member gives itself. */
  readonly instanceId: string | null
  readonly clientId: string
  readonly host: string
  /** What it reads in a stable group. */
  readonly partitions: readonly TopicPartition[]
  /** Topics it asked for. */
  readonly topics: readonly string[]
}

/** A consumer group as its coordinator knows it. */
export interface GroupState {
  readonly name: string
  /** As Kafka calls it: `Stable`, `Empty`, `PreparingRebalance`, … */
  readonly state: string
  /** How partitions are shared out; null where nobody is to share. */
  readonly protocol: string | null
  readonly members: readonly GroupMemberState[]
  readonly offsets: readonly GroupOffset[]
}
