/** The parts beneath the client, for Sluice's engine, which builds its own sessions of them. They may change with any version. */
export { Admin } from './admin/admin.ts'
export { KafkaCluster, type TopicMetadata } from './cluster/cluster.ts'
export type { OffsetQuery } from './cluster/list-offsets.ts'
export { type OffsetRange, TopicOffsets } from './cluster/topic-offsets.ts'
export { openWire } from './connection/open-wire.ts'
export type { BrokerAddress, ClientMessage, OpenWire, Wire, WireOptions } from './connection/wire.ts'
export { type FetchedSet, Fetcher, type FetchOptions } from './consumer/fetcher.ts'
export { Peek, type Peeked } from './consumer/peek.ts'
export { type DecodedRecords, decodeRecordSet } from './consumer/record-sets.ts'
export type { KafkaErrorCode } from './errors/catalogue.ts'
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
