/** Bodies of requests: JSON in UTF-8, bounded in depth before anything is built. */
import { nestingOf, parseExact } from '../kernel/exact-json.adapter.ts'
import { fault, messageOf } from '../kernel/faults/index.ts'
import { limits } from '../kernel/limits.ts'

/**
 * The body of a request; undefined where it is empty.
 * @throws fault JSON_INVALID, JSON_TOO_DEEP
 */
export const parseRequestBody = (bytes: Buffer): unknown => {
  if (bytes.length === 0) return undefined
  if (nestingOf(bytes, limits.jsonDepthMax) > limits.jsonDepthMax) {
    throw fault('JSON_TOO_DEEP', { depthMax: limits.jsonDepthMax })
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    // Nothing takes a bare number; one that keeps its digits is an object, which checks would fill in.
    return /^\s*-?\d/.test(text) ? (JSON.parse(text) as unknown) : parseExact(text)
  } catch (error) {
    throw fault('JSON_INVALID', { problem: messageOf(error) }, error)
  }
}
