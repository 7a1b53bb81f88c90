/** Answer of `ingest`: hands a body to the pipeline's `http` source and answers when it is stored. */

import type { Answers } from '../../contract/answers.ts'
import type { ingestResource } from '../../contract/ingest.ts'
import { fault } from '../../kernel/faults/index.ts'
import { counted } from '../../kernel/plural.ts'
import { RequestProblems } from '../checks.ts'
import type { Receivers } from '../ports.ts'

const keyPattern = /^[\x21-\x7e]{1,200}$/

export const ingestAnswers = (receivers: Receivers): Answers<typeof ingestResource> => ({
  send: async ({ params, body, header, signal }) => {
    const receiver = receivers.of(params.pipeline)
    if (receiver === null)
      throw fault('NOT_FOUND', { kind: 'pipeline with an http source', name: params.pipeline })
    const idempotencyKey = header('idempotency-key') ?? null
    if (idempotencyKey !== null && !keyPattern.test(idempotencyKey)) {
      throw new RequestProblems([
        { field: 'Idempotency-Key', problem: 'must have 1 to 200 printable characters and no space' },
      ])
    }
    const contentType = (header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
    const { accepted, repeated } = await receiver.receive({ body, contentType, idempotencyKey, signal })
    return {
      message: repeated
        ? `${counted(accepted, 'event')} stored, by an earlier call.`
        : `${counted(accepted, 'event')} stored.`,
      accepted,
      repeated,
    }
  },
})
