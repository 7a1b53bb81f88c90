/** The `http` sources that run in this process, by pipeline. */
import type { HttpReceiver, HttpReceivers } from '../flow/http-ingest.ts'
import { fault } from '../kernel/faults/index.ts'

export const createReceivers = (): HttpReceivers & { of(pipeline: string): HttpReceiver | null } => {
  const known = new Map<string, HttpReceiver>()
  return {
    of: (pipeline) => known.get(pipeline) ?? null,
    register: (pipeline, receiver) => {
      if (known.has(pipeline)) {
        throw fault('CONFLICT', { what: `Pipeline ${pipeline}`, problem: 'takes calls here already' })
      }
      known.set(pipeline, receiver)
      return {
        [Symbol.dispose]: () => {
          if (known.get(pipeline) === receiver) known.delete(pipeline)
        },
      }
    },
  }
}
