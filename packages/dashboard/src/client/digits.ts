/** Whether a text holds a long run of digits, fast enough for tens of megabytes between two frames. */

const isDigit = (unit: number): boolean => unit >= 48 && unit <= 57

/** Whether `length` digits stand somewhere in a row. Looks at one character in `length`: a run cannot hide between. */
export const hasDigitRun = (text: string, length: number): boolean => {
  for (let at = length - 1; at < text.length; at += length) {
    if (!isDigit(text.charCodeAt(at))) continue
    let from = at
    while (from > 0 && isDigit(text.charCodeAt(from - 1))) from -= 1
    let to = at + 1
    while (to - from < length && isDigit(text.charCodeAt(to))) to += 1
    if (to - from >= length) return true
  }
  return false
}
