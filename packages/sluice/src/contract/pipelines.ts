/** Pipelines: what they are, how they do, and the hand on them. */
import { Type } from 'typebox'
import { defineResource, endpoint } from './endpoint.ts'
import { count, dryRun, limit, list, nullable, offset, pipelineName, strict, timestamp } from './schemas.ts'

const all = { kind: 'pipeline', name: null } as const
const one = { kind: 'pipeline', name: { in: 'params', field: 'name' } } as const

const params = strict({ name: pipelineName })

export const pipelineStates = [
  'starting',
  'running',
  'degraded',
  'paused',
  'draining',
  'ended',
  'stopped',
  'failed',
] as const

const state = Type.Enum(pipelineStates, {
  description:
    '`degraded`: retries for a while now, nothing is lost; `draining`: delivers what it has read, then stops; `ended`: read to the end of what it reads; `failed`: cannot start as defined.',
})

export const ledgerSchema = strict(
  {
    in: count,
    delivered: count,
    filtered: count,
    deduplicated: count,
    aggregated: count,
    dead_lettered: count,
    late: count,
    in_flight: count,
    outputs: Type.Integer({
      minimum: 0,
      description: 'Records written to the sink; not part of the balance.',
    }),
    gap: Type.Integer({ description: 'What is unaccounted for: 0 when the ledger balances.' }),
  },
  'in = delivered + filtered + deduplicated + aggregated + dead_lettered + late + in_flight.',
)

const lag = strict({
  records: count,
  seconds: nullable(
    Type.Number({
      minimum: 0,
      description: 'Age of the oldest record not yet committed; null where unknown.',
    }),
  ),
})

const rates = strict({
  in_per_second: Type.Number({ minimum: 0 }),
  out_per_second: Type.Number({ minimum: 0 }),
})

const summaryFields = {
  name: Type.String(),
  state,
  since: Type.String({ format: 'date-time', description: 'When it came into this state.' }),
  reason: nullable(Type.String({ description: 'Why it is degraded or failed.' })),
  source: Type.String({ description: 'Connector it reads with.' }),
  sink: Type.String({ description: 'Connector it writes with.' }),
  rates: nullable(rates),
  lag: nullable(lag),
  ledger: ledgerSchema,
  dead_letters: Type.Integer({ minimum: 0, description: 'Dead letters that wait.' }),
}

const pipelineSummary = strict(summaryFields)

export const recentOutcomes = [
  'delivered',
  'filtered',
  'deduplicated',
  'aggregated',
  'dead_lettered',
  'late',
] as const

const sinceStart = (what: string) =>
  nullable(count, `${what} since its processes began; null while nobody runs it.`)

const step = strict({
  id: Type.String(),
  use: Type.String(),
  in: sinceStart('Records it was given'),
  out: sinceStart('Records it passed on'),
  errors: sinceStart('Records it refused'),
  p50_us: nullable(
    Type.Number({
      minimum: 0,
      description:
        'Time per record in µs over the last minute, measured by batch: half took at most so long.',
    }),
  ),
  p99_us: nullable(Type.Number({ minimum: 0, description: '99 of 100 took at most so long.' })),
  in_per_second: nullable(Type.Number({ minimum: 0 })),
})

const latency = strict(
  {
    p50_ms: Type.Number({ minimum: 0, description: 'Half took at most so long.' }),
    p99_ms: Type.Number({ minimum: 0, description: '99 of 100 took at most so long.' }),
  },
  'From reading a record to its commit, over the last seconds; null where none was delivered.',
)

const guarantee = strict(
  {
    delivery: Type.String({ description: 'What source and sink promise together.' }),
    order: Type.String(),
    because: Type.String({ description: 'Why, and under which condition.' }),
  },
  'What is promised about delivery.',
)

const definition = strict({
  text: nullable(
    Type.String({
      description:
        'The pipeline as the file has it; passwords in addresses are left out. null where it cannot be cut out.',
    }),
  ),
  file: Type.String({ description: 'Name of the file.' }),
  line: nullable(Type.Integer({ minimum: 1, description: 'Line in which it begins.' })),
  revision: nullable(Type.Integer({ description: 'Number of the revision that runs.' })),
})

const recent = strict({
  at: timestamp,
  outcome: Type.Enum(recentOutcomes, { description: 'How the record ended.' }),
  step: nullable(Type.String({ description: 'Step or sink where it ended; null where it was delivered.' })),
  code: nullable(Type.String({ description: 'Code in the catalogue of faults.' })),
  reason: nullable(Type.String()),
  lane: Type.String(),
  number: Type.String({ description: 'Number of the record in its lane, for instance its Kafka offset.' }),
})

const pipeline = strict({
  ...summaryFields,
  definition,
  guarantee,
  latency: nullable(latency),
  steps: Type.Array(step, { description: 'In their order.' }),
  reads: Type.Array(Type.String(), { description: 'Topics it reads.' }),
  writes: Type.Array(Type.String(), { description: 'Topics it writes.' }),
  lanes: Type.Array(
    strict({
      lane: Type.String(),
      position: nullable(Type.String()),
      owner: nullable(Type.String({ description: 'Process that runs it.' })),
      epoch: Type.Integer({ description: 'Fencing epoch: raised with each claim.' }),
      lag: nullable(lag),
      committed_at: nullable(timestamp),
    }),
  ),
})

const changed = strict({ message: Type.String(), name: Type.String(), state })

