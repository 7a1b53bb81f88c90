/** A message as lists show it: its place, its time, one line of its value. */
import type { Answer } from '../../client/call.adapter.ts'
import { exactText } from '../../parts/exact-text.ts'

export type MessageRow = Answer<'messages', 'read'>['data'][number]

/** Names a message within its topic. */
export const placeOf = (message: Pick<MessageRow, 'partition' | 'offset'>): string =>
  `${message.partition}/${message.offset}`

/** Digits in groups of three, as offsets are read aloud. */
export const groupedDigits = (digits: string): string => digits.replace(/\B(?=(\d{3})+$)/g, ',')

const lineUnitsMax = 1_200

/** The value in one line, cut; null for a tombstone. */
export const valueLine = (message: MessageRow): string | null => {
  if (message.value === null && message.value_encoding === null) return null
  const text =
    typeof message.value === 'string' && message.value_encoding !== 'json'
      ? message.value
      : exactText(message.value)
  return text.length > lineUnitsMax ? text.slice(0, lineUnitsMax) : text
}

/** The value as text, as far as it was sent. */
export const valueText = (message: Pick<MessageRow, 'value' | 'value_encoding'>): string =>
  message.value_encoding !== 'json' && typeof message.value === 'string'
    ? message.value
    : exactText(message.value)

/** The rows as one JSON document a line, with every digit. */
export const linesOf = (rows: readonly MessageRow[]): string =>
  rows.map((row) => `${exactText(row)}\n`).join('')
