import { describe, expect, test, vi } from 'vitest'
import type { WaitingLetter } from '../flow/commit.ts'
import { ledgerGap } from '../flow/ledger.ts'
import { defaultRetryPolicy, type PipelineDefinition } from '../flow/pipeline.ts'
import type { SourceEvent } from '../flow/source.ts'
import type { Step } from '../flow/step.ts'
import { type Clock, systemClock } from '../kernel/clock.ts'
import { type Fault, fault, isFault } from '../kernel/faults/index.ts'
import { silentLogger } from '../kernel/logger.ts'
import { seededRandom } from '../kernel/random.ts'
import { PipelineRun } from './pipeline-run.ts'
import {
  type MemorySink,
  type MemorySource,
  type MemoryStore,
  memorySink,
  memorySource,
  memoryStore,
} from './testing.ts'

const definition: PipelineDefinition = {
  name: 'p',
  source: { use: 'list', options: {} },
  steps: [],
  sink: { use: 'list', options: {} },
  retry: { ...defaultRetryPolicy, firstMs: 1, mostMs: 2, degradedAfter: 2 },
  fingerprint: 'f',
}

/** Refuses odd numbers, filters those that end in 4, and refuses what is no JSON. */
const sorting: Step = {
  id: 'sort',
  kind: 'filter',
  run: (rows, report) => {
    const kept: number[] = []
    for (let row = 0; row < rows.count; row++) {
      try {
        const body = rows.bodyOf(row)
        if (typeof body === 'number' && body % 2 === 1) {
          report.refuse(row, fault('RECORD_REFUSED', { part: 'step', problem: 'odd' }))
        } else if (String(body).endsWith('4')) report.end(row, 'filtered')
        else kept.push(row)
      } catch (error) {
        if (!isFault(error)) throw error
        report.refuse(row, error)
      }
    }
    return rows.pick(kept)
  },
}

const run = (
  store: MemoryStore,
  source: MemorySource,
  sink: MemorySink,
  steps: readonly Step[] = [],
  paused = false,
  clock: Clock = systemClock,
): PipelineRun =>
  new PipelineRun(
    {
      definition,
      ownership: 'local',
      steps,
      openSource: () => Promise.resolve(source),
      openSink: () => Promise.resolve(sink),
    },
    {
      owner: 'me',
      store,
      leases: { hold: (_, lanes) => Promise.resolve(lanes), release: () => Promise.resolve() },
      peers: () => 1,
      clock,
      stopwatch: () => 0,
      random: seededRandom(1),
      logger: silentLogger,
      drainMs: 1_000,
    },
    paused,
  )

const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i))
const done = (store: MemoryStore, position: string) =>
  vi.waitFor(() => expect(store.lanes.get('p a')?.position).toBe(position), { timeout: 10_000 })

