/**
 * A record of a topic as the API shows it: JSON where it is JSON, text where it is text, else base64.
 *
 * Of what is longer than a preview only the beginning is copied and decoded, so a large message costs as little as a small one.
 */
import type { Static } from 'typebox'
import type { messageRow } from '../contract/messages.ts'
import type { RecordBatch } from '../flow/record-batch.ts'
import { nestingOf, parseExact } from '../kernel/exact-json.adapter.ts'
import { limits } from '../kernel/limits.ts'
import { type EncodedText, textOf } from './bytes-text.ts'
import { recordTimeText } from './record-time.ts'

export type Message = Static<typeof messageRow>

/** One record of a batch that was read from a partition. */
export interface ReadRecord {
  readonly partition: number
  readonly batch: RecordBatch
  readonly index: number
}

/** Of key and value, without touching them. */
export const sizeBytesOf = ({ batch, index }: Pick<ReadRecord, 'batch' | 'index'>): number => {
  const { keyStart, keyEnd, valueStart, valueEnd } = batch.columns
  const key = (keyEnd[index] ?? 0) - (keyStart[index] ?? 0)
  const value = (valueEnd[index] ?? 0) - (valueStart[index] ?? 0)
  return ((keyStart[index] ?? -1) < 0 ? 0 : key) + ((valueStart[index] ?? -1) < 0 ? 0 : value)
}

const firstByteOfCharacter = (byte: number): boolean => (byte & 0xc0) !== 0x80

/** The beginning, cut where a UTF-8 character begins. */
const beginningOf = (bytes: Uint8Array, most: number): Uint8Array => {
  let end = most
  while (end > 0 && most - end < 4 && !firstByteOfCharacter(bytes[end] ?? 0)) end--
  return bytes.subarray(0, end)
}

interface Preview extends EncodedText {
  readonly isCut: boolean
}

const previewOf = (bytes: Uint8Array | null, most: number): Preview => {
  if (bytes === null || bytes.length <= most) return { ...textOf(bytes), isCut: false }
  const whole = textOf(beginningOf(bytes, most))
  if (whole.encoding === 'utf8') return { ...whole, isCut: true }
  return { ...textOf(bytes.subarray(0, most)), isCut: true }
}

/** Numbers, words and blanks alone are taken for text: only documents are meant as JSON. */
const looksLikeDocument = (text: string): boolean => /^\s*[[{"]/.test(text)

const valueOf = (bytes: Buffer | null, preview: Preview): Pick<Message, 'value' | 'value_encoding'> => {
  const { text, encoding, isCut } = preview
  const asIs = { value: text, value_encoding: encoding }
  if (bytes === null || text === null || encoding !== 'utf8' || isCut) return asIs
  if (bytes.length > limits.shownDocumentBytesMax || !looksLikeDocument(text)) return asIs
  if (nestingOf(bytes, limits.jsonDepthMax) > limits.jsonDepthMax) return asIs
  try {
    return { value: parseExact(text), value_encoding: 'json' }
  } catch {
    return asIs
  }
}

/** @param previewBytes of a longer key, value or header only so much is shown */
export const messageOfRecord = (topic: string, record: ReadRecord, previewBytes: number): Message => {
  const { partition, batch, index } = record
  const key = previewOf(batch.keyOf(index), previewBytes)
  const bytes = batch.valueOf(index)
  const value = previewOf(bytes, previewBytes)
  const headers = batch
    .headersOf(index)
    .map((header) => ({ key: header.key, preview: previewOf(header.value, previewBytes) }))
  return {
    topic,
    partition,
    offset: String(batch.numberOf(index)),
    timestamp: recordTimeText(batch.timeOf(index)),
    key: key.text,
    key_encoding: key.encoding,
    ...valueOf(bytes, value),
    headers: headers.map((header) => ({ key: header.key, value: header.preview.text })),
    size_bytes: sizeBytesOf(record),
    truncated: key.isCut || value.isCut || headers.some(({ preview }) => preview.isCut),
  }
}
