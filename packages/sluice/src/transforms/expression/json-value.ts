/**
 * Turns what an expression gave into plain JSON: 64-bit integers become numbers where a number holds them exactly and
 * decimal text where not; times become ISO 8601 in UTC, durations seconds (`90.5s`), bytes base64.
 */
import { Optional } from '@marcbachmann/cel-js'
import { Duration, UnsignedInt } from '@marcbachmann/cel-js/evaluator'
import { limits } from '../../kernel/limits.ts'

const ofBigInt = (value: bigint): number | string =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : String(value)

const ofObject = (value: object, depth: number): unknown => {
  if (depth >= limits.jsonDepthMax)
    throw new Error(`the result is nested more than ${limits.jsonDepthMax} deep`)
  if (Array.isArray(value)) return value.map((item) => convert(item, depth + 1))
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value instanceof UnsignedInt) return ofBigInt(value.value)
  if (value instanceof Duration) return `${value.valueOf() / 1_000}s`
  if (value instanceof Optional) return value.hasValue() ? convert(value.value(), depth + 1) : null
  const entries = value instanceof Map ? value.entries() : Object.entries(value)
  // fromEntries defines own properties: a key `__proto__` stays a key.
  return Object.fromEntries(Array.from(entries, ([key, item]) => [String(key), convert(item, depth + 1)]))
}

const convert = (value: unknown, depth: number): unknown => {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      if (Number.isFinite(value)) return value
      throw new Error(`the result ${value} is not a number that JSON can hold`)
    case 'bigint':
      return ofBigInt(value)
    case 'object':
      return value === null ? null : ofObject(value, depth)
    case 'undefined':
    case 'function':
    case 'symbol':
      throw new Error(`the result is a ${typeof value}, which JSON cannot hold`)
  }
}

/** @throws Error with a sentence where JSON cannot hold the value */
export const toJsonValue = (value: unknown): unknown => convert(value, 0)
