/** Everything this package offers. */
export type { RequestHeader } from './codec/frames.ts'
export {
  readFrameSize,
  readRequestHeader,
  readRequestHeaderTags,
  readResponseHeader,
  requestFrame,
  responseFrame,
  writeRequestHeader,
  writeResponseHeader,
} from './codec/frames.ts'
export type {
  Message,
  RequestInputOf,
  RequestOf,
  ResponseInputOf,
  ResponseOf,
  Schema,
  Versions,
} from './codec/message.ts'
export { message, schema } from './codec/message.ts'
export type { ProtocolErrorReason } from './codec/protocol-error.ts'
export { ProtocolError } from './codec/protocol-error.ts'
export { Reader } from './codec/reader.ts'
export type { Field, FieldShape, InOf, OutOf, Presence, PrimitiveKind, Shape, Type } from './codec/shapes.ts'
export {
  array,
  between,
  bool,
  bytes,
  float64,
  int8,
  int16,
  int32,
  int64,
  nullable,
  optional,
  records,
  since,
  string,
  struct,
  tagged,
  uint16,
  uint32,
  uuid,
  zeroUuid,
} from './codec/shapes.ts'
export type { ReservedInt32 } from './codec/writer.ts'
export { Writer } from './codec/writer.ts'
export { decompressedBytesMax } from './compression/bound.ts'
export { lz4Compress, lz4Decompress } from './compression/lz4.ts'
export { snappyCompress, snappyDecompress } from './compression/snappy.ts'
export type { Assignment, AssignmentInput, Subscription, SubscriptionInput } from './consumer-protocol.ts'
export {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from './consumer-protocol.ts'
export type { ErrorCode, ErrorName, KafkaError } from './errors.ts'
export { errorCodes, kafkaErrorOf, kafkaErrors } from './errors.ts'
export { Produce } from './messages/00-produce.ts'
export { Fetch } from './messages/01-fetch.ts'
export { ListOffsets, listOffsetsTimestamp } from './messages/02-list-offsets.ts'
export { Metadata, operationsNotAsked } from './messages/03-metadata.ts'
export { OffsetCommit } from './messages/08-offset-commit.ts'
export { OffsetFetch } from './messages/09-offset-fetch.ts'
export { FindCoordinator } from './messages/10-find-coordinator.ts'
export { JoinGroup } from './messages/11-join-group.ts'
export { Heartbeat } from './messages/12-heartbeat.ts'
export { LeaveGroup } from './messages/13-leave-group.ts'
export { SyncGroup } from './messages/14-sync-group.ts'
export { DescribeGroups } from './messages/15-describe-groups.ts'
export { ListGroups } from './messages/16-list-groups.ts'
export { SaslHandshake } from './messages/17-sasl-handshake.ts'
export { ApiVersions } from './messages/18-api-versions.ts'
export { CreateTopics } from './messages/19-create-topics.ts'
export { DeleteTopics } from './messages/20-delete-topics.ts'
export { DeleteRecords } from './messages/21-delete-records.ts'
export { InitProducerId } from './messages/22-init-producer-id.ts'
export { OffsetForLeaderEpoch } from './messages/23-offset-for-leader-epoch.ts'
export { AddPartitionsToTxn } from './messages/24-add-partitions-to-txn.ts'
export { AddOffsetsToTxn } from './messages/25-add-offsets-to-txn.ts'
export { EndTxn } from './messages/26-end-txn.ts'
export { TxnOffsetCommit } from './messages/28-txn-offset-commit.ts'
export { DescribeAcls } from './messages/29-describe-acls.ts'
export { CreateAcls } from './messages/30-create-acls.ts'
export { DeleteAcls } from './messages/31-delete-acls.ts'
export { DescribeConfigs } from './messages/32-describe-configs.ts'
export { AlterConfigs } from './messages/33-alter-configs.ts'
export { DescribeLogDirs } from './messages/35-describe-log-dirs.ts'
export { SaslAuthenticate } from './messages/36-sasl-authenticate.ts'
export { CreatePartitions } from './messages/37-create-partitions.ts'
export { DeleteGroups } from './messages/42-delete-groups.ts'
export { IncrementalAlterConfigs } from './messages/44-incremental-alter-configs.ts'
export { OffsetDelete } from './messages/47-offset-delete.ts'
export { DescribeCluster } from './messages/60-describe-cluster.ts'
export { DescribeTransactions } from './messages/65-describe-transactions.ts'
export { ListTransactions } from './messages/66-list-transactions.ts'
export { ConsumerGroupHeartbeat } from './messages/68-consumer-group-heartbeat.ts'
export { ConsumerGroupDescribe } from './messages/69-consumer-group-describe.ts'
export { DescribeTopicPartitions } from './messages/75-describe-topic-partitions.ts'
export { messages } from './messages/list.ts'
export type { BatchOptions, HeaderInput } from './records/batch-encoder.ts'
export { BatchEncoder } from './records/batch-encoder.ts'
export {
  BatchView,
  batchAttributes,
  batchFieldAt,
  batchHeaderSizeBytes,
  compressionIds,
} from './records/batch-view.ts'
export type { Crc32c } from './records/crc32c.ts'
export { crc32c } from './records/crc32c.ts'
export { RecordColumns, walkRecords } from './records/record-columns.ts'
export type { RecordHeader } from './records/record-headers.ts'
export { decodeHeaders } from './records/record-headers.ts'
