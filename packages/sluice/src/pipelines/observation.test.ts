import { describe, expect, test } from 'vitest'
import { BatchBuilder } from '../flow/batch-builder.ts'
import { outcomeCode } from '../flow/outcome.ts'
import type { RecordBatch } from '../flow/record-batch.ts'
import type { Step } from '../flow/step.ts'
import { fault } from '../kernel/faults/index.ts'
import { percentileOf } from './histogram.ts'
import { Observation } from './observation.ts'
import { runSteps } from './work.ts'

const batchOf = (first: number, count: number): RecordBatch => {
  const builder = new BatchBuilder()
  for (let n = first; n < first + count; n++) {
    builder.add({ key: null, value: `{"n":${n}}`, timeMs: n, number: BigInt(n) })
  }
  return builder.build({
    pipeline: 'p',
    incarnation: 'i',
    lane: 'a',
    stream: 's',
    next: String(first + count),
  })
}

const refusal = fault('RECORD_REFUSED', { part: 'check', problem: 'it is a tenth' })

/** Ends every third row, refuses every tenth, passes on the rest. */
const thirds: Step = {
  id: 'thirds',
  kind: 'filter',
  run: (rows, report) => {
    const kept: number[] = []
    for (let row = 0; row < rows.count; row++) {
      if (row % 10 === 9) report.refuse(row, refusal)
      else if (row % 3 === 2) report.end(row, 'filtered')
      else kept.push(row)
    }
    return rows.pick(kept)
  },
}
const pass: Step = { id: 'pass', kind: 'map', run: (rows) => rows }

/** A stopwatch that moves 3 ms with each look. */
const stepping = () => {
  let now = 0
  return () => (now += 3)
}

const codesOf = (worked: ReturnType<typeof runSteps>): Uint8Array =>
  worked.outcomes.map((code) => (code === 255 ? outcomeCode.delivered : code))

describe('what a run notices of its work', () => {
  test('each step: rows in and out, refusals, and time per record by batch', () => {
    const observation = new Observation([thirds, pass], stepping(), () => 0)
    runSteps(batchOf(0, 30), [thirds, pass], observation)
    runSteps(batchOf(30, 30), [thirds, pass], observation)
    const [first, second] = observation.steps()
    expect(first).toMatchObject({ id: 'thirds', in: 60, out: 36, errors: 6 })
    expect(second).toMatchObject({ id: 'pass', in: 36, out: 36, errors: 0 })
    // 3 ms for 30 records are 100 µs each.
    expect(percentileOf([first?.times ?? []], 0.5)).toBeCloseTo(107.6, 1)
  })

  test('a step that nothing reached has no time', () => {
    const nothing: Step = { id: 'nothing', kind: 'filter', run: (rows) => rows.pick([]) }
    const observation = new Observation([nothing, pass], stepping(), () => 0)
    runSteps(batchOf(0, 5), [nothing, pass], observation)
    expect(observation.steps()[1]).toMatchObject({ in: 0, out: 0, times: [] })
  })

  test('a sample of outcomes: where each ended and why, with its number', () => {
    let now = 0
    const observation = new Observation(
      [thirds],
      () => 0,
      () => now,
    )
    for (let n = 0; n < 20; n++) {
      now = n
      const worked = runSteps(batchOf(n * 30, 30), [thirds], observation)
      observation.ended(worked.batch, codesOf(worked), worked.refusals, worked.ended)
    }
    const recent = observation.recent(1_000)
    const kinds = Map.groupBy(recent, ({ outcome }) => outcome)
    expect([...kinds].map(([outcome, samples]) => [outcome, samples.length])).toEqual([
      ['delivered', 8],
      ['filtered', 8],
      ['dead_lettered', 8],
    ])
    expect(kinds.get('delivered')?.[0]).toEqual({
      at_ms: 19,
      outcome: 'delivered',
      step: null,
      code: null,
      reason: null,
      lane: 'a',
      number: '570',
    })
    expect(kinds.get('filtered')?.[0]).toMatchObject({ step: 'thirds', number: '572' })
    expect(kinds.get('dead_lettered')?.[0]).toMatchObject({
      step: 'thirds',
      code: 'RECORD_REFUSED',
      reason: refusal.message,
      number: '599',
    })
    // What is rare is not crowded out where few are told.
    expect(new Set(observation.recent(3).map(({ outcome }) => outcome)).size).toBe(3)
  })

  test('long reasons are cut', () => {
    const long = fault('RECORD_REFUSED', { part: 'check', problem: 'x'.repeat(10_000) })
    const observation = new Observation(
      [],
      () => 0,
      () => 0,
    )
    const batch = batchOf(0, 1)
    const refused = { record: 0, step: 'check', reason: long }
    observation.ended(batch, new Uint8Array([outcomeCode.dead_lettered]), [refused], [])
    expect(observation.recent(10)[0]?.reason).toHaveLength(300)
  })

  test('how long delivery takes, by record', () => {
    const observation = new Observation(
      [],
      () => 0,
      () => 0,
    )
    observation.delivered(99, 8)
    observation.delivered(1, 500)
    expect(percentileOf([observation.latency()], 0.99)).toBe(8)
    expect(percentileOf([observation.latency()], 1)).toBe(512)
  })
})
