/** Makes a record of a parsed line: key, event time, and the text of a bad one. Pure. */
import type { NewRecord } from '../../flow/batch-builder.ts'
import { fieldOf, isObject, keyTextOf } from '../fields.ts'
import type { Body } from './formats.ts'
import type { FileOptions } from './options.ts'
import type { RawRecord } from './splitter.ts'

export interface StampedRecord extends NewRecord {
  readonly raw: RawRecord
  readonly problem: string | null
}

export interface StampContext {
  readonly options: FileOptions
  readonly shiftMs: number
  readonly lane: string
  /** Time of a record that has none of its own. */
  readonly readAtMs: number
}

/** A bad line as the value of a record: text that no JSON parser takes, with the reason and the line itself. */
const badLine = (raw: RawRecord, problem: string, lane: string): Buffer =>
  Buffer.concat([Buffer.from(`line ${raw.line} of ${lane}: ${problem}: `), raw.bytes])

/** The record of one line; its number is the number of the line. */
export const stamp = (raw: RawRecord, body: Body, context: StampContext): StampedRecord => {
  const { options, shiftMs, lane, readAtMs } = context
  const number = BigInt(raw.line)
  const bad = (problem: string): StampedRecord => ({
    raw,
    problem,
    key: null,
    value: badLine(raw, problem, lane),
    timeMs: readAtMs,
    number,
  })
  if (body.problem !== null) return bad(body.problem)
  const time = options.readTime === null ? null : options.readTime(body.body)
  if (typeof time === 'string') return bad(time)
  const timeMs = time === null ? readAtMs : time + shiftMs
  const key = options.key === undefined ? null : keyTextOf(fieldOf(body.body, options.key))
  if (options.timeAs === undefined) {
    return {
      raw,
      problem: null,
      key,
      value: body.bytes ?? JSON.stringify(body.body),
      body: body.body,
      timeMs,
      number,
    }
  }
  if (!isObject(body.body)) return bad(`it is no object that could hold ${options.timeAs}`)
  const stamped = { ...body.body, [options.timeAs]: new Date(timeMs).toISOString() }
  return { raw, problem: null, key, value: JSON.stringify(stamped), body: stamped, timeMs, number }
}
