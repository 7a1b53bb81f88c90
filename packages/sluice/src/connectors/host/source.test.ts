import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fromStart, readSome, skippingClock, testContext } from '../test-context.ts'
import { hostSource } from './definition.ts'
import { readMachine } from './reading.ts'
import { createHostReader } from './source.ts'

const startMs = Date.UTC(2026, 0, 1, 12, 0, 0, 400)

describe('the host source', () => {
  test('has one lane, named by the machine, and a record on every tick', async () => {
    const clock = skippingClock(startMs)
    await using session = await hostSource.open({}, testContext({ clock, hostName: 'machine-7' }))
    const { records } = await readSome(session, await fromStart(session), { most: 3 })
    expect(records.map(({ lane, key, timeMs }) => ({ lane, key, afterMs: timeMs - startMs }))).toEqual([
      { lane: 'machine-7', key: 'machine-7', afterMs: 600 },
      { lane: 'machine-7', key: 'machine-7', afterMs: 1_600 },
      { lane: 'machine-7', key: 'machine-7', afterMs: 2_600 },
    ])
  })

  test('goes on with greater numbers after a restart, even when the clock was set back', async () => {
    const context = testContext({ clock: skippingClock(startMs), hostName: 'h' })
    await using first = await hostSource.open({}, context)
    const before = await readSome(first, await fromStart(first), { most: 2 })
    const last = before.records.at(-1)?.number ?? 0n
    expect(last).toBe(BigInt(startMs + 1_600))
    await using second = await hostSource.open({}, { ...context, clock: skippingClock(startMs - 86_400_000) })
    const after = await readSome(second, new Map(before.positions), { most: 2 })
    expect(after.records.map(({ number }) => number)).toEqual([last + 1n, last + 2n])
  })

  test('gives one sample over the longer time when it was held back', async () => {
    let now = 10_000
    const reader = createHostReader({
      pipeline: 'p',
      host: 'h',
      everyMs: 1_000,
      perCore: false,
      now: () => now,
      read: (atMs) => readMachine('.', atMs),
      after: 0n,
    })
    expect(await reader.poll()).toEqual({ kind: 'wait', forMs: 1_000 })
    now += 60_000
    const poll = await reader.poll()
    expect(poll.kind === 'batch' && poll.batch.bodyOf(0)).toMatchObject({ interval_ms: 60_000 })
    expect(await reader.poll()).toEqual({ kind: 'wait', forMs: 1_000 })
  })

  test('refuses a step that is too short', async () => {
    await expect(hostSource.open({ every: '5ms' }, testContext())).rejects.toThrow(/every of host is wrong/)
  })

  test.skipIf(process.platform !== 'linux')('tells of this machine what /proc tells', async () => {
    const reading = await readMachine('.', Date.now())
    const totalBytes = Number(/MemTotal:\s+(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) * 1024
    expect(reading.memory?.totalBytes).toBe(totalBytes)
    expect(reading.memory?.usedBytes).toBeGreaterThan(0)
    expect(reading.memory?.usedBytes).toBeLessThan(totalBytes)
    const cores = readFileSync('/proc/stat', 'utf8').match(/^cpu\d+/gm)?.length
    expect(reading.cores.length).toBe(cores)
    expect(reading.cpu?.total).toBeGreaterThan(reading.cpu?.busy ?? Number.POSITIVE_INFINITY)
    expect(reading.load?.[0]).toBeGreaterThanOrEqual(0)
    expect(reading.disk?.usedBytes).toBeLessThanOrEqual(reading.disk?.totalBytes ?? 0)
    expect(reading.uptimeSeconds).toBeGreaterThan(0)
  })

  test.skipIf(process.platform !== 'linux')('sees a core at work', async () => {
    const before = await readMachine('.', 0)
    const spinUntil = process.cpuUsage().user + 60_000
    let sum = 0
    while (process.cpuUsage().user < spinUntil) sum += Math.sqrt(sum + 1)
    const after = await readMachine('.', 1_000)
    expect((after.cpu?.busy ?? 0) - (before.cpu?.busy ?? 0)).toBeGreaterThan(0)
    expect(sum).toBeGreaterThan(0)
  })
})
