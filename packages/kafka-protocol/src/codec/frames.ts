/**
 * Frames and headers: what surrounds a message on a connection.
 *
 * A frame is its size in four bytes, a header, a message. Requests have header version 1, flexible ones 2 (which adds
 * tagged fields; the client id keeps its old form). Responses have header version 0, flexible ones 1, except
 * ApiVersions, whose response header never changes: a client must understand it before it knows any version (KIP-511).
 */
import type { Message } from './message.ts'
import { ProtocolError } from './protocol-error.ts'
import type { Reader } from './reader.ts'
import { Writer } from './writer.ts'

const apiVersionsKey = 18

export type RequestHeader = {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
}

type Flexibility = Pick<Message, 'key' | 'isFlexible'>

/**
 * Reads the part of the header that every request has. Tagged fields that may follow are read by `readRequestHeaderTags`
 * once the message is known: only its table tells whether the version is flexible.
 */
export const readRequestHeader = (reader: Reader): RequestHeader => ({
  apiKey: reader.int16(),
  apiVersion: reader.int16(),
  correlationId: reader.int32(),
  clientId: reader.nullableString(false),
})

/** Steps over the header's tagged fields where the version has them; the body of the message follows. */
export const readRequestHeaderTags = (reader: Reader, message: Flexibility, version: number): void => {
  if (message.isFlexible(version)) reader.taggedFields()
}

export const writeRequestHeader = (
  writer: Writer,
  message: Flexibility,
  header: Omit<RequestHeader, 'apiKey'>,
): void => {
  writer.int16(message.key)
  writer.int16(header.apiVersion)
  writer.int32(header.correlationId)
  writer.nullableString(header.clientId, false)
  if (message.isFlexible(header.apiVersion)) writer.unsignedVarint(0)
}

const hasResponseHeaderTags = (message: Flexibility, version: number): boolean =>
  message.key !== apiVersionsKey && message.isFlexible(version)

/** Reads the response header and answers its correlation id. */
export const readResponseHeader = (reader: Reader, message: Flexibility, version: number): number => {
  const correlationId = reader.int32()
  if (hasResponseHeaderTags(message, version)) reader.taggedFields()
  return correlationId
}

export const writeResponseHeader = (
  writer: Writer,
  message: Flexibility,
  version: number,
  correlationId: number,
): void => {
  writer.int32(correlationId)
  if (hasResponseHeaderTags(message, version)) writer.unsignedVarint(0)
}

/** A whole request with its size in front, as chunks for `writev`. */
export const requestFrame = <In>(
  message: Message<unknown, In, unknown, never>,
  header: Omit<RequestHeader, 'apiKey'>,
  value: In,
): Buffer[] =>
  frame((writer) => {
    writeRequestHeader(writer, message, header)
    message.encodeRequest(header.apiVersion, value, writer)
  })

/** A whole response with its size in front, as chunks for `writev`; record sets in it are not copied. */
export const responseFrame = <In>(
  message: Message<unknown, never, unknown, In>,
  version: number,
  correlationId: number,
  value: In,
): Buffer[] =>
  frame((writer) => {
    writeResponseHeader(writer, message, version, correlationId)
    message.encodeResponse(version, value, writer)
  })

/**
 * The size a frame declares, at the four bytes of `position`; not counting these four. Throws ProtocolError for a size
 * that is negative or above `sizeBytesMax`.
 */
export const readFrameSize = (buffer: Buffer, position: number, sizeBytesMax: number): number => {
  const sizeBytes = buffer.readInt32BE(position)
  if (sizeBytes < 0 || sizeBytes > sizeBytesMax) {
    throw new ProtocolError('invalid', `a frame of ${sizeBytes} bytes is outside 0 to ${sizeBytesMax}`)
  }
  return sizeBytes
}

const frame = (write: (writer: Writer) => void): Buffer[] => {
  const writer = new Writer()
  const size = writer.reserveInt32()
  write(writer)
  size.set(writer.sizeBytes - 4)
  return writer.toChunks()
}