const control = (
  verb: 'start' | 'stop' | 'pause',
  audit: 'pipeline.started' | 'pipeline.stopped' | 'pipeline.paused',
  summary: string,
  description: string,
) =>
  endpoint({
    method: 'POST',
    path: `/api/pipelines/{name}/${verb}`,
    summary,
    description,
    params,
    answer: { kind: 'json', status: 200, schema: changed, description: 'It is asked for.' },
    permission: 'pipelines:control',
    resource: one,
    audit,
    faults: ['NOT_FOUND', 'CONFLICT'],
  })

const move = strict({
  lane: Type.String(),
  from: nullable(Type.String()),
  to: nullable(Type.String({ description: 'null: from where the definition says.' })),
  records: nullable(
    Type.Integer({
      description: 'Records that are read again (negative) or left out (positive), where known.',
    }),
  ),
})

const moved = strict({ message: Type.String(), applied: Type.Boolean(), moves: Type.Array(move) })

const moveAnswer = {
  kind: 'json',
  status: 200,
  schema: moved,
  description: 'What was done, or would be.',
} as const

const moveNote =
  'The pipeline must be paused or stopped. Asks first: without `"dry_run": false` nothing is changed.'

const lanes = Type.Optional(
  Type.Array(Type.String(), { description: 'Only these lanes; all when left out.' }),
)

export const pipelinesResource = defineResource({
  name: 'pipelines',
  summary: 'Pipelines, their state, lag, ledger and positions.',
  endpoints: {
    list: endpoint({
      method: 'GET',
      path: '/api/pipelines',
      summary: 'List pipelines',
      description: 'With state, rates, lag and ledger, sorted by name.',
      answer: { kind: 'json', status: 200, schema: list(pipelineSummary), description: 'Pipelines.' },
      permission: 'pipelines:read',
      resource: all,
      audit: null,
    }),
    show: endpoint({
      method: 'GET',
      path: '/api/pipelines/{name}',
      summary: 'Show one pipeline',
      description: 'With its steps, topics, lanes, what it promises, and how the file defines it.',
      params,
      answer: { kind: 'json', status: 200, schema: pipeline, description: 'The pipeline.' },
      permission: 'pipelines:read',
      resource: one,
      audit: null,
      faults: ['NOT_FOUND'],
    }),
    outcomes: endpoint({
      method: 'GET',
      path: '/api/pipelines/{name}/outcomes',
      summary: 'Show how some of the last records ended',
      description:
        'A sample, newest first: a few of each kind from every process that runs it, so that what is rare is not crowded out. Not a log: see dead letters for everything that failed.',
      params,
      query: strict({ limit: limit(50, 200) }),
      answer: { kind: 'json', status: 200, schema: list(recent), description: 'Samples.' },
      permission: 'pipelines:read',
      resource: one,
      audit: null,
      faults: ['NOT_FOUND'],
    }),
    start: control(
      'start',
      'pipeline.started',
      'Start a pipeline',
      'It reads on from its positions. Survives restarts.',
    ),
    stop: control(
      'stop',
      'pipeline.stopped',
      'Stop a pipeline',
      'What is in flight is delivered and committed first; its positions stay.',
    ),
    pause: control(
      'pause',
      'pipeline.paused',
      'Pause a pipeline',
      'Stops reading and keeps its lanes, so that it goes on at once when started.',
    ),
    position: endpoint({
      method: 'GET',
      path: '/api/pipelines/{name}/position',
      summary: 'Show where a pipeline reads on',
      description: 'For each lane the position committed last, and what there is to read.',
      params,
      answer: {
        kind: 'json',
        status: 200,
        schema: list(
          strict({
            lane: Type.String(),
            position: nullable(Type.String()),
            earliest: nullable(Type.String()),
            latest: nullable(Type.String()),
            committed_at: nullable(timestamp),
          }),
        ),
        description: 'Positions by lane.',
      },
      permission: 'pipelines:read',
      resource: one,
      audit: null,
      faults: ['NOT_FOUND'],
    }),
    reset: endpoint({
      method: 'POST',
      path: '/api/pipelines/{name}/position/reset',
      summary: 'Read on from the oldest or newest record',
      description: moveNote,
      params,
      body: strict({
        to: Type.Union([Type.Literal('earliest'), Type.Literal('latest')], {
          description: 'Oldest or newest record.',
        }),
        lanes,
        dry_run: dryRun,
      }),
      answer: moveAnswer,
      permission: 'positions:write',
      resource: one,
      audit: 'pipeline.position_moved',
      faults: ['NOT_FOUND', 'CONFLICT'],
    }),
    rewind: endpoint({
      method: 'POST',
      path: '/api/pipelines/{name}/position/rewind',
      summary: 'Read on from a time',
      description: `From the first record at or after that time. ${moveNote}`,
      params,
      body: strict({ to: timestamp, lanes, dry_run: dryRun }),
      answer: moveAnswer,
      permission: 'positions:write',
      resource: one,
      audit: 'pipeline.position_moved',
      faults: ['NOT_FOUND', 'CONFLICT'],
    }),
    skip: endpoint({
      method: 'POST',
      path: '/api/pipelines/{name}/position/skip',
      summary: 'Read on after a record',
      description: `Leaves out the records of a lane up to \`past\`, that one included. ${moveNote}`,
      params,
      body: strict({
        lane: Type.String({ minLength: 1, description: 'The lane, as `position` names it.' }),
        past: {
          ...offset,
          description: 'Number of the last record to leave out, for instance its Kafka offset.',
        },
        dry_run: dryRun,
      }),
      answer: moveAnswer,
      permission: 'positions:write',
      resource: one,
      audit: 'pipeline.position_moved',
      faults: ['NOT_FOUND', 'CONFLICT'],
    }),
  },
})