describe('a pipeline', () => {
  test('delivers every record in order, commits it, and tells the source', async () => {
    const [store, source, sink] = [memoryStore(), memorySource(numbers(100), 7), memorySink()]
    const pipeline = run(store, source, sink)
    await done(store, 'list:100')
    await pipeline.stop()
    expect(sink.written).toEqual(numbers(100))
    expect(source.settled.map((settlement) => settlement.batch.count).reduce((a, b) => a + b)).toBe(100)
  })

  test('accounts for each record by how it ended', async () => {
    const bodies = [...numbers(20), 'no json']
    const [store, source, sink] = [memoryStore(), memorySource(bodies, 6), memorySink()]
    const pipeline = run(store, source, sink, [sorting])
    await done(store, 'list:21')
    await pipeline.stop()
    const counts = store.lanes.get('p a')?.counts
    expect(counts).toMatchObject({ in: 21, delivered: 8, filtered: 2, dead_lettered: 11, outputs: 8 })
    expect(counts === undefined ? NaN : ledgerGap(counts)).toBe(0)
    const letters = store.commits.flatMap((commit) => commit.deadLetters)
    expect(letters.find((letter) => letter.number === '20')).toMatchObject({
      code: 'BODY_NOT_JSON',
      step: 'sort',
      recordId: 'p/i/a/20',
      key: Buffer.from('k20'),
      value: Buffer.from('no json'),
    })
  })

  test('goes on trying while the sink cannot be reached, says so, and loses nothing', async () => {
    let refusals = 6
    const states: string[] = []
    const sink = memorySink(() => {
      states.push(pipeline.status().state)
      if (refusals-- > 0) throw fault('SINK_UNAVAILABLE', { sink: 'list', problem: 'gone' })
    })
    const [store, source] = [memoryStore(), memorySource(numbers(10), 3)]
    const pipeline = run(store, source, sink)
    await done(store, 'list:10')
    await pipeline.stop()
    expect(sink.written).toEqual(numbers(10))
    expect(states).toContain('degraded')
  })

  test('says that its sink is silent, and takes it back when it answers', async () => {
    const answer = Promise.withResolvers<void>()
    const memory = memorySink()
    const silentSink = {
      ...memory,
      write: async (...given: Parameters<typeof memory.write>) => {
        await answer.promise
        return memory.write(...given)
      },
    }
    // A hundred times as fast as it says.
    const clock = {
      ...systemClock,
      sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / 100, signal),
    }
    const store = memoryStore()
    const pipeline = run(store, memorySource(numbers(10), 5), silentSink, [], false, clock)
    await vi.waitFor(() =>
      expect(pipeline.status()).toMatchObject({
        state: 'degraded',
        reason: expect.stringMatching(/The sink has not answered for \d+ s\./),
      }),
    )
    answer.resolve()
    await done(store, 'list:10')
    await vi.waitFor(() => expect(pipeline.status()).toMatchObject({ state: 'running', reason: null }))
    await pipeline.stop()
    expect(memory.written).toEqual(numbers(10))
  })

  test('says what keeps its source from reading, for as long as it lasts, and reads what can be read', async () => {
    let trouble: Fault | null = fault('SOURCE_UNAVAILABLE', { source: 'list', problem: 'half of it is gone' })
    const source = { ...memorySource(numbers(10), 5), trouble: () => trouble }
    const store = memoryStore()
    const pipeline = run(store, source, memorySink())
    await done(store, 'list:10')
    expect(pipeline.status()).toMatchObject({
      state: 'degraded',
      reason: expect.stringContaining('half of it is gone'),
    })
    trouble = null
    await vi.waitFor(() => expect(pipeline.status()).toMatchObject({ state: 'running', reason: null }))
    await pipeline.stop()
  })

  test('goes on from the last commit in another life', async () => {
    const store = memoryStore()
    const first = run(store, memorySource(numbers(10), 5), memorySink())
    await done(store, 'list:10')
    await first.stop()
    const sink = memorySink()
    const second = run(store, memorySource(numbers(15), 5), sink)
    await done(store, 'list:15')
    await second.stop()
    expect(sink.written).toEqual(['10', '11', '12', '13', '14'])
    expect(store.lanes.get('p a')?.counts.in).toBe(15)
  })

  test('reads from where somebody moved its position to', async () => {
    const [store, sink] = [memoryStore(), memorySink()]
    const source = memorySource(numbers(10), 5)
    const pipeline = run(store, source, sink)
    await done(store, 'list:10')
    const lane = store.lanes.get('p a')
    if (lane === undefined) throw new Error('no lane')
    lane.epoch += 1
    lane.position = 'list:8'
    // The source is at its end and nothing new comes: the run notices by itself.
    await done(store, 'list:10')
    await pipeline.stop()
    expect(sink.written.slice(10)).toEqual(['8', '9'])
  })

  test('reads nothing before a moved position once it is resumed', async () => {
    const [store, sink] = [memoryStore(), memorySink()]
    const pipeline = run(store, memorySource(numbers(10), 5), sink, [], true)
    await vi.waitFor(() =>
      expect(pipeline.status()).toMatchObject({ state: 'paused', lanes: [{ lane: 'a' }] }),
    )
    const lane = store.lanes.get('p a')
    if (lane === undefined) throw new Error('no lane')
    lane.epoch += 1
    lane.position = 'list:7'
    pipeline.resume()
    await done(store, 'list:10')
    await pipeline.stop()
    expect(sink.written).toEqual(['7', '8', '9'])
  })

  test('takes redriven letters through all steps, with lane, stream and number as they came', async () => {
    const seen: string[] = []
    const wrap: Step = {
      id: 'wrap',
      kind: 'map',
      run: (rows) =>
        rows.withBodies(
          Array.from({ length: rows.count }, (_, row) => {
            const { origin } = rows.batch
            seen.push(`${origin.stream} ${origin.lane} ${rows.batch.numberOf(rows.recordOf(row))}`)
            return { wrapped: rows.bodyOf(row) }
          }),
        ),
    }
    const [store, sink] = [memoryStore(), memorySink()]
    const letter = (id: number, lane: string, number: string): WaitingLetter => ({
      id,
      recordId: `p/i/${lane}/${number}`,
      lane,
      stream: 's',
      number,
      key: null,
      value: Buffer.from(number),
      headers: [],
      timeMs: 1,
    })
    const letters = [letter(1, 'a', '70'), letter(2, 'b', '80'), letter(3, 'a', '71')]
    // It is read twice: to look, and again under the claim.
    let reads = 0
    const redriving = {
      ...store,
      toRedrive: () => Promise.resolve(++reads <= 2 ? letters : []),
    }
    const pipeline = run(redriving, memorySource([], 5), sink, [wrap])
    await vi.waitFor(() => expect(store.commits.length).toBe(2), { timeout: 10_000 })
    await pipeline.stop()
    expect(seen).toEqual(['s a 70', 's a 71', 's b 80'])
    expect(sink.written).toEqual(['{"wrapped":70}', '{"wrapped":71}', '{"wrapped":80}'])
    expect(store.commits.map((commit) => [commit.lane, commit.redriven?.delivered])).toEqual([
      ['redriven', [1, 3]],
      ['redriven', [2]],
    ])
  })

  test('commits where the source chose to begin, before any record came', async () => {
    const store = memoryStore()
    const source = memorySource([], 5)
    const events: SourceEvent[] = [{ kind: 'moved', lane: 'a', position: 'list:7' }]
    const pipeline = run(
      store,
      { ...source, next: async (signal) => events.shift() ?? (await source.next(signal)) },
      memorySink(),
    )
    await done(store, 'list:7')
    await pipeline.stop()
    expect(store.lanes.get('p a')?.counts.in).toBe(0)
  })

  test('does not read while paused, and reads on when resumed', async () => {
    const [store, source, sink] = [memoryStore(), memorySource(numbers(10), 5), memorySink()]
    const pipeline = run(store, source, sink, [], true)
    await vi.waitFor(() => expect(pipeline.status().state).toBe('paused'))
    expect(store.lanes.get('p a')?.position ?? null).toBe(null)
    pipeline.resume()
    await done(store, 'list:10')
    await pipeline.stop()
    expect(pipeline.status().state).toBe('stopped')
  })

  test('drains what is in flight when it stops', async () => {
    const [store, source, sink] = [memoryStore(), memorySource(numbers(1_000), 10), memorySink()]
    const pipeline = run(store, source, sink)
    await vi.waitFor(() => expect(sink.written.length).toBeGreaterThan(20))
    await pipeline.stop()
    const counts = store.lanes.get('p a')?.counts
    expect(counts?.delivered).toBe(sink.written.length)
    expect(pipeline.status().lanes).toEqual([])
  })
})
