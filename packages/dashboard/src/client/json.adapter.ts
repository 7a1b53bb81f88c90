/** JSON from the server: numbers that JavaScript would round keep their digits (`ExactNumber`). */
import { hasDigitRun } from './digits.ts'

interface ExactJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context?: { readonly source?: string }) => unknown,
  ): unknown
}

/** A number as it was written, where a double cannot hold it. */
export class ExactNumber {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  toString(): string {
    return this.text
  }

  /** Only for comparing and sorting. */
  valueOf(): number {
    return Number(this.text)
  }
}

// The third argument is in browsers, not yet in the compiler's library.
const exact = JSON as unknown as ExactJson

/** Up to 15 significant digits every number survives the way through a double. */
const safeDigits = 15

/** @throws SyntaxError */
export const parseJson = (text: string): unknown =>
  hasDigitRun(text, safeDigits + 1)
    ? exact.parse(text, (_key, value, context) => {
        const source = context?.source
        return typeof value !== 'number' || source === undefined || String(value) === source
          ? value
          : source.length <= safeDigits
            ? value
            : new ExactNumber(source)
      })
    : JSON.parse(text)
