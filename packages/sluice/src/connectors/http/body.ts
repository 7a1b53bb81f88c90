/**
 * Reads the body of an ingest call. Pure.
 *
 * Events keep their bytes: the body is cut where they begin and end, and each is parsed by itself, so that an error
 * tells which one is wrong. Nesting is bounded before anything is parsed.
 */
import { fault, messageOf } from '../../kernel/faults/index.ts'
import { parseTime } from '../event-time.ts'
import { fieldOf, isObject, keyTextOf } from '../fields.ts'
import type { IngestRecord } from './offer.ts'

export interface BodyLimits {
  readonly ingestBodyBytesMax: number
  readonly ingestRecordsMax: number
  readonly jsonDepthMax: number
}

export interface BodyFields {
  /** Field of the key, where there is one. */
  readonly key?: string
  /** Field of the event time. */
  readonly timestamp?: string
}

/** Text of one event and what it is called in an error: `body[3]`, `line 4`. */
interface Cut {
  readonly name: string
  readonly text: string
}

const lineTypes = new Set([
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
  'application/x-jsonlines',
])

const invalid = (field: string, problem: string): Error => fault('REQUEST_INVALID', { field, problem })

const textOf = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw invalid('body', 'is not UTF-8')
  }
}

const quote = 34
const backslash = 92
const comma = 44
const opening = new Set([91, 123])
const closing = new Set([93, 125])

/** The index behind the string that begins at `from`. */
const behindString = (text: string, from: number): number => {
  for (let at = from + 1; at < text.length; at++) {
    const sign = text.charCodeAt(at)
    if (sign === backslash) at += 1
    else if (sign === quote) return at + 1
  }
  return text.length
}

/**
 * Walks over JSON without parsing it.
 * @param onComma called for each comma directly inside the outermost brackets
 * @returns the index behind the outermost closing bracket, or the end of the text
 */
const walk = (text: string, name: string, depthMax: number, onComma: (at: number) => void): number => {
  let depth = 0
  for (let at = 0; at < text.length; ) {
    const sign = text.charCodeAt(at)
    if (sign === quote) {
      at = behindString(text, at)
      continue
    }
    if (opening.has(sign)) {
      depth += 1
      if (depth > depthMax) throw invalid(name, `is nested deeper than ${depthMax} levels`)
    } else if (closing.has(sign)) {
      depth -= 1
      if (depth === 0) return at + 1
    } else if (sign === comma && depth === 1) onComma(at)
    at += 1
  }
  return text.length
}

const cutArray = (text: string, limits: BodyLimits): Cut[] => {
  const commas: number[] = []
  // The outer brackets are not the event's own.
  const end = walk(text, 'body', limits.jsonDepthMax + 1, (at) => {
    commas.push(at)
    if (commas.length >= limits.ingestRecordsMax) throw tooMany(limits)
  })
  if (text.charCodeAt(end - 1) !== 93) throw invalid('body', 'is not JSON: the array is not closed')
  if (end !== text.length) throw invalid('body', 'is not JSON: something follows the array')
  if (commas.length === 0 && text.slice(1, -1).trim() === '') return []
  const starts = [0, ...commas]
  return starts.map((start, i) => ({
    name: `body[${i}]`,
    text: text.slice(start + 1, commas[i] ?? end - 1).trim(),
  }))
}

const tooMany = (limits: BodyLimits): Error =>
  invalid('body', `has more than ${limits.ingestRecordsMax} events; send them in several calls`)

const cutLines = (text: string, limits: BodyLimits): Cut[] => {
  const cuts: Cut[] = []
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    if (cuts.length >= limits.ingestRecordsMax) throw tooMany(limits)
    cuts.push({ name: `line ${i + 1}`, text: line.trim() })
  }
  return cuts
}

const cutsOf = (text: string, contentType: string, limits: BodyLimits): Cut[] => {
  if (lineTypes.has(contentType)) return cutLines(text, limits)
  const trimmed = text.trim()
  return trimmed.startsWith('[') ? cutArray(trimmed, limits) : [{ name: 'body', text: trimmed }]
}

const eventOf = (cut: Cut, fields: BodyFields, limits: BodyLimits, nowMs: number): IngestRecord => {
  walk(cut.text, cut.name, limits.jsonDepthMax, () => undefined)
  let body: unknown
  try {
    body = JSON.parse(cut.text)
  } catch (error) {
    throw invalid(cut.name, `is not JSON: ${messageOf(error)}`)
  }
  if (!isObject(body)) throw invalid(cut.name, 'must be an object')
  const at = fields.timestamp === undefined ? undefined : fieldOf(body, fields.timestamp)
  const timeMs = at === undefined || at === null ? nowMs : parseTime(at, 'auto', () => 0)
  if (timeMs === null) throw invalid(`${cut.name}.${fields.timestamp}`, 'is no time')
  const key = fields.key === undefined ? null : keyTextOf(fieldOf(body, fields.key))
  return { key, value: cut.text, body, timeMs }
}

/**
 * The events of a body.
 * @param contentType media type without parameters, in lower case
 * @throws fault REQUEST_INVALID, BODY_TOO_LARGE
 */
export const parseIngestBody = (
  bytes: Uint8Array,
  contentType: string,
  fields: BodyFields,
  limits: BodyLimits,
  nowMs: number,
): IngestRecord[] => {
  if (bytes.length > limits.ingestBodyBytesMax) {
    throw fault('BODY_TOO_LARGE', { bytes: bytes.length, bytesMax: limits.ingestBodyBytesMax })
  }
  const text = textOf(bytes)
  if (text.trim() === '') throw invalid('body', 'is empty')
  const cuts = cutsOf(text, contentType, limits)
  if (cuts.length === 0) throw invalid('body', 'holds no event')
  return cuts.map((cut) => eventOf(cut, fields, limits, nowMs))
}
