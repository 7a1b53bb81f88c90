import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Series } from '../api/ports.ts'
import { memoryPipelines, startTestApi, testKey, testPipeline } from '../api/rig.suite.ts'
import type { ServerParts } from '../api/server.ts'
import { emptyLedger } from '../flow/ledger.ts'
import { run } from './rig.suite.ts'

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sluice-cli-'))
  await writeFile(path.join(directory, 'admin.key'), `${testKey}\n`, { mode: 0o600 })
})
afterAll(() => rm(directory, { recursive: true }))

const sluice = async (words: readonly string[], parts: Partial<ServerParts> = {}) => {
  await using api = await startTestApi(parts)
  const http = await api.server.listen({ host: '127.0.0.1', port: 0 }, false)
  return await run({ words: [...words, '--http', http, '--dir', directory] })
}

describe('sluice ledger', () => {
  test('shows each pipeline, their sum, and that it balances', async () => {
    const { code, out } = await sluice(['ledger'])
    expect(code).toBe(0)
    expect(out).toBe(
      [
        'Pipeline      In  Delivered  Filtered  Dead  Other  In flight  Balance',
        'readings      10          7         2     1      0          0  ✓',
        'orders        10          7         2     1      0          0  ✓',
        'all together  20         14         4     2      0          0  ✓',
        '',
        '✓ every record is accounted for, since 2026-01-31T11:00:00.000Z',
        '',
      ].join('\n'),
    )
  })

  test('ends with 1 where records are unaccounted for, although another pipeline hides it in the sum', async () => {
    const off = (name: string, delivered: number) =>
      testPipeline(name, { ledger: { ...emptyLedger, in: 10, delivered } })
    const { code, out } = await sluice(['ledger'], {
      pipelines: memoryPipelines([off('a', 9), off('b', 11)]),
    })
    expect(code).toBe(1)
    expect(out).toContain('✕ 1 off')
    expect(out).toContain('✕ records are unaccounted for')
  })
})

describe('sluice pipelines', () => {
  test('show prints steps, latency, what is promised and where it is defined', async () => {
    const { out } = await sluice(['pipelines', 'show', 'readings'])
    expect(out).toContain('latency       half within 4 ms, 99 of 100 within 32 ms')
    expect(out).toContain('promises      exactly once in effect')
    expect(out).toContain('defined       sluice.yaml:3, revision 1')
    expect(out).toMatch(/Step +In\/s +In +Out +Refused +p50 +p99\nvalidate +13 +10 +7 +1 +2.0 µs +8.0 µs\n/)
  })

  test('show --definition prints its part of the file and nothing else', async () => {
    expect((await sluice(['pipelines', 'show', 'readings', '--definition'])).out).toBe('readings: {}\n')
  })

  test('outcomes shows how records ended', async () => {
    const { out } = await sluice(['pipelines', 'outcomes', 'readings', '--limit', '1'])
    expect(out).toBe(
      [
        'At            Outcome        Step      Lane        Number  Reason',
        '12:00:00.000  dead_lettered  validate  readings/0       9  temperature is no nu…',
        '',
      ].join('\n'),
    )
  })

  test('outcomes of an unknown pipeline: which there are', async () => {
    const { code, err } = await sluice(['pipelines', 'outcomes', 'nothing'])
    expect([code, err]).toEqual([1, expect.stringContaining('Try: sluice pipelines list') as string])
  })
})

const curves: Series = {
  read: async ({ names, fromMs, toMs }) => ({
    lines: names.map((name) => ({
      name,
      subject: 'readings',
      points: [
        [0, 1],
        [5_000, null],
        [10_000, 1_200],
      ],
    })),
    fromMs,
    toMs,
    stepMs: 5_000,
  }),
  marks: async () => [],
}

describe('sluice series', () => {
  test('draws a curve with its gap', async () => {
    const { out } = await sluice(['series', 'pipeline.in', '--since', '1m'], { series: curves })
    expect(out).toBe(
      'Of        Over time  Least   Most   Last  Unit\nreadings  ▁ █          1.0  1,200  1,200  records/s\n',
    )
  })

  test('says what there is where a name or a duration is wrong', async () => {
    const wrong = await sluice(['series', 'nothing'])
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('pipeline.lag_records') as string])
    const span = await sluice(['series', 'pipeline.in', '--since', 'long'])
    expect([span.code, span.err]).toEqual([2, expect.stringContaining('such as 15m') as string])
    expect((await sluice(['series', 'pipeline.in'])).err).toContain('Nothing was measured')
  })
})
