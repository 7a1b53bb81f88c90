import { errorCodes } from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import {
  type BatchRules,
  checkBatch,
  isIntact,
  isRefusal,
  placeBatch,
  readBatchHeader,
  stampBatch,
} from './batch.ts'
import { crc32c } from './crc32c.ts'
import { batchOf, startMs } from './log-rig.suite.ts'

const rules: BatchRules = {
  sizeBytesMax: 1000,
  origin: 'client',
  nowMs: startMs,
  appendTime: false,
  timestampBeforeMaxMs: 60_000,
  timestampAfterMaxMs: 1000,
}

/** Changes a batch and makes its checksum right again. */
const forged = (change: (bytes: Buffer) => void, bytes = batchOf(['a', 'b'])): Buffer => {
  change(bytes)
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17)
  return bytes
}

describe('a batch from a client', () => {
  test('is accepted when it is whole and right', () => {
    const checked = checkBatch(batchOf(['a', 'b', 'c']), rules)
    expect(checked).toMatchObject({ recordCount: 3, lastOffsetDelta: 2, producerId: -1n })
  })

  test.each([
    { says: 'empty', bytes: Buffer.alloc(0), error: errorCodes.CORRUPT_MESSAGE },
    { says: 'cut off', bytes: batchOf(['a']).subarray(0, -1), error: errorCodes.CORRUPT_MESSAGE },
    {
      says: 'two in one',
      bytes: Buffer.concat([batchOf(['a']), batchOf(['b'])]),
      error: errorCodes.INVALID_RECORD,
    },
    { says: 'too large', bytes: batchOf(['x'.repeat(2000)]), error: errorCodes.MESSAGE_TOO_LARGE },
    {
      says: 'damaged',
      bytes: Buffer.from(batchOf(['a']).map((byte, at, all) => (at === all.length - 1 ? byte ^ 1 : byte))),
      error: errorCodes.CORRUPT_MESSAGE,
    },
    {
      says: 'of an old format',
      bytes: forged((bytes) => bytes.writeInt8(1, 16)),
      error: errorCodes.UNSUPPORTED_FOR_MESSAGE_FORMAT,
    },
    {
      says: 'with a wrong count of records',
      bytes: forged((bytes) => bytes.writeInt32BE(7, 57)),
      error: errorCodes.INVALID_RECORD,
    },
    {
      says: 'without records',
      bytes: forged((bytes) => {
        bytes.writeInt32BE(0, 57)
        bytes.writeInt32BE(-1, 23)
      }),
      error: errorCodes.INVALID_RECORD,
    },
    { says: 'a control batch', bytes: batchOf(['a'], { isControl: true }), error: errorCodes.INVALID_RECORD },
    {
      says: 'with a producer id but no sequence',
      bytes: batchOf(['a'], { producerId: 5n, producerEpoch: 0 }),
      error: errorCodes.INVALID_RECORD,
    },
    {
      says: 'with an unknown codec',
      bytes: forged((bytes) => bytes.writeInt16BE(5, 21)),
      error: errorCodes.UNSUPPORTED_COMPRESSION_TYPE,
    },
    {
      says: 'from too far in the future',
      bytes: batchOf(['a'], { timestampMs: startMs + 1001 }),
      error: errorCodes.INVALID_TIMESTAMP,
    },
    {
      says: 'from too far in the past',
      bytes: batchOf(['a'], { timestampMs: startMs - 60_001 }),
      error: errorCodes.INVALID_TIMESTAMP,
    },
  ])('is refused when it is $says', ({ bytes, error }) => {
    const checked = checkBatch(bytes, rules)
    expect(isRefusal(checked) ? checked.error : 'accepted').toBe(error)
  })

  test('may have any time where the broker stamps it', () => {
    const checked = checkBatch(batchOf(['a'], { timestampMs: 5 }), { ...rules, appendTime: true })
    expect(isRefusal(checked)).toBe(false)
  })
})

describe('a batch of our own', () => {
  test('may be a control batch, but not a damaged one', () => {
    const own: BatchRules = { ...rules, origin: 'broker' }
    expect(isRefusal(checkBatch(batchOf(['a'], { isControl: true }), own))).toBe(false)
    expect(isRefusal(checkBatch(batchOf(['a']).fill(9, 62), own))).toBe(true)
  })
})

test('placing a batch leaves its checksum right', () => {
  const bytes = batchOf(['a', 'b'])
  placeBatch(bytes, 12345678901n, 3)
  expect(isIntact(bytes, 0, bytes.length)).toBe(true)
  expect(readBatchHeader(bytes, 0)?.baseOffset).toBe(12345678901n)
  expect(bytes.readInt32BE(12)).toBe(3)
})

test('stamping a batch sets type and time of its timestamps and a new checksum', () => {
  const bytes = batchOf(['a'], { timestampMs: 5 })
  stampBatch(bytes, startMs)
  expect(isIntact(bytes, 0, bytes.length)).toBe(true)
  expect(readBatchHeader(bytes, 0)).toMatchObject({ maxTimestamp: startMs, attributes: 0x08 })
})

test.each([
  { says: 'too few bytes', bytes: batchOf(['a']).subarray(0, 60) },
  { says: 'a length below the header', bytes: forged((bytes) => bytes.writeInt32BE(10, 8)) },
  { says: 'a negative length', bytes: forged((bytes) => bytes.writeInt32BE(-5, 8)) },
])('no header is read from $says', ({ bytes }) => {
  expect(readBatchHeader(bytes, 0)).toBeNull()
})
