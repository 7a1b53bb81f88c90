import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromStart, readSome, skippingClock, testContext } from '../test-context.ts'
import { generatorSource } from './definition.ts'
import { generatorTypes } from './types/index.ts'

const startMs = Date.UTC(2026, 5, 1)
const open = (options: Record<string, unknown>, clock = skippingClock(startMs)) =>
  generatorSource.open(options, testContext({ clock }))

const all = async (options: Record<string, unknown>) => {
  await using session = await open(options)
  const { records } = await readSome(session, await fromStart(session))
  return records
}

describe('the generator', () => {
  test.each(generatorTypes.map(({ name }) => ({ name })))(
    'makes $name the same for the same seed',
    async ({ name }) => {
      const options = { type: name, count: 300, rate: 100, start: '2026-01-01T00:00:00Z' }
      const first = await all(options)
      expect(first).toHaveLength(300)
      expect(await all(options)).toEqual(first)
      const other = await all({ ...options, seed: 2 })
      expect(other.map(({ text }) => text)).not.toEqual(first.map(({ text }) => text))
      for (const { text, key } of first) {
        expect(JSON.parse(text ?? '')).toEqual(expect.any(Object))
        expect(key).toEqual(expect.stringMatching(/./))
      }
    },
  )

  test('goes on exactly where a commit left off, whatever the place', async () => {
    const options = { type: 'user_events', count: 400, rate: 40, lanes: 3 }
    const whole = await all(options)
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 399 }),
        fc.integer({ min: 0, max: 9_000 }),
        async (most, downMs) => {
          const clock = skippingClock(startMs)
          await using before = await open(options, clock)
          const first = await readSome(before, await fromStart(before), { most })
          await clock.sleep(downMs)
          await using after = await open(options, clock)
          const lanes = new Map(
            (await after.lanes()).map((lane) => [lane, first.positions.get(lane) ?? null]),
          )
          const second = await readSome(after, lanes)
          // A lane that had no commit yet starts anew: only its times may differ.
          const committed = (lane: string): boolean => first.positions.has(lane)
          const merged = [...first.records, ...second.records].filter(({ lane }) => committed(lane))
          expect(merged.toSorted(byPlace)).toEqual(
            whole.filter(({ lane }) => committed(lane)).toSorted(byPlace),
          )
        },
      ),
      { seed: 5, numRuns: 25 },
    )
  })

  test('spreads records over lanes, one sensor always in the same', async () => {
    const records = await all({ type: 'sensor_readings', count: 1_000, rate: 500, lanes: 4, sensors: 10 })
    const lanesOf = new Map<string, Set<string>>()
    for (const { key, lane } of records)
      lanesOf.set(key ?? '', (lanesOf.get(key ?? '') ?? new Set()).add(lane))
    expect(lanesOf.size).toBe(10)
    expect([...lanesOf.values()].every((lanes) => lanes.size === 1)).toBe(true)
    expect(new Set(records.map(({ id }) => id)).size).toBe(1_000)
  })

  test('keeps the pace: as many records as the rate and the time allow', async () => {
    const clock = skippingClock(startMs)
    await using session = await open({ rate: 2.5 }, clock)
    const { records } = await readSome(session, await fromStart(session), { most: 26 })
    expect(clock.now() - startMs).toBe(10_000)
    expect(records.slice(0, 4).map(({ timeMs }) => timeMs - startMs)).toEqual([0, 400, 800, 1_200])
  })

  test('makes up for a bounded time after a long stop', async () => {
    const clock = skippingClock(startMs)
    await using before = await open({ rate: 10 }, clock)
    const first = await readSome(before, await fromStart(before), { most: 10 })
    await clock.sleep(3_600_000)
    await using after = await open({ rate: 10, catch_up: '5s' }, clock)
    const second = await readSome(after, first.positions, { most: 51 })
    expect(second.records).toHaveLength(51)
    expect(second.records[0]?.number).toBe((first.records.at(-1)?.number ?? 0n) + 1n)
    expect(second.records[0]?.timeMs).toBe(clock.now() - 5_000)
  })

  test.each([
    { says: 'an unknown type', options: { type: 'dragons' }, problem: /option type of generator/ },
    { says: 'rate and interval', options: { rate: 1, interval: '1s' }, problem: /same thing twice/ },
    { says: 'a rate of nothing', options: { rate: 0 }, problem: /option rate/ },
    { says: 'fewer sensors than lanes', options: { sensors: 2, lanes: 3 }, problem: /cannot fill 3 lanes/ },
    { says: 'a start that is no time', options: { start: 'yesterday' }, problem: /no ISO 8601/ },
    { says: 'a misspelt option', options: { speed: 3 }, problem: /additional properties/ },
  ])('refuses $says', async ({ options, problem }) => {
    await expect(open(options)).rejects.toThrow(problem)
  })
})

const byPlace = (a: { lane: string; number: bigint }, b: { lane: string; number: bigint }): number =>
  a.lane === b.lane ? Number(a.number - b.number) : a.lane < b.lane ? -1 : 1
