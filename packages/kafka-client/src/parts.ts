/** The parts beneath the client, for Sluice's engine, which builds its own sessions of them. They may change with any version. */
export { type ClusterMetadata, KafkaCluster, type TopicMetadata } from './cluster/cluster.ts'
export { listOffsets, type OffsetQuery } from './cluster/list-offsets.ts'
export { type OffsetRange, TopicOffsets } from './cluster/topic-offsets.ts'
export type { BrokerConnection } from './connection/connection.ts'
export { openWire } from './connection/open-wire.ts'
export type { BrokerAddress, ClientMessage, OpenWire, Wire, WireOptions } from './connection/wire.ts'
export { type FetchedSet, Fetcher, type FetchOptions } from './consumer/fetcher.ts'
export { logBatchesOf } from './consumer/log-batches.ts'
export { type DecodedRecords, decodeRecordSet, offsetAfter } from './consumer/record-sets.ts'
export { isRetriableCode, throwOn } from './errors/broker-errors.ts'
export { isKafkaError, KafkaError } from './errors/kafka-error.ts'
export { ClassicMember } from './groups/classic-member.ts'
export { ConsumerMember } from './groups/consumer-member.ts'
export type {
  CommittedOffset,
  GroupIdentity,
  GroupListener,
  GroupOptions,
  Membership,
  OffsetToCommit,
} from './groups/group.ts'
export { committedOffsets } from './groups/offsets.ts'
export { countOf, joined, type Partitions, without } from './groups/partitions.ts'
export { Delivery } from './producer/delivery.ts'
export { Producer } from './producer/producer.ts'
