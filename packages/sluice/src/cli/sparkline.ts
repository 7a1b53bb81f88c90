/** A curve in one line of text. Pure. */
const blocks = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const

/** One character a value, from 0 (or the least, where it is negative) to the greatest; a blank where there is none. */
export const sparkline = (values: readonly (number | null)[]): string => {
  const known = values.filter((value) => value !== null)
  const least = Math.min(0, ...known)
  const span = Math.max(...known, least) - least
  return values
    .map((value) => {
      if (value === null) return ' '
      const share = span === 0 ? 0 : (value - least) / span
      return blocks[Math.round(share * (blocks.length - 1))] ?? blocks[0]
    })
    .join('')
}
