import { describe, expect, test } from 'vitest'
import { Metadata } from '../messages/03-metadata.ts'
import { ApiVersions } from '../messages/18-api-versions.ts'
import {
  readFrameSize,
  readRequestHeader,
  readRequestHeaderTags,
  readResponseHeader,
  requestFrame,
  responseFrame,
} from './frames.ts'
import { ProtocolError } from './protocol-error.ts'
import { Reader } from './reader.ts'

const frameSizeBytesMax = 1_000

describe('a request', () => {
  test.each([
    { version: 8, says: 'without tags in the header' },
    { version: 9, says: 'with tags in the header' },
  ])('of version $version comes through $says', ({ version }) => {
    const header = { apiVersion: version, correlationId: 77, clientId: 'me' }
    const frame = Buffer.concat(requestFrame(Metadata, header, { topics: null }))
    expect(readFrameSize(frame, 0, frameSizeBytesMax)).toBe(frame.length - 4)
    const reader = new Reader(frame, 4)
    expect(readRequestHeader(reader)).toStrictEqual({ apiKey: 3, ...header })
    readRequestHeaderTags(reader, Metadata, version)
    expect(Metadata.decodeRequest(version, reader).topics).toBe(null)
    expect(reader.remainingBytes).toBe(0)
  })
})

describe('a response', () => {
  test.each([
    { message: Metadata, version: 8, headerSizeBytes: 4 },
    { message: Metadata, version: 9, headerSizeBytes: 5 },
    { message: ApiVersions, version: 2, headerSizeBytes: 4 },
    { message: ApiVersions, version: 3, headerSizeBytes: 4 },
  ])(
    'of $message.name v$version has a header of $headerSizeBytes bytes',
    ({ message, version, headerSizeBytes }) => {
      const value = message === Metadata ? { brokers: [], topics: [] } : { errorCode: 0, apiKeys: [] }
      const frame = Buffer.concat(responseFrame<never>(message, version, 5, value as never))
      expect(readFrameSize(frame, 0, frameSizeBytesMax)).toBe(frame.length - 4)
      const reader = new Reader(frame, 4)
      expect(readResponseHeader(reader, message, version)).toBe(5)
      expect(reader.position).toBe(4 + headerSizeBytes)
      message.decodeResponse(version, reader)
      expect(reader.remainingBytes).toBe(0)
    },
  )
})

test.each([{ sizeBytes: -1 }, { sizeBytes: frameSizeBytesMax + 1 }, { sizeBytes: 0x4745_5420 }])(
  'a frame of $sizeBytes bytes is refused before anything is read',
  ({ sizeBytes }) => {
    const frame = Buffer.alloc(4)
    frame.writeInt32BE(sizeBytes)
    expect(() => readFrameSize(frame, 0, frameSizeBytesMax)).toThrow(ProtocolError)
  },
)
