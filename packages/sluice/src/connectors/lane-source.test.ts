import { describe, expect, test } from 'vitest'
import { BatchBuilder } from '../flow/batch-builder.ts'
import { type LanePoll, LaneSource, type LaneSystem } from './lane-source.ts'
import { settleAll, skippingClock } from './test-context.ts'

const signal = new AbortController().signal

const batchOf = (lane: string, number: number): LanePoll => {
  const builder = new BatchBuilder()
  builder.add({ key: null, value: `${number}`, timeMs: 1_000 + number, number: BigInt(number) })
  return {
    kind: 'batch',
    batch: builder.build({ pipeline: 'p', incarnation: 'i', lane, stream: lane, next: `${number}` }),
  }
}

/** Lanes that hand out numbers for ever, or what `polls` says. */
const counting = (polls?: (lane: string) => LanePoll): LaneSystem & { closed: string[] } => {
  const closed: string[] = []
  return {
    closed,
    lanes: async () => ['a', 'b', 'c'],
    open: async (lane) => {
      let number = 0
      return {
        poll: async () => polls?.(lane) ?? batchOf(lane, number++),
        remaining: async () => 7,
        [Symbol.asyncDispose]: async () => {
          closed.push(lane)
        },
      }
    },
  }
}

const laneOfNext = async (source: LaneSource): Promise<string> => {
  const event = await source.next(signal)
  return event.kind === 'batch' ? event.batch.origin.lane : event.kind
}

describe('a source made of lane readers', () => {
  test('serves its lanes in turn', async () => {
    await using source = new LaneSource(counting(), skippingClock(0))
    for (const lane of ['a', 'b', 'c']) await source.start(lane, null)
    const served = []
    for (let i = 0; i < 6; i++) served.push(await laneOfNext(source))
    expect(served).toEqual(['a', 'b', 'c', 'a', 'b', 'c'])
  })

  test('leaves a paused lane alone until it is resumed', async () => {
    await using source = new LaneSource(counting(), skippingClock(0))
    await source.start('a', null)
    await source.start('b', null)
    source.pause('a')
    expect([await laneOfNext(source), await laneOfNext(source)]).toEqual(['b', 'b'])
    source.resume('a')
    expect(new Set([await laneOfNext(source), await laneOfNext(source)])).toEqual(new Set(['a', 'b']))
  })

  test('keeps what was read while the lane was being paused, and gives it out once', async () => {
    let go: () => void = () => undefined
    const gate = new Promise<void>((resolve) => {
      go = resolve
    })
    const system = counting()
    const source = new LaneSource(
      {
        ...system,
        open: async (lane, position) => {
          const reader = await system.open(lane, position)
          return {
            ...reader,
            poll: async () => {
              await gate
              return reader.poll()
            },
          }
        },
      },
      skippingClock(0),
    )
    await source.start('a', null)
    const reading = source.next(signal)
    source.pause('a')
    go()
    expect(await reading).toEqual({ kind: 'idle' })
    source.resume('a')
    const event = await source.next(signal)
    expect(event.kind === 'batch' && event.batch.numberOf(0)).toBe(0n)
    const second = await source.next(signal)
    expect(second.kind === 'batch' && second.batch.numberOf(0)).toBe(1n)
    await source[Symbol.asyncDispose]()
  })

  test('gives nothing of a lane that was stopped meanwhile, and closes its reader', async () => {
    let go: () => void = () => undefined
    const gate = new Promise<void>((resolve) => {
      go = resolve
    })
    const system = counting()
    const source = new LaneSource(
      {
        ...system,
        open: async (lane, position) => {
          const reader = await system.open(lane, position)
          return { ...reader, poll: () => gate.then(() => reader.poll()) }
        },
      },
      skippingClock(0),
    )
    await source.start('a', null)
    const reading = source.next(signal)
    const stopping = source.stop('a')
    go()
    await stopping
    expect(await reading).toEqual({ kind: 'idle' })
    expect(system.closed).toEqual(['a'])
  })

  test('says idle after a second in which no lane had anything', async () => {
    const clock = skippingClock(0)
    await using source = new LaneSource(
      counting(() => ({ kind: 'wait', forMs: 300 })),
      clock,
    )
    await source.start('a', null)
    expect(await source.next(signal)).toEqual({ kind: 'idle' })
    expect(clock.now()).toBe(1_000)
  })

  test('tells once that a lane ended', async () => {
    await using source = new LaneSource(
      counting(() => ({ kind: 'ended' })),
      skippingClock(0),
    )
    await source.start('a', null)
    expect(await source.next(signal)).toEqual({ kind: 'ended', lane: 'a' })
    expect(await source.next(signal)).toEqual({ kind: 'idle' })
  })

  test('a failing lane fails that call and does not hold up the others', async () => {
    await using source = new LaneSource(
      counting((lane) => {
        if (lane === 'a') throw new Error('disk on fire')
        return batchOf(lane, 0)
      }),
      skippingClock(0),
    )
    await source.start('a', null)
    await source.start('b', null)
    await expect(source.next(signal)).rejects.toThrow('disk on fire')
    expect(await laneOfNext(source)).toBe('b')
  })

  test('counts what is in flight and what is still to be read as lag', async () => {
    await using source = new LaneSource(counting(), skippingClock(5_000))
    await source.start('a', null)
    const event = await source.next(signal)
    expect(await source.lag()).toEqual([{ lane: 'a', records: 8, behindMs: 4_000 }])
    if (event.kind === 'batch') await settleAll(source, event.batch)
    expect(await source.lag()).toEqual([{ lane: 'a', records: 7, behindMs: null }])
  })
})
