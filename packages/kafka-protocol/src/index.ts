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
export { Produce } from './messages/00-produce.ts'
export { Fetch } from './messages/01-fetch.ts'
export { ListOffsets, listOffsetsTimestamp } from './messages/02-list-offsets.ts'
export { Metadata, operationsNotAsked } from './messages/03-metadata.ts'
export { ApiVersions } from './messages/18-api-versions.ts'
export { CreateTopics } from './messages/19-create-topics.ts'
export { messages } from './messages/list.ts'
