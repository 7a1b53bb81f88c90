/** The ledger over all pipelines: whether every record that was read is accounted for. */
import { Type } from 'typebox'
import { defineResource, endpoint } from './endpoint.ts'
import { ledgerSchema } from './pipelines.ts'
import { count, nullable, strict, timestamp } from './schemas.ts'

const since = nullable(timestamp, 'When counting began; null where that is not known.')
const balanced = Type.Boolean({ description: 'Whether `gap` is 0.' })

export const ledgerResource = defineResource({
  name: 'ledger',
  summary: 'What became of every record.',
  endpoints: {
    show: endpoint({
      method: 'GET',
      path: '/api/ledger',
      summary: 'Show the ledger of all pipelines',
      description: 'The sum, and each pipeline, since counting began.',
      answer: {
        kind: 'json',
        status: 200,
        schema: strict({
          total: ledgerSchema,
          balanced,
          since,
          data: Type.Array(strict({ pipeline: Type.String(), ledger: ledgerSchema, balanced, since }), {
            description: 'By pipeline, sorted by name.',
          }),
          count,
          timestamp,
        }),
        description: 'The ledger.',
      },
      permission: 'pipelines:read',
      resource: { kind: 'pipeline', name: null },
      audit: null,
    }),
  },
})
