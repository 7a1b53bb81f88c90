import { describe, expect, test } from 'vitest'
import { paintWith } from './paint.ts'
import { createStatusDisplay } from './status-display.ts'
import {
  changeLines,
  ledgerText,
  type StatusPipeline,
  type StatusSnapshot,
  statusLines,
  summaryLine,
} from './status-view.ts'
import { widthOf } from './words.ts'

const ledger = {
  in: 1240,
  delivered: 1230,
  filtered: 4,
  deduplicated: 0,
  aggregated: 0,
  dead_lettered: 1,
  late: 0,
  in_flight: 5,
}

const pipeline = (name: string, change: Partial<StatusPipeline> = {}): StatusPipeline => ({
  name,
  state: 'running',
  reason: null,
  inPerSecond: 20,
  outPerSecond: 19.6,
  lagRecords: 3,
  behindMs: 240,
  ledger,
  gap: 0,
  deadLetters: 1,
  ...change,
})

const snapshot = (change: Partial<StatusSnapshot> = {}): StatusSnapshot => ({
  atMs: 125_000,
  startedAtMs: 0,
  version: '0.1.0',
  parts: [
    { name: 'API', state: 'running', where: 'http://127.0.0.1:8080', note: '' },
    { name: 'Kafka', state: 'running', where: '127.0.0.1:9092', note: 'embedded' },
  ],
  pipelines: [
    pipeline('readings'),
    pipeline('host', { inPerSecond: null, lagRecords: null, behindMs: null }),
  ],
  signIn: null,
  hints: ['sluice pipelines list'],
  ...change,
})

const plain = paintWith(false)

describe('the status on a terminal', () => {
  test('shows what runs where, rates, lag and ledger', () => {
    expect(statusLines(snapshot(), { columns: 80, rows: 40 }, plain)).toEqual([
      'Sluice 0.1.0 · up for 2 min 5 s · Ctrl-C drains and stops',
      '',
      'Part   State      Where                  Note',
      'API    ● running  http://127.0.0.1:8080',
      'Kafka  ● running  127.0.0.1:9092         embedded',
      '',
      'Pipeline  State      In/s  Out/s  Lag  Behind  Dead  Ledger',
      'readings  ● running    20     20    3  240 ms     1  ✓',
      'host      ● running     –     20    –       –     1  ✓',
      'Ledger  in 2,480 = delivered 2,460 + filtered 8 + dead 2 + in fligh…  ✓ balanced',
      '',
      'sluice pipelines list',
    ])
  })

  test('tells a ledger that does not balance, and why something is degraded', () => {
    const pipelines = [
      pipeline('readings', { state: 'degraded', reason: 'PostgreSQL does not answer', gap: -2 }),
    ]
    const text = statusLines(snapshot({ pipelines }), { columns: 80, rows: 40 }, plain).join('\n')
    expect(text).toContain('▲ degraded')
    expect(text).toContain('✕ -2 off')
    expect(text).toContain('✕ 2 unaccounted for')
    expect(text).toContain('readings: PostgreSQL does not answer')
  })

  const long = 'a-pipeline-with-a-name-that-nobody-should-ever-have-given-to-anything-at-all'
  test.each([80, 100, 200])('fits %i columns and 24 rows, whatever the names', (columns) => {
    const pipelines = Array.from({ length: 60 }, (_, i) => pipeline(`${long}-${i}`, { reason: long }))
    const lines = statusLines(snapshot({ pipelines }), { columns, rows: 24 }, plain)
    expect(lines.length).toBeLessThan(24)
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(columns)
  })

  test('is useful without a pipeline', () => {
    expect(statusLines(snapshot({ pipelines: [] }), { columns: 80, rows: 24 }, plain)).toContain(
      'No pipeline yet.',
    )
  })
})

test('a ledger is told as its equation, zeros left out', () => {
  expect(ledgerText(ledger)).toBe('in 1,240 = delivered 1,230 + filtered 4 + dead 1 + in flight 5')
})

