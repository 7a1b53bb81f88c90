import { expect, test } from 'vitest'
import { TailPlaces } from './tail-places.ts'

const row = (partition: number, offset: number | string) => ({ partition, offset: String(offset) })

test('a tail goes on behind the newest row of each partition, and where it began in those without rows', () => {
  const places = new TailPlaces()
  expect(places.after('at:0=5,1=7,10=0')).toBe('at:0=5,1=7,10=0')
  places.take([row(0, 5), row(10, '9007199254740993'), row(0, 6)])
  expect(places.after('at:0=5,1=7,10=0')).toBe('at:0=7,1=7,10=9007199254740994')
})

test.each([undefined, 'latest', 'time:2026-01-01T00:00:00Z'])(
  'from %s there are no offsets to go on from',
  (from) => {
    const places = new TailPlaces()
    places.take([row(0, 5)])
    expect(places.after(from)).toBeNull()
  },
)

test('offsets that nobody saw count as possibly missing after a break, once, and only then', () => {
  const places = new TailPlaces()
  expect(places.take([row(0, 5), row(1, 100)])).toBe(0)
  expect(places.take([row(0, 9)])).toBe(0)
  places.break()
  expect(places.take([row(0, 21), row(0, 20)])).toBe(10)
  expect(places.take([row(0, 40)])).toBe(0)
  expect(places.take([row(1, 101), row(2, 50)])).toBe(0)
})

test('a topic made anew begins at its first offset', () => {
  const places = new TailPlaces()
  places.take([row(0, 50)])
  places.break()
  expect(places.take([row(0, 0), row(0, 1)])).toBe(0)
  expect(places.after('at:0=40')).toBe('at:0=2')
})
