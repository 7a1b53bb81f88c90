import { expect, test } from 'vitest'
import { emptyLedger } from '../../flow/ledger.ts'
import { testPipeline } from '../rig.suite.ts'
import { overviewOf } from './overview.ts'

test('sums rates, dead letters and ledgers, and leaves out who told of no rates', () => {
  const overview = overviewOf([testPipeline('a'), testPipeline('b', { rates: null })], 0)
  expect(overview).toMatchObject({ in_per_second: 12.5, out_per_second: 12, dead_letters: 2 })
  expect(overview.ledger).toMatchObject({ in: 20, delivered: 14, gap: 0 })
  expect(overview.pipelines).toEqual({ total: 2, by_state: [{ state: 'running', count: 2 }] })
})

test('knows no rates and no lag where nobody told of any', () => {
  expect(overviewOf([], 0)).toMatchObject({ in_per_second: null, worst_lag: null, needs_you: [] })
})

test('names who is furthest behind by seconds, else by records', () => {
  const all = [
    testPipeline('many', { lag: { records: 900, behindMs: null } }),
    testPipeline('old', { lag: { records: 2, behindMs: 90_000 } }),
    testPipeline('young', { lag: { records: 5, behindMs: 10 } }),
  ]
  expect(overviewOf(all, 0).worst_lag).toEqual({ pipeline: 'old', records: 2, seconds: 90 })
  expect(overviewOf(all.slice(0, 1), 0).worst_lag).toEqual({ pipeline: 'many', records: 900, seconds: null })
})

test('tells who needs somebody, worst first', () => {
  const all = [
    testPipeline('letters', { deadLetters: 3 }),
    testPipeline('broken', { state: 'failed', reason: 'no such topic', deadLetters: 0 }),
    testPipeline('leaky', { deadLetters: 0, ledger: { ...emptyLedger, in: 2, delivered: 1 } }),
  ]
  expect(overviewOf(all, 0).needs_you).toEqual([
    { pipeline: 'broken', problem: 'failed', text: 'broken is failed: no such topic' },
    { pipeline: 'leaky', problem: 'unbalanced', text: '1 record of leaky did not end in any outcome' },
    { pipeline: 'letters', problem: 'dead_letters', text: '3 dead letters of letters to look at' },
  ])
})
