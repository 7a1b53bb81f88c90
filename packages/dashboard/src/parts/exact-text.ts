/** A decoded value as compact JSON again, with every digit that the server sent. */
import { ExactNumber } from '../client/json.adapter.ts'

/** `JSON.stringify`, except that numbers which a double cannot hold keep their digits. */
export const exactText = (value: unknown): string => {
  if (value instanceof ExactNumber) return value.text
  if (Array.isArray(value)) return `[${value.map(exactText).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([name, member]) => `${JSON.stringify(name)}:${exactText(member)}`)
      .join(',')}}`
  }
  return JSON.stringify(value) ?? 'null'
}
