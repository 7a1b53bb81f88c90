/** Events sent to pipelines over HTTP. */
import { Type } from 'typebox'
import { defineResource, endpoint } from './endpoint.ts'
import { count, pipelineName, strict } from './schemas.ts'

export const ingestResource = defineResource({
  name: 'ingest',
  summary: 'Events sent to pipelines over HTTP.',
  endpoints: {
    send: endpoint({
      method: 'POST',
      path: '/api/ingest/{pipeline}',
      summary: 'Send events to a pipeline',
      description:
        'One event or an array of events as JSON, or one event a line as NDJSON. Answers 202 only when the pipeline has stored them. ' +
        'With the header `Idempotency-Key`, a repeated call is answered like the first one and stores nothing again.',
      params: strict({ pipeline: pipelineName }),
      body: {
        raw: true,
        types: ['application/json', 'application/x-ndjson'],
        description: 'One event, an array of events, or one event a line.',
      },
      answer: {
        kind: 'json',
        status: 202,
        schema: strict({
          message: Type.String(),
          accepted: count,
          repeated: Type.Boolean({
            description: 'The same key was answered before; nothing was stored again.',
          }),
        }),
        description: 'They are stored.',
      },
      permission: 'ingest:write',
      resource: { kind: 'pipeline', name: { in: 'params', field: 'pipeline' } },
      audit: null,
      faults: ['NOT_FOUND', 'CONFLICT', 'TOO_BUSY', 'BODY_NOT_JSON', 'RECORD_REFUSED'],
    }),
  },
})
