import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestApi, type TestApi, testKey } from '../api/rig.suite.ts'
import { virtualClock } from '../kernel/clock.ts'
import { type RunRequest, run } from './rig.suite.ts'

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sluice-cli-'))
  await writeFile(path.join(directory, 'admin.key'), `${testKey}\n`, { mode: 0o600 })
})
afterAll(() => rm(directory, { recursive: true }))

const startMs = Date.UTC(2026, 0, 1, 12)
const timeOf = (n: number): string => new Date(startMs + n * 1_000).toISOString()

let api: TestApi
let http = ''
const start = async (change: Parameters<typeof startTestApi>[0] = {}): Promise<void> => {
  api = await startTestApi(change)
  http = await api.server.listen({ host: '127.0.0.1', port: 0 }, false)
}
afterEach(() => api[Symbol.asyncDispose]())

const sluice = (words: readonly string[], more: Partial<RunRequest> = {}) =>
  run({
    clock: virtualClock(startMs + 60_000),
    ...more,
    words: [...words, '--http', http, '--dir', directory],
  })

/** `{"n":0}` … in two partitions by turns, one each second. */
const fill = (count: number, first = 0) =>
  api.kafka.writer.send(
    Array.from({ length: count }, (_, i) => ({
      topic: 'a',
      partition: (first + i) % 2,
      key: null,
      value: Buffer.from(JSON.stringify({ n: first + i })),
      headers: [{ key: 'trace', value: Buffer.from(`t-${first + i}`) }],
      timeMs: startMs + (first + i) * 1_000,
    })),
  )

const numbersOf = (out: string): number[] => [...out.matchAll(/"n":(\d+)/g)].map(([, n]) => Number(n))

