/** Numbers, times and texts as people read them. What is unknown is `–`, never 0. */
import { durationWords } from '../kernel/duration.ts'

const group = new Intl.NumberFormat('en-US')

export const unknown = '–'

export const countText = (count: number | null): string => (count === null ? unknown : group.format(count))

/** Up to 10 with one digit after the point, else whole. */
export const rateText = (perSecond: number | null): string => {
  if (perSecond === null) return unknown
  return perSecond < 10 && perSecond !== 0 ? perSecond.toFixed(1) : group.format(Math.round(perSecond))
}

const sizeUnits = ['B', 'KB', 'MB', 'GB', 'TB'] as const

/** Three digits and the unit that fits: `0 B`, `12.3 MB`. */
export const sizeText = (bytes: number | null): string => {
  if (bytes === null) return unknown
  const at = bytes < 1_000 ? 0 : Math.min(sizeUnits.length - 1, Math.floor(Math.log10(bytes) / 3))
  const value = bytes / 1_000 ** at
  return `${at > 0 && value < 100 ? value.toFixed(1) : Math.round(value)} ${sizeUnits[at] ?? 'B'}`
}

/** The two largest units: `2 h 5 min`, `40 s`, `120 ms`. */
export const durationText = (ms: number | null): string => (ms === null ? unknown : durationWords(ms))

/** How many columns a text takes; what is wide in a terminal counts two. */
export const widthOf = (text: string): number => {
  let width = 0
  for (const { segment } of segmenter.segment(text))
    width += /\p{Emoji_Presentation}|[ᄀ-ᅟ⺀-ꓐ가-힣豈-﫿︰-﹏＀-｠￠-￦]/u.test(segment) ? 2 : 1
  return width
}

const segmenter = new Intl.Segmenter()

// Control characters, and marks that let a text read in another order than it is written.
const steering = /[\p{Cc}\u202A-\u202E\u2066-\u2069]+/gu

/** Lines as they are, but for what steers a terminal; colours stay where they are wanted. */
export const harmless = (text: string, keepsColour: boolean): string =>
  text
    .split('\n')
    .map((line) =>
      line
        .split(keepsColour ? /(\u001B\[\d{0,2}m)/ : /(?!)/)
        .map((part, i) => (i % 2 === 1 ? part : part.replaceAll(steering, ' ')))
        .join(''),
    )
    .join('\n')

/** At most `width` columns, with `…` where something was cut. Control characters become blanks. */
export const fit = (text: string, width: number): string => {
  // What comes from topics must not steer the terminal.
  const plain = text.replaceAll(steering, ' ')
  if (widthOf(plain) <= width) return plain
  let kept = ''
  let used = 0
  for (const { segment } of segmenter.segment(plain)) {
    const wide = widthOf(segment)
    if (used + wide > width - 1) break
    kept += segment
    used += wide
  }
  return `${kept}…`
}

/** As `fit`, but keeps the end: for texts that differ there. */
export const fitEnd = (text: string, width: number): string => {
  const plain = text.replaceAll(steering, ' ')
  if (widthOf(plain) <= width) return plain
  const segments = [...segmenter.segment(plain)].map(({ segment }) => segment)
  let kept = ''
  for (let segment = segments.pop(); segment !== undefined; segment = segments.pop()) {
    if (widthOf(segment + kept) > width - 1) break
    kept = segment + kept
  }
  return `…${kept}`
}

export const padEnd = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - widthOf(text)))

export const padStart = (text: string, width: number): string =>
  ' '.repeat(Math.max(0, width - widthOf(text))) + text
