/** Dead letters: records that could not be delivered, kept with all that is needed to mend and resend them. */
import { Type } from 'typebox'
import { defineResource, endpoint } from './endpoint.ts'
import { dryRun, limit, nullable, offset, pipelineName, strict, timestamp } from './schemas.ts'

const all = { kind: 'dead-letter', name: null } as const
const one = { kind: 'dead-letter', name: { in: 'params', field: 'id' } } as const

const params = strict({
  id: Type.String({ pattern: '^\\d{1,19}$', description: 'Number of the dead letter.' }),
})

/** Bytes as text: as they are where they are UTF-8, else in base64. */
export const encoding = Type.Union([Type.Literal('utf8'), Type.Literal('base64')], {
  description: 'How bytes are written as text.',
})

const status = Type.Union([Type.Literal('dead'), Type.Literal('redriving'), Type.Literal('redriven')], {
  description: '`dead` waits for somebody; `redriving` is on its way again; `redriven` was delivered.',
})

const summaryFields = {
  id: offset,
  pipeline: Type.String(),
  lane: Type.String(),
  number: Type.String({ description: 'Number of the record in its lane, for instance its Kafka offset.' }),
  record_id: Type.String(),
  step: Type.String({ description: 'Step or sink that refused it.' }),
  code: Type.String({ description: 'Code in the catalogue of faults.' }),
  reason: Type.String(),
  attempts: Type.Integer({ minimum: 0 }),
  status,
  edited: Type.Boolean({ description: 'Its value was changed before it was redriven.' }),
  record_time: timestamp,
  created_at: timestamp,
}

const deadLetterSummary = strict(summaryFields)

const headers = Type.Array(strict({ key: Type.String(), value: nullable(Type.String()) }), {
  description: 'Headers in order; values as text.',
})

const deadLetter = strict({
  ...summaryFields,
  key: nullable(Type.String()),
  key_encoding: nullable(encoding),
  value: nullable(Type.String({ description: 'The record as it came.' })),
  value_encoding: nullable(encoding),
  headers,
})

const id = { ...params.properties.id }

const many = strict({
  pipeline: pipelineName,
  ids: Type.Optional(
    Type.Array(id, {
      minItems: 1,
      maxItems: 1_000,
      description: 'Only these; all of the pipeline when left out.',
    }),
  ),
  dry_run: dryRun,
})

const done = strict({ message: Type.String(), applied: Type.Boolean(), count: Type.Integer({ minimum: 0 }) })

export const deadLettersResource = defineResource({
  name: 'dead-letters',
  summary: 'Records that could not be delivered.',
  endpoints: {
    list: endpoint({
      method: 'GET',
      path: '/api/dead-letters',
      summary: 'List dead letters',
      description: 'Newest first, without the records themselves. `next` is `before` of the next page.',
      query: strict({
        pipeline: Type.Optional(pipelineName),
        status: Type.Optional(status),
        before: Type.Optional({ ...id, description: 'Only older than this one: `next` of the page before.' }),
        limit: limit(50),
      }),
      answer: {
        kind: 'json',
        status: 200,
        schema: strict({
          data: Type.Array(deadLetterSummary),
          count: Type.Integer({ minimum: 0 }),
          next: nullable(offset),
          timestamp,
        }),
        description: 'A page of dead letters.',
      },
      permission: 'dead-letters:read',
      resource: all,
      audit: null,
    }),
    show: endpoint({
      method: 'GET',
      path: '/api/dead-letters/{id}',
      summary: 'Show one dead letter with its record',
      description: 'Key, value and headers as they came.',
      params,
      answer: { kind: 'json', status: 200, schema: deadLetter, description: 'The dead letter.' },
      permission: 'dead-letters:read',
      resource: one,
      audit: null,
      faults: ['NOT_FOUND'],
    }),
    redrive: endpoint({
      method: 'POST',
      path: '/api/dead-letters/{id}/redrive',
      summary: 'Send one dead letter again, edited or as it was',
      description: 'It goes through its pipeline again. Without `value` it goes as it was.',
      params,
      body: strict({
        value: Type.Optional(nullable(Type.String(), 'The new value; null makes a tombstone.')),
        value_encoding: Type.Optional(encoding),
      }),
      answer: { kind: 'json', status: 202, schema: done, description: 'It is on its way.' },
      permission: 'dead-letters:write',
      resource: one,
      audit: 'dead_letter.redriven',
      faults: ['NOT_FOUND', 'CONFLICT'],
    }),
    redrive_many: endpoint({
      method: 'POST',
      path: '/api/dead-letters/redrive',
      summary: 'Send many dead letters again',
      description: 'Asks first: without `"dry_run": false` it only counts.',
      body: many,
      answer: { kind: 'json', status: 202, schema: done, description: 'What was done, or would be.' },
      permission: 'dead-letters:write',
      resource: all,
      audit: 'dead_letter.redriven',
    }),
    purge: endpoint({
      method: 'POST',
      path: '/api/dead-letters/purge',
      summary: 'Remove dead letters for good',
      description: 'Asks first: without `"dry_run": false` it only counts.',
      body: many,
      answer: { kind: 'json', status: 200, schema: done, description: 'What was done, or would be.' },
      permission: 'dead-letters:write',
      resource: all,
      audit: 'dead_letter.purged',
    }),
  },
})
