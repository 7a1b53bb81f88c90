/** Headers of one record, decoded when somebody asks for them. */
import { ProtocolError } from '../codec/protocol-error.ts'
import { Reader } from '../codec/reader.ts'

/** Key length and value length, a byte each at least. */
const headerSizeBytesMin = 2

/** Keys may repeat; the order is kept. */
export type RecordHeader = { readonly key: string; readonly value: Buffer | null }

/**
 * Decodes the header section between `start` and `end` (`headersStart` and `headersEnd` of RecordColumns). Values are views of
 * the buffer. Throws ProtocolError unless the section is exactly the headers it announces.
 */
export const decodeHeaders = (buffer: Buffer, start: number, end: number): RecordHeader[] => {
  const reader = new Reader(buffer, start, end)
  const count = reader.varint()
  if (count < 0 || count * headerSizeBytesMin > reader.remainingBytes) {
    throw new ProtocolError('invalid', `${count} headers cannot fit ${reader.remainingBytes} bytes`)
  }
  const headers: RecordHeader[] = []
  for (let index = 0; index < count; index++) {
    const keySizeBytes = reader.varint()
    const keyStart = reader.skip(keySizeBytes)
    const key = buffer.toString('utf8', keyStart, keyStart + keySizeBytes)
    headers.push({ key, value: readValue(reader) })
  }
  if (reader.remainingBytes > 0) {
    throw new ProtocolError('invalid', `${reader.remainingBytes} bytes are left after ${count} headers`)
  }
  return headers
}

const readValue = (reader: Reader): Buffer | null => {
  const sizeBytes = reader.varint()
  if (sizeBytes === -1) return null
  const start = reader.skip(sizeBytes)
  return reader.buffer.subarray(start, start + sizeBytes)
}
