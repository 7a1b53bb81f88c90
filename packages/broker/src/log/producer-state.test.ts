import { describe, expect, test } from 'vitest'
import { type BatchHeader, readBatchHeader } from './batch.ts'
import { batchOf } from './log-rig.suite.ts'
import {
  decodeProducers,
  encodeProducers,
  forgetSilent,
  judgeSequence,
  type Producer,
  type Producers,
  withBatch,
} from './producer-state.ts'

const batch = (baseSequence: number, count = 1, producerEpoch = 0): BatchHeader => {
  const bytes = batchOf(
    Array.from({ length: count }, () => 'x'),
    { producerId: 7n, producerEpoch, baseSequence },
  )
  const header = readBatchHeader(bytes, 0)
  if (header === null) throw new Error('no header')
  return header
}

/** A producer that has sent batches with these sequences, at offsets 100, 200, … */
const after = (...sequences: (readonly [number, number])[]): Producer => {
  let producer: Producer | undefined
  for (const [index, [baseSequence, count]] of sequences.entries()) {
    producer = withBatch(producer, batch(baseSequence, count), BigInt((index + 1) * 100), 1000)
  }
  if (producer === undefined) throw new Error('no batch')
  return producer
}

const sixBatches = after([0, 1], [1, 1], [2, 1], [3, 1], [4, 1], [5, 1])

test.each([
  {
    says: 'an unknown producer begins anywhere',
    known: undefined,
    sent: batch(41),
    verdict: { kind: 'next' },
  },
  { says: 'the next batch follows', known: after([0, 3]), sent: batch(3), verdict: { kind: 'next' } },
  {
    says: 'the same batch is a duplicate of its old offset',
    known: after([0, 3], [3, 2]),
    sent: batch(3, 2),
    verdict: { kind: 'duplicate', baseOffset: 200n },
  },
  {
    says: 'the fifth to last batch is still known',
    known: sixBatches,
    sent: batch(1),
    verdict: { kind: 'duplicate', baseOffset: 200n },
  },
  {
    says: 'an older batch is out of order',
    known: sixBatches,
    sent: batch(0),
    verdict: { kind: 'gap', expected: 6 },
  },
  {
    says: 'a gap is out of order',
    known: after([0, 3]),
    sent: batch(5),
    verdict: { kind: 'gap', expected: 3 },
  },
  {
    says: 'the same beginning with another length is out of order',
    known: after([0, 3]),
    sent: batch(0, 2),
    verdict: { kind: 'gap', expected: 3 },
  },
  {
    says: 'an older epoch is fenced',
    known: { ...after([0, 1]), epoch: 2 },
    sent: batch(1, 1, 1),
    verdict: { kind: 'fenced', epoch: 2 },
  },
  {
    says: 'a newer epoch begins at 0',
    known: after([0, 3]),
    sent: batch(0, 1, 1),
    verdict: { kind: 'next' },
  },
  {
    says: 'a newer epoch does not begin elsewhere',
    known: after([0, 3]),
    sent: batch(3, 1, 1),
    verdict: { kind: 'gap', expected: 0 },
  },
  {
    says: 'sequences go on at 0 after the largest',
    known: after([0x7ffffffe, 2]),
    sent: batch(0),
    verdict: { kind: 'next' },
  },
  {
    says: 'a batch may reach over the largest sequence',
    known: after([0x7ffffffe, 4]),
    sent: batch(2),
    verdict: { kind: 'next' },
  },
])('$says', ({ known, sent, verdict }) => {
  expect(judgeSequence(known, sent)).toEqual(verdict)
})

test('a new epoch forgets the batches of the old one', () => {
  const producer = withBatch(after([0, 3]), batch(0, 1, 1), 900n, 2000)
  expect(producer).toMatchObject({ epoch: 1, seenAtMs: 2000 })
  expect(producer.batches).toHaveLength(1)
})

describe('producers', () => {
  const producers: Producers = new Map([
    [7n, sixBatches],
    [9_007_199_254_740_993n, { ...after([3, 2]), epoch: 12, seenAtMs: 5000 }],
  ])

  test('survive being written and read', () => {
    expect(decodeProducers(encodeProducers(producers))).toEqual(producers)
  })

  test('are forgotten when they were silent for too long', () => {
    const kept: Producers = new Map(producers)
    forgetSilent(kept, 6000, 4000, 10)
    expect([...kept.keys()]).toEqual([9_007_199_254_740_993n])
  })

  test('are forgotten, the most silent first, when there are too many', () => {
    const kept: Producers = new Map(producers)
    forgetSilent(kept, 6000, 1_000_000, 1)
    expect([...kept.keys()]).toEqual([9_007_199_254_740_993n])
  })
})
