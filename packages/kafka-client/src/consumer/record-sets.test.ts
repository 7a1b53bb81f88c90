import { BatchEncoder, compressionIds } from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { valuesIn } from '../cluster/fake-cluster.suite.ts'
import { type CompressionName, compress } from '../compression/codecs.ts'
import { type AbortedRange, decodeRecordSet, endOf } from './record-sets.ts'

interface Made {
  readonly base: number
  readonly values: readonly (string | null)[]
  readonly producer?: number
  readonly compression?: CompressionName
  /** 0 aborts, 1 commits. */
  readonly marker?: number
}

const make = ({ base, values, producer, compression = 'none', marker }: Made): Buffer => {
  const encoder = new BatchEncoder()
  if (marker === undefined) {
    for (const [i, value] of values.entries()) {
      const headers =
        value === 'with headers'
          ? [
              { key: 'h', value: Buffer.from('1') },
              { key: 'h', value: null },
            ]
          : []
      encoder.append(null, value === null ? null : Buffer.from(value), 1_000 + base + i, headers)
    }
  } else encoder.append(Buffer.from([0, 0, 0, marker]), Buffer.alloc(6), 1_000)
  return encoder.finish({
    baseOffset: BigInt(base),
    producerId: BigInt(producer ?? -1),
    isTransactional: producer !== undefined,
    isControl: marker !== undefined,
    compression: { id: compressionIds[compression], compress: (bytes) => compress(compression, bytes) },
  })
}

const read = (
  batches: readonly Made[],
  from = 0n,
  aborted: readonly AbortedRange[] | null = null,
): string[] => {
  const records = decodeRecordSet({ bytes: Buffer.concat(batches.map(make)), from, aborted })
  if (records === null) return []
  const values = valuesIn(records)
  return Array.from(
    { length: records.count },
    (_, i) => `${records.baseOffset + BigInt(records.offsetDelta[i] ?? 0)}@${records.timeMs[i]}=${values[i]}`,
  )
}

describe('a record set', () => {
  test('of several batches becomes one batch with their offsets and times', () => {
    const made = [
      { base: 5, values: ['a', null] },
      { base: 9, values: ['b'] },
    ]
    expect(read(made)).toStrictEqual(['5@1005=a', '6@1006=null', '9@1009=b'])
  })

  test('leaves out what lies before the offset that was asked for', () => {
    const made = [
      { base: 5, values: ['a', 'b', 'c'] },
      { base: 8, values: ['d'] },
    ]
    expect(read(made, 7n)).toStrictEqual(['7@1007=c', '8@1008=d'])
    expect(read(made, 9n)).toStrictEqual([])
  })

  test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('in %s is read beside plain ones', (compression) => {
    const made: Made[] = [
      { base: 0, values: ['plain'] },
      { base: 1, values: ['a', 'b', null], compression },
      { base: 4, values: ['plain again'] },
    ]
    expect(read(made)).toStrictEqual([
      '0@1000=plain',
      '1@1001=a',
      '2@1002=b',
      '3@1003=null',
      '4@1004=plain again',
    ])
  })

  test('keeps repeated headers and null values', () => {
    const bytes = make({ base: 0, values: ['x', 'with headers'] })
    const records = decodeRecordSet({ bytes, from: 1n, aborted: null })
    expect(records?.headersOf(0)).toStrictEqual([
      { key: 'h', value: Buffer.from('1') },
      { key: 'h', value: null },
    ])
  })

  test('ends at its last whole batch', () => {
    const whole = make({ base: 3, values: ['a', 'b'] })
    const cut = make({ base: 5, values: ['c'] })
    const bytes = Buffer.concat([whole, cut.subarray(0, cut.length - 1)])
    expect(endOf(bytes)?.offset).toBe(5n)
    expect(decodeRecordSet({ bytes, from: 3n, aborted: null })?.count).toBe(2)
    expect(endOf(cut.subarray(0, 20))).toBeNull()
  })

  test('with a flipped bit is refused', () => {
    const bytes = make({ base: 0, values: ['abcdef'] })
    bytes[bytes.length - 3] = (bytes.at(-3) ?? 0) ^ 1
    expect(() => decodeRecordSet({ bytes, from: 0n, aborted: null })).toThrow('does not match its checksum')
  })
})

describe('reading committed records only', () => {
  const aborted = [
    { producerId: 1n, firstOffset: 0n },
    { producerId: 1n, firstOffset: 4n },
  ]

  test('leaves out every aborted range when a producer aborts twice in one set', () => {
    const made: Made[] = [
      { base: 0, values: ['aborted'], producer: 1 },
      { base: 1, values: [], producer: 1, marker: 0 },
      { base: 2, values: ['committed'], producer: 1 },
      { base: 3, values: [], producer: 1, marker: 1 },
      { base: 4, values: ['aborted again'], producer: 1 },
      { base: 5, values: ['another producer'], producer: 2 },
      { base: 6, values: [], producer: 1, marker: 0 },
      { base: 7, values: ['plain'] },
    ]
    const expected = ['2@1002=committed', '5@1005=another producer', '7@1007=plain']
    expect(read(made, 0n, aborted)).toStrictEqual(expected)
  })

  test('knows a range that began before the set', () => {
    const made: Made[] = [
      { base: 10, values: ['aborted'], producer: 1 },
      { base: 11, values: [], producer: 1, marker: 0 },
      { base: 12, values: ['committed'], producer: 1 },
    ]
    expect(read(made, 10n, [{ producerId: 1n, firstOffset: 3n }])).toStrictEqual(['12@1012=committed'])
  })

  test('is not done unless asked for; control records are left out all the same', () => {
    const made: Made[] = [
      { base: 0, values: ['aborted'], producer: 1 },
      { base: 1, values: [], producer: 1, marker: 0 },
    ]
    expect(read(made)).toStrictEqual(['0@1000=aborted'])
  })
})