describe('consume', () => {
  beforeEach(async () => {
    await start({ searchBudget: { records: 10, bytes: 1_000_000, ms: 60_000 } })
    await api.kafka.admin.createTopic({ name: 'a', partitions: 2, replicationFactor: 1, configs: {} })
    await fill(60)
  })

  test.each([
    { words: ['--from', timeOf(50), '--until', timeOf(53)], numbers: [50, 51, 52] },
    { words: ['--from', '5s'], numbers: [55, 56, 57, 58, 59] },
    { words: ['--from', `before:${timeOf(3)}`], numbers: [0, 1, 2] },
    { words: ['--from', 'newest', '--until', '3s'], numbers: [57, 58, 59] },
    { words: ['-n', '3'], numbers: [57, 58, 59] },
    { words: ['--limit', '25'], numbers: Array.from({ length: 25 }, (_, i) => 35 + i) },
    { words: ['--filter', 'event.n % 10 == 0', '-n', '2'], numbers: [40, 50] },
    { words: ['--filter', 'event.n == 7', '--from', 'earliest'], numbers: [7] },
  ])('$words prints them oldest first, whatever pages it takes', async ({ words, numbers }) => {
    const { code, out } = await sluice(['consume', 'a', ...words])
    expect(code).toBe(0)
    expect(numbersOf(out)).toEqual(numbers)
  })

  test('with a filter says how many match, and which could not be judged', async () => {
    const { err } = await sluice(['consume', 'a', '--from', 'earliest', '--filter', 'event.n < 3'])
    expect(err).toBe('3 of 60 messages match.\n')
    const wrong = await sluice(['consume', 'a', '--from', 'earliest', '--filter', 'event.m < 3'])
    expect(wrong.err).toMatch(
      /^0 of 60 messages match\.\nThe filter could not judge 60, the first at 0\/0: .*m/,
    )
  })

  test('a filter that is wrong: where, what to do, and the command to try', async () => {
    const { code, err } = await sluice(['consume', 'a', '--filter', 'evnt.n > 1'])
    expect(code).toBe(2)
    expect(err).toContain('wrong at column 1')
    expect(err).toContain('Did you mean `event`?')
    expect(err).toContain('Try: sluice consume --help')
  })

  test('follows on behind what was printed when the connection breaks, without loss or double', async () => {
    const clock = virtualClock()
    const stop = new AbortController()
    let out = ''
    const following = sluice(['consume', 'a', '-f', '--from', timeOf(58), '--filter', 'event.n != 59'], {
      clock,
      signal: stop.signal,
      onOut: (text) => {
        out = text
        if (numbersOf(text).length === 4) stop.abort()
      },
    })
    const until = async (holds: () => boolean): Promise<void> => {
      while (!holds()) {
        await clock.advance(5_000)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    }
    await until(() => numbersOf(out).includes(58))
    await fill(1, 60)
    await until(() => numbersOf(out).includes(60))
    const { kafka } = api
    const { port } = new URL(http)
    await api[Symbol.asyncDispose]()
    await fill(2, 61)
    api = await startTestApi({ kafka })
    await api.server.listen({ host: '127.0.0.1', port: Number(port) }, false)
    await until(() => stop.signal.aborted)
    const { code, err } = await following
    expect(code).toBe(0)
    expect(numbersOf(out).toSorted((a, b) => a - b)).toEqual([58, 60, 61, 62])
    expect(err).toMatch(/^The connection to .* broke; trying again\. Ctrl-C ends\.\n$/)
  })

  test('prints the last ones and then what comes', async () => {
    const stop = new AbortController()
    const following = sluice(['consume', 'a', '-f', '--from', 'newest', '-n', '2'], {
      signal: stop.signal,
      onOut: (out) => {
        if (numbersOf(out).length === 2) void fill(1, 60)
        if (numbersOf(out).includes(60)) stop.abort()
      },
    })
    expect(numbersOf((await following).out)).toEqual([58, 59, 60])
  })

  test('has no end where it follows', async () => {
    const { code, err } = await sluice(['consume', 'a', '-f', '--until', '5s'])
    expect(code).toBe(2)
    expect(err).toContain('without --until')
  })
})

describe('one message', () => {
  beforeEach(async () => {
    await start()
    await api.kafka.admin.createTopic({ name: 'a', partitions: 2, replicationFactor: 1, configs: {} })
    await fill(4)
  })

  test('is shown with all that is known of it', async () => {
    const { out } = await sluice(['messages', 'show', 'a', '1', '1'])
    expect(out.split('\n')).toEqual([
      'topic         a',
      'place         1/1, of 0 to before 2',
      'time          2026-01-01 12:00:03.000',
      'key           –',
      'size          7 bytes',
      'written in    2 messages in 61 bytes',
      'header trace  t-3',
      '',
      '{',
      '  "n": 3',
      '}',
      '',
    ])
    expect(JSON.parse((await sluice(['messages', 'show', 'a', '1/1', '--json'])).out)).toMatchObject({
      value: { n: 3 },
    })
    expect((await sluice(['messages', 'show', 'a', '1/1', '--raw'])).out).toBe('{"n":3}')
  })

  test.each([
    { words: ['1', '9'], code: 1, says: 'keeps offsets from 0 to before 2' },
    { words: ['x'], code: 2, says: 'write PARTITION OFFSET' },
  ])('$words is refused with the reason', async ({ words, code, says }) => {
    const ran = await sluice(['messages', 'show', 'a', ...words])
    expect(ran.code).toBe(code)
    expect(ran.err).toContain(says)
  })
})

describe('counts over time', () => {
  test('are drawn within 80 columns', async () => {
    await start()
    await api.kafka.admin.createTopic({ name: 'a', partitions: 2, replicationFactor: 1, configs: {} })
    await fill(60)
    const words = ['messages', 'histogram', 'a', '--from', '1m', '--until', '15s', '--buckets', '3']
    const { out, err } = await sluice([...words, '--filter', 'event.n < 20'])
    expect(out.split('\n')).toEqual([
      'From                     Messages  Match',
      `2026-01-01 12:00:00.000        15     15  ${'█'.repeat(30)}`,
      `2026-01-01 12:00:15.000        15      5  ${'█'.repeat(30)}`,
      `2026-01-01 12:00:30.000        15      0  ${'█'.repeat(30)}`,
      '',
    ])
    expect(err).toBe('20 of 45 messages match.\n')
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })
})

test('messages are produced from arguments', async () => {
  await start()
  await api.kafka.admin.createTopic({ name: 'a', partitions: 2, replicationFactor: 1, configs: {} })
  const { code, err } = await sluice(['produce', 'a', '{"n":1}', 'two words', '-k', 'k'])
  expect([code, err]).toEqual([0, '2 messages written to a.\n'])
  const stored = api.kafka.topics.get('a')?.partitions[0]
  expect(stored?.map(({ value }) => value?.toString())).toEqual(['{"n":1}', 'two words'])
  const wrong = await sluice(['produce', 'a', '{"n":', '--format', 'json'])
  expect(wrong.err).toContain('argument:1: ')
})
