/** A record of a topic as the API shows it: JSON where it is JSON, text where it is text, else base64. */
import type { AnswerOf } from '../contract/endpoint.ts'
import type { messagesResource } from '../contract/messages.ts'
import type { RecordBatch } from '../flow/record-batch.ts'
import { nestingOf, parseExact } from '../kernel/exact-json.adapter.ts'
import { limits } from '../kernel/limits.ts'
import { textOf } from './bytes-text.ts'

export type Message = AnswerOf<(typeof messagesResource)['endpoints']['read']>['data'][number]

/** One record of a batch that was read from a partition. */
export interface ReadRecord {
  readonly partition: number
  readonly batch: RecordBatch
  readonly index: number
}

const valueOf = (bytes: Buffer | null): Pick<Message, 'value' | 'value_encoding'> => {
  const { text, encoding } = textOf(bytes)
  if (bytes === null || text === null || encoding !== 'utf8') return { value: text, value_encoding: encoding }
  // Numbers, words and blanks alone are taken for text: only documents are meant as JSON.
  if (!/^\s*[[{"]/.test(text) || nestingOf(bytes, limits.jsonDepthMax) > limits.jsonDepthMax) {
    return { value: text, value_encoding: 'utf8' }
  }
  try {
    return { value: parseExact(text), value_encoding: 'json' }
  } catch {
    return { value: text, value_encoding: 'utf8' }
  }
}

export const messageOfRecord = (topic: string, { partition, batch, index }: ReadRecord): Message => {
  const key = textOf(batch.keyOf(index))
  const valueBytes = batch.valueOf(index)
  return {
    topic,
    partition,
    offset: String(batch.numberOf(index)),
    timestamp: new Date(batch.timeOf(index)).toISOString(),
    key: key.text,
    key_encoding: key.encoding,
    ...valueOf(valueBytes),
    headers: batch.headersOf(index).map((header) => ({ key: header.key, value: textOf(header.value).text })),
    size_bytes: (batch.keyOf(index)?.length ?? 0) + (valueBytes?.length ?? 0),
  }
}
