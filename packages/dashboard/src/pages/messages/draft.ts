/** A message that is being written: as the API takes it, as curl, as a command. Text is sent as it was typed. */
import { keyHeader, shellWord } from './question.ts'

export interface Draft {
  readonly key: string
  readonly kind: 'json' | 'text' | 'tombstone'
  readonly value: string
  readonly headers: readonly { readonly key: string; readonly value: string }[]
  /** Empty: by key. */
  readonly partition: string
}

export const emptyDraft: Draft = { key: '', kind: 'json', value: '', headers: [], partition: '' }

/** A longer value is nothing to type in: browsers stand still over it. */
export const typedCharsMax = 1_000_000

/** A stored message as a draft: to be changed and written again. null where its key or value is no text, or too long. */
export const draftOf = (
  message: {
    readonly key: string | null
    readonly key_encoding: 'utf8' | 'base64' | null
    readonly value_encoding: 'json' | 'utf8' | 'base64' | null
    readonly headers: readonly { readonly key: string; readonly value: string | null }[]
  },
  text: string,
): Draft | null =>
  message.key_encoding === 'base64' || message.value_encoding === 'base64' || text.length > typedCharsMax
    ? null
    : {
        key: message.key ?? '',
        kind:
          message.value_encoding === null ? 'tombstone' : message.value_encoding === 'json' ? 'json' : 'text',
        value: text,
        headers: message.headers.map(({ key, value }) => ({ key, value: value ?? '' })),
        partition: '',
      }

export interface DraftRecord {
  readonly key?: string
  readonly value: string | null
  readonly headers?: { readonly key: string; readonly value: string }[]
  readonly partition?: number
}

/** The record of the API. JSON goes as its text, so that numbers keep every digit. */
export const recordOf = (draft: Draft): DraftRecord => {
  const headers = draft.headers.filter((header) => header.key !== '')
  return {
    ...(draft.key === '' ? {} : { key: draft.key }),
    value: draft.kind === 'tombstone' ? null : draft.value,
    ...(headers.length === 0 ? {} : { headers: headers.map((header) => ({ ...header })) }),
    ...(draft.partition === '' ? {} : { partition: Number(draft.partition) }),
  }
}

export const produceCurl = (origin: string, topic: string, draft: Draft): string =>
  [
    'curl -X POST',
    shellWord(`${origin}/api/topics/${encodeURIComponent(topic)}/messages`),
    "-H 'content-type: application/json'",
    keyHeader,
    `-d ${shellWord(JSON.stringify({ records: [recordOf(draft)] }))}`,
  ].join(' \\\n  ')

/** One line in, one message out; what the plain form cannot say goes as a whole record. */
export const produceCommand = (topic: string, draft: Draft): string => {
  const record = recordOf(draft)
  const oneLine = draft.kind !== 'tombstone' && !draft.value.includes('\n')
  const options = record.partition === undefined ? '' : ` --partition ${record.partition}`
  if (oneLine && record.headers === undefined && record.key === undefined)
    return `printf '%s\\n' ${shellWord(draft.value)} | ./sluice produce ${shellWord(topic)}${options}`
  const { partition: _partition, ...whole } = record
  return `printf '%s\\n' ${shellWord(JSON.stringify(whole))} | ./sluice produce ${shellWord(topic)} --format record${options}`
}
