/** Reads the statuses that processes told, as they come out of the store. What does not fit is left out. */
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { outcomes } from '../flow/outcome.ts'
import { type PipelineStatus, pipelineStates } from '../pipelines/status.ts'

const count = Type.Number({ minimum: 0 })

const buckets = Type.Array(Type.Tuple([count, count]))
const nullableText = Type.Union([Type.String(), Type.Null()])

const schema = Type.Object({
  pipeline: Type.String(),
  fingerprint: Type.String(),
  state: Type.Enum(pipelineStates),
  since_ms: Type.Number(),
  reason: Type.Union([Type.String(), Type.Null()]),
  lanes: Type.Array(
    Type.Object({
      lane: Type.String(),
      uncommitted: Type.Number(),
      in_flight: count,
      lag_records: Type.Union([Type.Number(), Type.Null()]),
      behind_ms: Type.Union([Type.Number(), Type.Null()]),
    }),
  ),
  committed: Type.Object({
    in: count,
    delivered: count,
    filtered: count,
    deduplicated: count,
    aggregated: count,
    dead_lettered: count,
    late: count,
    in_flight: count,
    outputs: count,
  }),
  in_per_second: count,
  out_per_second: count,
  steps: Type.Array(
    Type.Object({
      id: Type.String(),
      in: count,
      out: count,
      errors: count,
      in_per_second: count,
      times: buckets,
    }),
  ),
  latency: buckets,
  recent: Type.Array(
    Type.Object({
      at_ms: count,
      outcome: Type.Enum(outcomes),
      step: nullableText,
      code: nullableText,
      reason: nullableText,
      lane: Type.String(),
      number: Type.String(),
    }),
  ),
})

/** What processes of the version before do not tell. */
const untold = { steps: [], latency: [], recent: [] } as const

export const readRunStatuses = (told: unknown): readonly PipelineStatus[] =>
  Array.isArray(told)
    ? told
        .map((entry: unknown) =>
          typeof entry === 'object' && entry !== null ? { ...untold, ...entry } : entry,
        )
        .filter((entry: unknown): entry is PipelineStatus => Value.Check(schema, entry))
    : []
