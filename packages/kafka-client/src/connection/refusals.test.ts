import { describe, expect, test } from 'vitest'
import type { Clock } from '../support/clock.ts'
import { Refusals } from './refusals.ts'

/** Time that passes when somebody sleeps. */
class Rig {
  nowMs = 1_000
  readonly attemptsMs: number[] = []
  isUp = false
  readonly closing = new AbortController()
  readonly refusals: Refusals

  constructor() {
    const clock: Clock = {
      now: () => this.nowMs,
      sleep: (ms, signal) => {
        if (signal?.aborted !== true) this.nowMs += ms
        return Promise.resolve()
      },
    }
    this.refusals = new Refusals(clock, () => 1)
  }

  open(address = 'a:1'): Promise<string> {
    return this.refusals.open(address, () => this.#attempt(), this.closing.signal)
  }

  #attempt(): Promise<string> {
    this.attemptsMs.push(this.nowMs)
    return this.isUp ? Promise.resolve('open') : Promise.reject(new Error('refused'))
  }
}

describe('a broker that cannot be reached', () => {
  test('is tried again after pauses that grow up to a second', async () => {
    const rig = new Rig()
    for (let i = 0; i < 8; i++) await expect(rig.open()).rejects.toThrow('refused')
    const pauses = rig.attemptsMs.slice(1).map((at, i) => at - (rig.attemptsMs[i] ?? 0))
    expect(pauses).toStrictEqual([50, 100, 200, 400, 800, 1_000, 1_000])
  })

  test('is tried once for all who want it, and all are told', async () => {
    const rig = new Rig()
    await expect(rig.open()).rejects.toThrow('refused')
    const results = await Promise.allSettled([rig.open(), rig.open(), rig.open()])
    expect(results.map(({ status }) => status)).toStrictEqual(['rejected', 'rejected', 'rejected'])
    expect(rig.attemptsMs).toHaveLength(2)
  })

  test('counts attempts that were under way at once as one', async () => {
    const rig = new Rig()
    await Promise.allSettled([rig.open(), rig.open(), rig.open()])
    expect([rig.attemptsMs.length, rig.refusals.pauseMs('a:1')]).toStrictEqual([3, 50])
  })

  test('opens for all who wait when it is back, and at once from then on', async () => {
    const rig = new Rig()
    await expect(rig.open()).rejects.toThrow('refused')
    rig.isUp = true
    expect(await Promise.all([rig.open(), rig.open()])).toStrictEqual(['open', 'open'])
    expect(rig.refusals.pauseMs('a:1')).toBe(0)
  })

  test('holds up no other', async () => {
    const rig = new Rig()
    await expect(rig.open()).rejects.toThrow('refused')
    rig.isUp = true
    await rig.open('b:1')
    expect(rig.nowMs).toBe(1_000)
  })

  test('is waited for no longer when the client is closed', async () => {
    const rig = new Rig()
    await expect(rig.open()).rejects.toThrow('refused')
    rig.closing.abort()
    await expect(rig.open()).rejects.toMatchObject({ code: 'CLOSED' })
    expect(rig.attemptsMs).toHaveLength(1)
  })
})
