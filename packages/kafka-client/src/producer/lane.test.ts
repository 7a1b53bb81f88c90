import { BatchEncoder } from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { Lane } from './lane.ts'
import { ProduceBatch, type ProducerId, sequenceAfter, type Ticket } from './produce-batch.ts'

const session: ProducerId = { id: 7n, epoch: 0 }
const nobody: Ticket = {
  written: () => undefined,
  refused: () => undefined,
  failed: () => undefined,
  hold: () => undefined,
  letGo: () => undefined,
}

const fill = (lane: Lane, records: number): void => {
  lane.open = new ProduceBatch(new BatchEncoder(), 0)
  for (let i = 0; i < records; i++) lane.open.add(null, Buffer.from('x'), 1, [], nobody, i)
  lane.closeOpen()
}

/** A lane with batches of two records, all waiting. */
const laneWith = (batches: number): Lane => {
  const lane = new Lane('t', 0)
  for (let i = 0; i < batches; i++) fill(lane, 2)
  return lane
}

const sendAll = (lane: Lane, to: ProducerId | null = session): ProduceBatch[] => {
  const sent: ProduceBatch[] = []
  while (lane.maySend(to, 5)) {
    const batch = lane.send(to)
    if (batch !== undefined) sent.push(batch)
  }
  return sent
}

const sendOne = (lane: Lane, to: ProducerId = session): ProduceBatch => {
  const [batch] = sendAll(lane, to)
  if (batch === undefined) throw new Error('nothing may be sent')
  return batch
}

const proven = (batches: number): Lane => {
  const lane = laneWith(batches + 1)
  lane.written(sendOne(lane))
  return lane
}

describe('batches of a partition', () => {
  test('are alone under way until the first is written, then five at once in sequence', () => {
    const lane = laneWith(8)
    const [first, ...others] = sendAll(lane)
    expect(others).toEqual([])
    if (first !== undefined) lane.written(first)
    expect(sendAll(lane).map(({ sequence }) => sequence)).toEqual([2, 4, 6, 8, 10])
  })

  test('go again in order and one at a time, with the numbers they had', () => {
    const lane = proven(4)
    const [a, b, c, d] = sendAll(lane)
    for (const batch of [b, d, a, c]) if (batch !== undefined) lane.again(batch)
    expect(lane.queue).toEqual([a, b, c, d])
    const sent = sendAll(lane)
    expect(sent.map(({ sequence }) => sequence)).toEqual([2])
  })

  test('that come after one that goes again wait for it', () => {
    const lane = proven(2)
    const [a, b] = sendAll(lane)
    fill(lane, 1)
    if (a !== undefined) lane.again(a)
    expect(lane.maySend(session, 5)).toBe(false)
    if (b !== undefined) lane.again(b)
    expect(lane.maySend(session, 5)).toBe(true)
  })

  test('begin anew under the next epoch when a number is lost, once nothing is under way', () => {
    const lane = proven(4)
    const [a, b, c] = sendAll(lane)
    if (a !== undefined) lane.dropped(a)
    if (b !== undefined) lane.again(b)
    expect(lane.maySend(session, 5)).toBe(false)
    if (c !== undefined) lane.written(c)
    fill(lane, 1)
    lane.underWay.splice(0)
    const next = sendOne(lane)
    expect(next).toMatchObject({ sequence: 0, producer: { id: 7n, epoch: 1 } })
  })

  test('begin anew under another producer id, once nothing is under way', () => {
    const lane = proven(2)
    const other = { id: 8n, epoch: 0 }
    const [a, b] = [sendOne(lane), lane.underWay[1]]
    expect(lane.maySend(other, 5)).toBe(false)
    lane.written(a)
    if (b !== undefined) lane.written(b)
    fill(lane, 1)
    expect(sendOne(lane, other)).toMatchObject({ sequence: 0, producer: other })
  })

  test('have parts that take their place and share their numbers', () => {
    const lane = proven(2)
    const [a, b] = sendAll(lane)
    if (a === undefined || b === undefined) throw new Error('two were filled')
    a.bytesFor('none', false)
    const parts = a.split()
    lane.replaced(a, parts)
    lane.again(b)
    expect(lane.queue.map(({ sequence }) => sequence)).toEqual([2, 3, 4])
    // In whatever order they come back.
    const [first, second] = parts
    if (first === undefined || second === undefined) throw new Error('there are two parts')
    lane.queue.splice(0)
    for (const batch of [b, second, first]) lane.again(batch)
    expect(lane.queue).toEqual([first, second, b])
  })

  test('know which of them is the oldest', () => {
    const lane = proven(2)
    const [a, b] = sendAll(lane)
    if (a === undefined || b === undefined) throw new Error('two were filled')
    expect([lane.isOldest(a), lane.isOldest(b)]).toEqual([true, false])
    lane.written(a)
    expect(lane.isOldest(b)).toBe(true)
  })
})

test('numbers go round after 2^31 - 1', () => {
  expect(sequenceAfter(0x7fff_ffff, 1)).toBe(0)
  expect(sequenceAfter(0x7fff_fffe, 5)).toBe(3)
})
