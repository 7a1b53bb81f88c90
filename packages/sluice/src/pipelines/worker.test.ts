import { expect, test, vi } from 'vitest'
import { defaultRetryPolicy } from '../flow/pipeline.ts'
import type { SinkSession } from '../flow/sink.ts'
import { systemClock } from '../kernel/clock.ts'
import { silentLogger } from '../kernel/logger.ts'
import { seededRandom } from '../kernel/random.ts'
import type { PreparedPipeline } from './pipeline-run.ts'
import { memorySink, memorySource, memoryStore } from './testing.ts'
import { startWorker } from './worker.ts'

const prepared = (name: string, fingerprint: string, sink: SinkSession): PreparedPipeline => ({
  definition: {
    name,
    source: { use: 'list', options: {} },
    steps: [],
    sink: { use: 'list', options: {} },
    retry: defaultRetryPolicy,
    fingerprint,
  },
  ownership: 'local',
  steps: [],
  openSource: () => Promise.resolve(memorySource(['1'], 1)),
  openSink: () => Promise.resolve(sink),
})

test('a pipeline that cannot end holds up no change of the others, only its own', async () => {
  const answer = Promise.withResolvers<void>()
  const stuck = memorySink()
  const stuckSink: SinkSession = {
    ...stuck,
    write: async (...given) => {
      await answer.promise
      return stuck.write(...given)
    },
  }
  let pipelines = [prepared('stuck', 'one', stuckSink)]
  const worker = startWorker({
    owner: 'me',
    store: memoryStore(),
    leases: { hold: (_, lanes) => Promise.resolve(lanes), release: () => Promise.resolve() },
    clock: systemClock,
    stopwatch: () => 0,
    random: seededRandom(1),
    logger: silentLogger,
    wanted: () => Promise.resolve({ pipelines, paused: new Set(), stopped: new Set(), peers: 1 }),
    onChange: () => Promise.resolve(),
    tell: () => Promise.resolve(),
    drainMs: 10,
  })
  const states = (): readonly string[] =>
    worker.status().map(({ pipeline, fingerprint, state }) => `${pipeline} ${fingerprint} ${state}`)
  await vi.waitFor(() => expect(worker.status()[0]?.lanes[0]?.in_flight).toBe(1))
  pipelines = [prepared('stuck', 'two', memorySink()), prepared('other', 'one', memorySink())]
  worker.refresh()
  await vi.waitFor(() => expect(states()).toEqual(['stuck one draining', 'other one running']), {
    timeout: 10_000,
  })
  answer.resolve()
  await vi.waitFor(() => expect(states().toSorted()).toEqual(['other one running', 'stuck two running']))
  await worker[Symbol.asyncDispose]()
})
