import { describe, expect, test } from 'vitest'
import { paintWith } from './paint.ts'
import { type TopPipeline, type TopSnapshot, topLines, topTotal } from './top-view.ts'
import { widthOf } from './words.ts'

const plain = paintWith(false)

const pipeline = (name: string, change: Partial<TopPipeline> = {}): TopPipeline => ({
  name,
  state: 'running',
  reason: null,
  inPerSecond: 1_250,
  outPerSecond: 1_249,
  lagRecords: 12,
  behindMs: 40,
  verdict: 'keeping up',
  deadLetters: 0,
  gap: 0,
  ...change,
})

const snapshot = (pipelines: readonly TopPipeline[], change: Partial<TopSnapshot> = {}): TopSnapshot => ({
  atMs: Date.UTC(2026, 0, 31, 12, 30, 5),
  address: 'http://127.0.0.1:8080',
  health: 'healthy',
  problem: null,
  pipelines,
  machine: null,
  ...change,
})

const small = { columns: 80, rows: 24 }

describe('the view', () => {
  test('shows totals and each pipeline', () => {
    const lines = topLines(snapshot([pipeline('orders'), pipeline('clicks')]), small, plain, 'q quits')
    expect(lines).toEqual([
      'sluice top   http://127.0.0.1:8080   12:30:05 UTC   healthy',
      '2/2 running   in 2,500/s   out 2,498/s   lag 24   dead 0   ledger balanced',
      '',
      'Pipeline  State       In/s  Out/s  Lag  Behind  Verdict     Dead',
      'clicks    ● running  1,250  1,249   12   40 ms  keeping up     0',
      'orders    ● running  1,250  1,249   12   40 ms  keeping up     0',
      '',
      'q quits',
    ])
  })

  test('shows the machine in a line, and what it does not know as such', () => {
    const machine = {
      host: 'mill',
      cpuPercent: 12.4,
      memoryUsedBytes: 3_500_000_000,
      memoryTotalBytes: 25_300_000_000,
      diskBytesPerSecond: null,
      networkBytesPerSecond: 1_200,
    }
    const lines = topLines(snapshot([pipeline('orders')], { machine }), small, plain, '')
    expect(lines[2]).toBe('mill   cpu 12 %   memory 3.5 GB of 25.3 GB   disk –   network 1.2 KB/s')
    expect(lines[3]).toBe('')
  })

  test('puts those in trouble first, with the reason', () => {
    const ill = pipeline('zebra', { state: 'failed', reason: 'the table is gone' })
    const slow = pipeline('yak', { verdict: 'falling behind' })
    const lines = topLines(snapshot([pipeline('ant'), slow, ill]), small, plain, '')
    expect(lines.slice(4, 7).map((line) => line.split(' ')[0])).toEqual(['zebra', 'yak', 'ant'])
    expect(lines.at(-1)).toBe('zebra: the table is gone')
  })

  test.each([
    [80, 24, 200],
    [60, 10, 3],
    [40, 12, 30],
    [120, 50, 49],
    [80, 24, 18],
  ])('%i columns and %i rows hold %i pipelines with long names and large numbers', (columns, rows, count) => {
    const many = Array.from({ length: count }, (_, i) =>
      pipeline(`a-pipeline-with-quite-a-long-name-${i}`, {
        state: 'degraded',
        reason: 'something that takes a long sentence to say, longer than a line of a small window is',
        inPerSecond: 123_456,
        outPerSecond: 123_456,
        lagRecords: 1_234_567,
        behindMs: 86_400_000 * 3 + 7_200_000,
        verdict: 'falling behind',
        deadLetters: 12_345,
      }),
    )
    const lines = topLines(snapshot(many), { columns, rows }, plain, 'q quits')
    expect(lines.length).toBeLessThanOrEqual(rows)
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(columns)
    expect(lines.join('\n')).toContain('q quits')
  })

  test('says what is not known with a dash, never with a zero', () => {
    const nobody = pipeline('a', { inPerSecond: null, outPerSecond: null, lagRecords: null, behindMs: null })
    expect(topTotal(snapshot([nobody]))).toContain('in –/s   out –/s   lag –')
  })

  test('says that the server is away, and keeps the keys', () => {
    const away = snapshot([pipeline('a')], { health: null, problem: 'No Sluice answers' })
    const lines = topLines(away, small, plain, 'q quits')
    expect(lines[0]).toContain('not there')
    expect(lines).toContain('No Sluice answers')
    expect(lines.at(-1)).toBe('q quits')
  })
})
