import { describe, expect, test } from 'vitest'
import { Ring, type RingRow } from './ring.ts'

const row = (text: string, sizeBytes = 1): RingRow => ({ sizeBytes, heldBytes: sizeBytes, text: () => text })

const ringOf = (names: string, bounds = { rowsMax: 5, bytesMax: 100 }): Ring => {
  const ring = new Ring(1_000, bounds)
  for (const name of names) ring.push(row(name))
  return ring
}

const everything = { rows: 100, bytes: 100 }

const shown = (ring: Ring, cursor: number, most = everything) => {
  const { rows, seq, dropped } = ring.pick(cursor, most)
  return { rows: rows.map(({ text }) => text()).join(''), seq: seq - 1_000, dropped }
}

describe('a ring', () => {
  test.each([
    { says: 'all to a newcomer at its beginning', cursor: 1_000, rows: 'abc', dropped: 0 },
    { says: 'what came since', cursor: 1_002, rows: 'c', dropped: 0 },
    { says: 'nothing to who has seen it all', cursor: 1_003, rows: '', dropped: 0 },
  ])('gives $says', ({ cursor, rows, dropped }) => {
    expect(shown(ringOf('abc'), cursor)).toEqual({ rows, seq: 3, dropped })
  })

  test('keeps the newest rows and tells how many went', () => {
    expect(shown(ringOf('abcdefgh'), 1_000)).toEqual({ rows: 'defgh', seq: 8, dropped: 3 })
    expect(shown(ringOf('abcdefgh'), 1_002)).toEqual({ rows: 'defgh', seq: 8, dropped: 1 })
  })

  test('keeps no more bytes than it may, and the newest row whatever its size', () => {
    const ring = new Ring(1_000, { rowsMax: 5, bytesMax: 10 })
    ring.push(row('a', 6))
    ring.push(row('b', 6))
    expect(shown(ring, 1_000)).toEqual({ rows: 'b', seq: 2, dropped: 1 })
    ring.push(row('c', 50))
    expect(shown(ring, 1_000)).toEqual({ rows: 'c', seq: 3, dropped: 2 })
  })

  test('sends a sample of too many rows and counts the others', () => {
    expect(shown(ringOf('abcde'), 1_000, { rows: 2, bytes: 100 })).toEqual({ rows: 'ce', seq: 5, dropped: 3 })
  })

  test('sends fewer rows when they are large', () => {
    const ring = new Ring(1_000, { rowsMax: 5, bytesMax: 1_000 })
    for (const name of 'abcd') ring.push(row(name, 100))
    expect(shown(ring, 1_000, { rows: 100, bytes: 200 })).toEqual({ rows: 'bd', seq: 4, dropped: 2 })
  })

  test('counts what the reader jumped over, however much that is', () => {
    const ring = ringOf('ab')
    ring.skip(1_000_000_000)
    ring.push(row('z'))
    expect(shown(ring, 1_002)).toEqual({ rows: 'z', seq: 1_000_000_003, dropped: 1_000_000_000 })
    expect(shown(ring, 1_001).dropped).toBe(1_000_000_001)
  })

  test('knows cursors of its own life alone', () => {
    const ring = ringOf('ab')
    expect([999, 1_000, 1_002, 1_003].map((cursor) => ring.knows(cursor))).toEqual([false, true, true, false])
  })
})
