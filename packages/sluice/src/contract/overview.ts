/** All pipelines in a few figures: what moves, what waits, what needs somebody. */
import { Type } from 'typebox'
import { defineResource, endpoint } from './endpoint.ts'
import { ledgerSchema, pipelineStates } from './pipelines.ts'
import { count, nullable, strict, timestamp } from './schemas.ts'

const perSecond = (what: string) =>
  nullable(Type.Number({ minimum: 0 }), `${what} a second, of all pipelines; null where none told of any.`)

export const overviewResource = defineResource({
  name: 'overview',
  summary: 'All pipelines in a few figures.',
  endpoints: {
    show: endpoint({
      method: 'GET',
      path: '/api/overview',
      summary: 'Show how everything does',
      description: 'Sums over all pipelines, the one that is furthest behind, and those that need somebody.',
      answer: {
        kind: 'json',
        status: 200,
        schema: strict({
          in_per_second: perSecond('Records read'),
          out_per_second: perSecond('Records written'),
          worst_lag: nullable(
            strict({
              pipeline: Type.String(),
              records: count,
              seconds: nullable(Type.Number({ minimum: 0 })),
            }),
            'The pipeline that is furthest behind: by seconds where they are known, else by records.',
          ),
          dead_letters: Type.Integer({ minimum: 0, description: 'Dead letters that wait.' }),
          ledger: ledgerSchema,
          pipelines: strict({
            total: count,
            by_state: Type.Array(strict({ state: Type.Enum(pipelineStates), count }), {
              description: 'States that some pipeline is in.',
            }),
          }),
          needs_you: Type.Array(
            strict({
              pipeline: Type.String(),
              problem: Type.Union(
                [
                  Type.Literal('failed'),
                  Type.Literal('degraded'),
                  Type.Literal('unbalanced'),
                  Type.Literal('dead_letters'),
                ],
                { description: 'Worst first.' },
              ),
              text: Type.String({ description: 'A sentence about it.' }),
            }),
            { description: 'At most 100, worst first.' },
          ),
          timestamp,
        }),
        description: 'The figures.',
      },
      permission: 'pipelines:read',
      resource: { kind: 'pipeline', name: null },
      audit: null,
    }),
  },
})
