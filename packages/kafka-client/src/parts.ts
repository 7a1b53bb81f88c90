/** The parts beneath the client, for Sluice's engine, which builds its own sessions of them. They may change with any version. */
export { Admin } from './admin/admin.ts'
export { KafkaCluster, type TopicMetadata } from './cluster/cluster.ts'
export type { OffsetQuery } from './cluster/list-offsets.ts'
export { type OffsetRange, TopicOffsets } from './cluster/topic-offsets.ts'
export { clientCredentials } from './connection/sasl/client-credentials.ts'
export type { Sasl } from './connection/sasl/options.ts'
export type { TlsSource } from './connection/tls-options.ts'
export type { FetchOptions } from './consumer/fetch-request.ts'
export { Fetcher } from './consumer/fetcher.ts'
export { Peek, type Peeked } from './consumer/peek.ts'
export type { FetchedSet } from './consumer/reading.ts'
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
