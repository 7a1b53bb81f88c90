/** Tables that fit the terminal: the columns that may shrink do, numbers stand right. */
import type { Paint, Tone } from './paint.ts'
import { fit, fitEnd, padEnd, padStart, widthOf } from './words.ts'

export interface Cell {
  readonly text: string
  readonly tone?: Tone
}

export interface Column<Row> {
  readonly title: string
  readonly cell: (row: Row) => string | Cell
  readonly right?: boolean
  /** Columns that shrink, and to what at least; others keep their width. */
  readonly least?: number
  /** What is too long loses its beginning: its end tells more. */
  readonly keepEnd?: boolean
}

const gap = 2

const cellOf = (cell: string | Cell): Cell => (typeof cell === 'string' ? { text: cell } : cell)

/** Widths that together fit into `columns`, taken from what can shrink, the widest first. */
const shrink = (widths: number[], leasts: readonly (number | undefined)[], columns: number): number[] => {
  const shrunk = [...widths]
  const total = (): number => shrunk.reduce((sum, width) => sum + width + gap, -gap)
  while (total() > columns) {
    let widest = -1
    for (const [i, width] of shrunk.entries()) {
      const least = leasts[i]
      if (least !== undefined && width > least && width > (shrunk[widest] ?? 0)) widest = i
    }
    if (widest < 0) break
    shrunk[widest] = (shrunk[widest] ?? 1) - 1
  }
  return shrunk
}

/** Lines of a table, head first; no line is wider than `columns` where its columns can shrink so far. */
export const tableLines = <Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  width: number,
  paint: Paint,
): string[] => {
  const cells = rows.map((row) => columns.map((column) => cellOf(column.cell(row))))
  const wanted = columns.map((column, i) =>
    Math.max(widthOf(column.title), ...cells.map((line) => widthOf(line[i]?.text ?? ''))),
  )
  const widths = shrink(
    wanted,
    columns.map(({ least }) => least),
    width,
  )
  const line = (texts: readonly Cell[]): string =>
    columns
      .map((column, i) => {
        const { text, tone = 'plain' } = texts[i] ?? { text: '' }
        const space = widths[i] ?? 0
        const fitted = column.keepEnd === true ? fitEnd(text, space) : fit(text, space)
        const last = i === columns.length - 1
        if (column.right === true) return paint(tone, padStart(fitted, space))
        return paint(tone, last ? fitted : padEnd(fitted, space))
      })
      .join(' '.repeat(gap))
      .trimEnd()
  return [line(columns.map(({ title }) => ({ text: title, tone: 'soft' }))), ...cells.map(line)]
}
