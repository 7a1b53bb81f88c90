/** Reads what a client sends over the live socket, against the protocol of the contract. Decides only. */
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { type ClientMessage, clientMessages } from '../../contract/live.ts'
import { nestingOf } from '../../kernel/exact-json.adapter.ts'
import { type Fault, fault, isFault, messageOf } from '../../kernel/faults/index.ts'
import { limits } from '../../kernel/limits.ts'
import { bodyCheck, RequestProblems } from '../checks.ts'
import { fieldsOf } from '../plain.ts'

const kinds = Object.keys(clientMessages)
const any = Compile(Type.Union(Object.values(clientMessages)))
const checks = new Map(Object.entries(clientMessages).map(([kind, schema]) => [kind, bodyCheck(schema)]))

export type Read =
  | { readonly message: ClientMessage }
  /** `id` where it can be told which subscription was meant. */
  | { readonly id: string | null; readonly fault: Fault }

const problem = (field: string, text: string): Fault => fault('REQUEST_INVALID', { field, problem: text })

const isMessage = (value: unknown): value is Static<(typeof clientMessages)[keyof typeof clientMessages]> =>
  any.Check(value)

const parse = (bytes: Buffer): unknown => {
  if (nestingOf(bytes, limits.jsonDepthMax) > limits.jsonDepthMax) {
    throw fault('JSON_TOO_DEEP', { depthMax: limits.jsonDepthMax })
  }
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    throw fault('JSON_INVALID', { problem: messageOf(error) }, error)
  }
}

const problemOf = (value: unknown): Fault => {
  const { type } = fieldsOf(value)
  const check = typeof type === 'string' ? checks.get(type) : undefined
  if (check === undefined) return problem('type', `is none of ${kinds.join(', ')}`)
  try {
    check(value)
  } catch (error) {
    if (error instanceof RequestProblems) return error.fault
  }
  return problem('message', 'is not as it should be')
}

/** A message, or what is wrong with it. */
export const readClientMessage = (bytes: Buffer): Read => {
  let value: unknown
  try {
    value = parse(bytes)
  } catch (error) {
    return { id: null, fault: isFault(error) ? error : problem('message', messageOf(error)) }
  }
  if (isMessage(value)) return { message: value }
  const { id } = fieldsOf(value)
  return { id: typeof id === 'string' && id.length <= 64 ? id : null, fault: problemOf(value) }
}
