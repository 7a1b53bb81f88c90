/** Rows in the order of a column. */

/** A column, `-` before it for the largest first. */
export type Sorting = string

interface SortedBy<Row> {
  readonly name: string
  /** What it sorts by; null sorts last. */
  readonly sortBy?: ((row: Row) => number | string | null) | undefined
}

const compare = (a: number | string | null, b: number | string | null): number => {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
  return typeof a === 'string' || typeof b === 'string'
    ? String(a).localeCompare(String(b), 'en', { numeric: true })
    : a - b
}

/** Rows in the order of a column; what is unknown stands last either way. */
export const sortedRows = <Row>(
  rows: readonly Row[],
  columns: readonly SortedBy<Row>[],
  sorting: Sorting,
): readonly Row[] => {
  const down = sorting.startsWith('-')
  const sortBy = columns.find(({ name }) => name === sorting.replace(/^-/, ''))?.sortBy
  if (sortBy === undefined) return rows
  return rows
    .map((row) => ({ row, by: sortBy(row) }))
    .toSorted((a, b) =>
      a.by === null || b.by === null ? compare(a.by, b.by) : down ? compare(b.by, a.by) : compare(a.by, b.by),
    )
    .map(({ row }) => row)
}
