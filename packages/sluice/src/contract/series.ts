/** Series over time: what is measured, as data, and how charts ask for it. */
import { Type } from 'typebox'
import { durationPattern } from '../kernel/units.ts'
import { defineResource, endpoint } from './endpoint.ts'
import { count, list, nullable, strict, timestamp } from './schemas.ts'

export interface SeriesDefinition {
  /** What its subjects are; `all`: there is one, named ''. */
  readonly of: 'pipeline' | 'topic' | 'group' | 'all'
  readonly unit: 'records/s' | 'records' | 's' | 'ms'
  /** How several samples become one: a rate is averaged, of what should be small the largest is kept. */
  readonly merge: 'average' | 'maximum'
  readonly says: string
}

const series = <const All extends Readonly<Record<string, SeriesDefinition>>>(all: All): All => all

/** Everything that is kept over time. */
export const seriesDefinitions = series({
  'pipeline.in': {
    of: 'pipeline',
    unit: 'records/s',
    merge: 'average',
    says: 'Records that ended, by commit.',
  },
  'pipeline.out': {
    of: 'pipeline',
    unit: 'records/s',
    merge: 'average',
    says: 'Records written to the sink.',
  },
  'pipeline.lag_records': {
    of: 'pipeline',
    unit: 'records',
    merge: 'maximum',
    says: 'Records between what is committed and the end of what is read.',
  },
  'pipeline.lag_seconds': {
    of: 'pipeline',
    unit: 's',
    merge: 'maximum',
    says: 'Age of the oldest record that is not committed.',
  },
  'pipeline.latency_p50_ms': {
    of: 'pipeline',
    unit: 'ms',
    merge: 'average',
    says: 'From reading a record to its commit: half of them took at most so long.',
  },
  'pipeline.latency_p99_ms': {
    of: 'pipeline',
    unit: 'ms',
    merge: 'maximum',
    says: 'From reading a record to its commit: 99 of 100 took at most so long.',
  },
  'pipeline.dead_letters': {
    of: 'pipeline',
    unit: 'records',
    merge: 'maximum',
    says: 'Dead letters that wait.',
  },
  'topic.in': { of: 'topic', unit: 'records/s', merge: 'average', says: 'Records written to the topic.' },
  'group.lag_records': {
    of: 'group',
    unit: 'records',
    merge: 'maximum',
    says: 'Records between what the group committed and the end of its topics.',
  },
  'total.in': { of: 'all', unit: 'records/s', merge: 'average', says: 'The sum of `pipeline.in`.' },
  'total.out': { of: 'all', unit: 'records/s', merge: 'average', says: 'The sum of `pipeline.out`.' },
})

export type SeriesName = keyof typeof seriesDefinitions

export const isSeriesName = (text: string): text is SeriesName => Object.hasOwn(seriesDefinitions, text)

export const seriesNames: readonly SeriesName[] = Object.keys(seriesDefinitions).filter(isSeriesName)

/** What one answer may hold at most. */
export const seriesLimits = { linesMax: 100, pointsMax: 1_500, marksMax: 200 } as const

/** One point: when its stretch begins, and its value. */
export type Point = [timeMs: number, value: number | null]

/** `[time_ms, value]`, by time; every stretch has one, with null where nothing was measured. */
export const points = Type.Array(
  Type.Unsafe<Point>({
    type: 'array',
    minItems: 2,
    maxItems: 2,
    items: { type: ['number', 'null'] },
  }),
  {
    description:
      'Each `[time_ms, value]`: when the stretch of `step_ms` begins, and its value; null where nothing was measured, never 0.',
  },
)

/** The stretch of time and its grain, for every entry that answers with points. */
export const rangeQuery = {
  from: Type.Optional({ ...timestamp, description: 'Where it begins; an hour before `to` when left out.' }),
  to: Type.Optional({ ...timestamp, description: 'Where it ends; now when left out.' }),
  step: Type.Optional(
    Type.String({
      pattern: durationPattern,
      description:
        'How long a stretch is that becomes one point, such as `5s`, `1m` or `15m`; chosen when left out, and made longer where there would be too many points.',
    }),
  ),
}

export const rangeAnswer = {
  from: timestamp,
  to: timestamp,
  step_ms: Type.Integer({ minimum: 1, description: 'How long each stretch is.' }),
  timestamp,
}

// PostgreSQL has no text with a zero byte.
const named = (description: string) =>
  Type.String({ minLength: 1, maxLength: 4_000, pattern: '^[^\\u0000]*$', description })

const mark = strict({
  at: timestamp,
  kind: Type.Enum(['revision', 'started', 'stopped', 'paused', 'moved'], {
    description:
      '`revision`: the configuration changed; `moved`: a pipeline was told to read on from elsewhere.',
  }),
  pipeline: nullable(Type.String({ description: 'null where it is about all.' })),
  by: Type.String({ description: 'Who did it.' }),
  text: Type.String({ description: 'What happened, in a few words.' }),
})

export const seriesResource = defineResource({
  name: 'series',
  summary: 'Rates, lag and latencies over time, for charts.',
  endpoints: {
    read: endpoint({
      method: 'GET',
      path: '/api/series',
      summary: 'Read series over time',
      description: [
        'Measured every five seconds by the server; kept so for two hours, by the minute for two days, by the quarter of an hour for 30 days.',
        'The grain is chosen by the stretch of time and by `step`. Nothing is drawn over a gap: where nothing was measured stands null.',
        `At most ${seriesLimits.linesMax} lines: where there may be more, name their subjects.`,
        '',
        ...Object.entries(seriesDefinitions).map(
          ([name, { unit, says }]) => `- \`${name}\` (${unit}): ${says}`,
        ),
      ].join('\n'),
      query: strict({
        name: named(
          `Series, with commas between several: ${seriesNames.map((name) => `\`${name}\``).join(', ')}.`,
        ),
        subject: Type.Optional(
          named('Pipelines, topics or groups by name, with commas between several; all when left out.'),
        ),
        ...rangeQuery,
      }),
      answer: {
        kind: 'json',
        status: 200,
        schema: strict({
          data: Type.Array(
            strict({ name: Type.String(), subject: Type.String(), unit: Type.String(), points }),
          ),
          count,
          ...rangeAnswer,
        }),
        description: 'One line for each series and subject that has points in that time.',
      },
      permission: 'metrics:read',
      resource: { kind: 'server', name: null },
      audit: null,
    }),
    marks: endpoint({
      method: 'GET',
      path: '/api/series/marks',
      summary: 'Show what was changed, to explain a chart',
      description: `Revisions of the configuration, and pipelines that somebody started, stopped, paused or moved. Oldest first; the newest ${seriesLimits.marksMax} of that time.`,
      query: strict({ from: rangeQuery.from, to: rangeQuery.to }),
      answer: { kind: 'json', status: 200, schema: list(mark), description: 'Marks.' },
      permission: 'metrics:read',
      resource: { kind: 'server', name: null },
      audit: null,
    }),
  },
})
