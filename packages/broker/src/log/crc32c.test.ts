import { crc32c as plainCrc32c } from 'sluice-kafka-protocol'
import { expect, test } from 'vitest'
import { crc32c } from './crc32c.ts'

test.each([{ sizeBytes: 0 }, { sizeBytes: 9 }, { sizeBytes: 61 }, { sizeBytes: 100_003 }])(
  'whatever computes it, the checksum of $sizeBytes bytes is the same',
  ({ sizeBytes }) => {
    const bytes = Buffer.from(Array.from({ length: sizeBytes }, (_, index) => (index * 167) & 0xff))
    expect(crc32c(bytes)).toBe(plainCrc32c(bytes))
  },
)
