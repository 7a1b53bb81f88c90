import { describe, expect, test } from 'vitest'
import { edgeWidth, graphOf } from './graph-model.ts'
import { equationOf, lagWords, type Pipeline } from './pipeline-words.ts'

const step = (id: string, use: string, errors = 0) => ({
  id,
  use,
  in: 10,
  out: 9,
  errors,
  p50_us: 1,
  p99_us: 2,
  in_per_second: 5,
})

const pipeline = (over: Partial<Pipeline> = {}): Pipeline => ({
  name: 'orders',
  state: 'running',
  since: '2026-01-31T12:00:00.000Z',
  reason: null,
  source: 'kafka',
  sink: 'postgres',
  rates: { in_per_second: 5, out_per_second: 4 },
  lag: { records: 3, seconds: 1 },
  ledger: {
    in: 10,
    delivered: 8,
    filtered: 1,
    deduplicated: 0,
    aggregated: 0,
    dead_lettered: 1,
    late: 0,
    in_flight: 0,
    outputs: 8,
    gap: 0,
  },
  dead_letters: 1,
  definition: { text: null, file: 'sluice.yaml', line: null, revision: 1 },
  guarantee: { delivery: 'exactly once in effect', order: 'per partition', because: '' },
  latency: null,
  steps: [step('validate', 'validate', 1), step('filter', 'filter')],
  reads: ['orders'],
  writes: [],
  lanes: [],
  ...over,
})

describe('the graph', () => {
  test('has source, steps and sink in a row, with the rate into each', () => {
    const { nodes, edges } = graphOf(pipeline())
    expect(nodes.map(({ id }) => id)).toEqual([
      'source',
      'step validate',
      'step filter',
      'sink',
      'filtered',
      'dead',
    ])
    expect(edges.slice(0, 3).map(({ label }) => label)).toEqual(['5.0/s', '5.0/s', '4.0/s'])
  })

  test('what is refused leaves from the step that refused it, what is filtered from the filter', () => {
    const { edges } = graphOf(pipeline())
    expect(edges.slice(3).map(({ id, tone }) => [id, tone])).toEqual([
      ['step filter filtered', 'quiet'],
      ['step validate dead', 'bad'],
    ])
  })

  test('without anything left out there is nothing below', () => {
    const ledger = { ...pipeline().ledger, filtered: 0, dead_lettered: 0 }
    const { nodes } = graphOf(pipeline({ ledger, steps: [], dead_letters: 0 }))
    expect(nodes.map(({ id }) => id)).toEqual(['source', 'sink'])
  })

  test('it is red where it stalls, and says nothing of rates that nobody knows', () => {
    const { edges } = graphOf(pipeline({ state: 'degraded', reason: 'The sink is away.', rates: null }))
    expect([edges[2]?.tone, edges[2]?.label]).toEqual(['bad', ''])
  })

  test.each([
    { rate: null, width: 1.5 },
    { rate: 0, width: 1.5 },
    { rate: 1_000_000_000, width: 9 },
  ])('a line for $rate a second is $width wide', ({ rate, width }) => {
    expect(edgeWidth(rate)).toBe(width)
  })
})

test('the ledger is an equation of what happened', () => {
  expect(equationOf(pipeline().ledger)).toBe('10 = 8 delivered + 1 filtered + 1 dead')
})

test.each([
  { state: 'running', reason: null, lag: { records: 0, seconds: null }, words: 'keeping up' },
  {
    state: 'running',
    reason: null,
    lag: { records: 9_000, seconds: 75 },
    words: '9,000 records wait, the oldest for 1 min 15 s',
  },
  { state: 'degraded', reason: 'The sink is away.', lag: null, words: 'The sink is away.' },
  { state: 'stopped', reason: null, lag: { records: 5, seconds: 5 }, words: null },
] as const)('a lag means "$words"', ({ words, ...row }) => {
  expect(lagWords(row)).toBe(words)
})
