/** Messages as the command line prints them: for people, for scripts, byte for byte. */
import type { AnswerOf } from '../contract/endpoint.ts'
import type { contract } from '../contract/index.ts'
import type { CommandContext } from './command.ts'
import { type Paint, paintWith } from './paint.ts'
import { fit } from './words.ts'

export type Message = AnswerOf<(typeof contract.messages.endpoints)['read']>['data'][number]

export type WriteMessage = (message: Message) => Promise<void>

export const messageFormats = ['text', 'json', 'value', 'key-value'] as const

const valueText = ({ value }: Message): string => (typeof value === 'string' ? value : JSON.stringify(value))

const bytesOf = (text: string | null, encoding: string | null): Uint8Array | string =>
  encoding === 'base64' ? Buffer.from(text ?? '', 'base64') : (text ?? '')

const valueBytes = (message: Message): Uint8Array | string =>
  message.value_encoding === 'base64'
    ? bytesOf(valueText(message), 'base64')
    : message.value === null
      ? ''
      : valueText(message)

const joined = (...parts: readonly (Uint8Array | string)[]): Buffer =>
  Buffer.concat(parts.map((part) => Buffer.from(part)))

export const timeText = (timestamp: string): string => timestamp.replace('T', ' ').replace('Z', '')

/** A message as text for people: whole, since it is what they came for, and without what would steer their terminal. */
const messageLine = (message: Message, paint: Paint): string => {
  const place = `${message.partition}/${message.offset}`
  const key = message.key ?? '–'
  const body = message.value === null ? '(tombstone)' : valueText(message)
  const value = fit(body, Number.MAX_SAFE_INTEGER)
  return `${paint('soft', timeText(message.timestamp))}  ${paint('soft', place)}  ${paint('accent', fit(key, 18))}  ${value}\n`
}

/** Writes messages to stdout in one of the formats. */
export const messageWriter = ({ io, options }: CommandContext, format: string): WriteMessage => {
  const paint = paintWith(io.colourOut)
  if (options.json || format === 'json') return (message) => io.out(`${JSON.stringify(message)}\n`)
  if (format === 'value') return (message) => io.out(joined(valueBytes(message), '\n'))
  if (format === 'key-value') {
    return (message) =>
      io.out(joined(bytesOf(message.key, message.key_encoding), '\t', valueBytes(message), '\n'))
  }
  return (message) => io.out(messageLine(message, paint))
}

/** A value over several lines: JSON with indents, text as it is; nothing that would steer a terminal. */
export const valueLines = (message: Message): string[] => {
  if (message.value === null) return ['(tombstone)']
  const text = typeof message.value === 'string' ? message.value : JSON.stringify(message.value, null, 2)
  return text.split('\n').map((line) => fit(line, Number.MAX_SAFE_INTEGER))
}