test('the summary adds up what is known', () => {
  expect(summaryLine(snapshot())).toBe(
    '2/2 pipelines running, in 20/s, out 39/s, lag 3, dead 2, ledger balanced ' +
      '(in 2,480 = delivered 2,460 + filtered 8 + dead 2 + in flight 10)',
  )
})

test('parts that change their state are told, and pipelines that are gone', () => {
  const [api, kafka] = snapshot().parts
  const after = snapshot({
    parts: [
      ...(api === undefined ? [] : [api]),
      ...(kafka === undefined ? [] : [{ ...kafka, state: 'restarting' }]),
    ],
    pipelines: [pipeline('readings')],
  })
  expect(changeLines(snapshot(), after)).toEqual([
    'Kafka restarting: 127.0.0.1:9092 (embedded)',
    'pipeline host left the configuration (was running)',
  ])
})

const displayOn = (isTerminal: boolean) => {
  const written: string[] = []
  const display = createStatusDisplay({
    isTerminal,
    colour: false,
    columns: () => 80,
    rows: () => 24,
    write: (text) => written.push(text),
  })
  return { display, written }
}

describe('the link to sign in', () => {
  const url = `http://127.0.0.1:8080/signin#${'t'.repeat(43)}`
  const withLink = snapshot({ signIn: { url, expiresAtMs: 125_000 + 480_000 } })

  test('is shown whole, with how long it works', () => {
    const lines = statusLines(withLink, { columns: 80, rows: 40 }, plain)
    expect(lines).toContain('Open this to sign in; it works once, for 8 min:')
    expect(lines).toContain(url)
  })

  test('is left out where it had to be cut', () => {
    const text = statusLines(withLink, { columns: url.length - 1, rows: 40 }, plain).join('\n')
    expect(text).not.toContain('sign in')
  })

  test('never goes where no terminal is', () => {
    const { display, written } = displayOn(false)
    display.show(withLink)
    display.end()
    expect(written.join('')).not.toContain('signin')
  })
})

describe('the display', () => {
  test('redraws in place on a terminal, in one write', () => {
    const { display, written } = displayOn(true)
    display.show(snapshot())
    display.show(snapshot())
    const lines = statusLines(snapshot(), { columns: 80, rows: 24 }, plain)
    const drawn = lines.map((line) => `${line}\n`).join('')
    expect(written).toEqual([drawn, `\u001B[${lines.length}F\u001B[J${drawn}`])
  })

  test('keeps what is said above what it draws', () => {
    const { display, written } = displayOn(true)
    display.show(snapshot())
    display.say('PostgreSQL was started anew.')
    const drawn = written[0] ?? ''
    const height = drawn.split('\n').length - 1
    expect(written.at(-1)).toBe(`\u001B[${height}F\u001B[JPostgreSQL was started anew.\n${drawn}`)
  })

  test('leaves no state on the screen that is true no more', () => {
    const { display, written } = displayOn(true)
    display.show(snapshot())
    display.end()
    const height = (written[0] ?? '').split('\n').length - 1
    expect(written.at(-1)).toBe(`\u001B[${height}F\u001B[JSluice ran for 2 min 5 s and has stopped.\n`)
  })

  test('elsewhere tells changes at once and a summary every 10 s', () => {
    const { display, written } = displayOn(false)
    const at = (atMs: number, state = 'running') =>
      snapshot({ atMs, parts: [{ name: 'Kafka', state, where: '127.0.0.1:9092', note: '' }] })
    display.show(at(0))
    const first = written.length
    display.show(at(1_000))
    expect(written.length).toBe(first)
    display.show(at(2_000, 'restarting'))
    expect(written.at(-1)).toBe('00:00:02 Kafka restarting: 127.0.0.1:9092\n')
    display.show(at(9_999, 'restarting'))
    expect(written.length).toBe(first + 1)
    display.show(at(10_000, 'restarting'))
    expect(written.at(-1)).toContain('00:00:10 2/2 pipelines running')
  })
})
