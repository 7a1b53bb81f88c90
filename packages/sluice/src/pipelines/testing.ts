/** Ports in memory for tests of the engine: a source with a list, a commit store with fences, a sink with faults. */
import { BatchBuilder } from '../flow/batch-builder.ts'
import type { CommitStore, LaneClaim, LaneCommit, WriteResult } from '../flow/commit.ts'
import { addLedger, emptyLedger, type LedgerCounts } from '../flow/ledger.ts'
import type { RecordBatch } from '../flow/record-batch.ts'
import type { Rows } from '../flow/rows.ts'
import type { SinkSession } from '../flow/sink.ts'
import type { Settlement, SourceEvent, SourceSession } from '../flow/source.ts'
import { fault } from '../kernel/faults/index.ts'

interface MemoryLane {
  epoch: number
  owner: string
  position: string | null
  counts: LedgerCounts
}

export interface MemoryStore extends CommitStore {
  readonly lanes: Map<string, MemoryLane>
  readonly commits: LaneCommit[]
}

export const memoryStore = (): MemoryStore => {
  const lanes = new Map<string, MemoryLane>()
  const commits: LaneCommit[] = []
  const held = (commit: LaneCommit): MemoryLane => {
    const lane = lanes.get(`${commit.pipeline} ${commit.lane}`)
    if (lane === undefined || lane.epoch !== commit.epoch || lane.position !== commit.expected) {
      throw fault('LANE_FENCED', { lane: commit.lane, pipeline: commit.pipeline, epoch: commit.epoch })
    }
    return lane
  }
  const commit = (given: LaneCommit): Promise<void> => {
    const lane = held(given)
    lane.position = given.next
    lane.counts = addLedger(lane.counts, given.counts)
    commits.push(given)
    return Promise.resolve()
  }
  return {
    lanes,
    commits,
    claim: ({ pipeline, lane }, owner): Promise<LaneClaim> => {
      const name = `${pipeline} ${lane}`
      const present = lanes.get(name) ?? { epoch: 0, owner, position: null, counts: emptyLedger }
      const next = { ...present, epoch: present.epoch + 1, owner }
      lanes.set(name, next)
      return Promise.resolve({
        pipeline,
        lane,
        epoch: next.epoch,
        position: next.position,
        counts: next.counts,
      })
    },
    commit: async (given) => commit(given),
    epochs: (pipeline) =>
      Promise.resolve(
        new Map(
          [...lanes].flatMap(([name, { epoch }]) =>
            name.startsWith(`${pipeline} `) ? [[name.slice(pipeline.length + 1), epoch] as const] : [],
          ),
        ),
      ),
    toRedrive: () => Promise.resolve([]),
    fenceIn: async (_, given) => {
      await Promise.resolve()
      held(given)
    },
    commitIn: async (_, given) => commit(given),
  }
}

export interface MemorySource extends SourceSession {
  readonly settled: Settlement[]
  readonly abandoned: RecordBatch[]
}

/** A source with one lane `a` of numbered bodies, read from a position on in batches of `batchSize`. */
export const memorySource = (bodies: readonly string[], batchSize: number): MemorySource => {
  let at: number | null = null
  let paused = false
  const settled: Settlement[] = []
  const abandoned: RecordBatch[] = []
  const next = (): SourceEvent => {
    if (at === null || paused) return { kind: 'idle' }
    if (at >= bodies.length) return { kind: 'idle' }
    const builder = new BatchBuilder()
    const end = Math.min(bodies.length, at + batchSize)
    for (let i = at; i < end; i++) {
      builder.add({ key: `k${i}`, value: bodies[i] ?? '', timeMs: 1_000 + i, number: BigInt(i) })
    }
    at = end
    const batch = builder.build({
      pipeline: 'p',
      incarnation: 'i',
      lane: 'a',
      stream: 's',
      next: `list:${end}`,
    })
    return { kind: 'batch', batch }
  }
  return {
    settled,
    abandoned,
    lanes: () => Promise.resolve(['a']),
    start: (_, position) => {
      at = position === null ? 0 : Number(position.split(':')[1])
      return Promise.resolve()
    },
    stop: () => {
      at = null
      return Promise.resolve()
    },
    next: async () => {
      await new Promise((resolve) => setImmediate(resolve))
      return next()
    },
    pause: () => {
      paused = true
    },
    resume: () => {
      paused = false
    },
    release: () => Promise.resolve(),
    settle: (settlement) => {
      settled.push(settlement)
      return Promise.resolve()
    },
    abandon: (batch) => {
      abandoned.push(batch)
    },
    lag: () => Promise.resolve([]),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

export interface MemorySink extends SinkSession {
  readonly written: string[]
}

/** A sink without transactions. `before` may throw, as a sink that cannot be reached. */
export const memorySink = (
  before: (rows: Rows) => void = () => undefined,
  result: (rows: Rows) => WriteResult = () => ({ refused: [], deduplicated: [] }),
): MemorySink => {
  const written: string[] = []
  return {
    written,
    write: async (rows) => {
      await Promise.resolve()
      before(rows)
      const answer = result(rows)
      const not = new Set([...answer.refused.map((refused) => refused.row), ...answer.deduplicated])
      for (let row = 0; row < rows.count; row++) {
        if (!not.has(row)) written.push(JSON.stringify(rows.bodyOf(row)))
      }
      return answer
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}
