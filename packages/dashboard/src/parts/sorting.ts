/** Rows in the order of a column, for every table. */

/** A column, `-` before it for the largest first. */
export type Sorting = string

export type SortValue = string | number | bigint | boolean | null | undefined

interface SortedBy<Row> {
  readonly name: string
  /** What it sorts by; unknown (null) sorts last. */
  readonly sortBy?: ((row: Row) => SortValue) | undefined
}

const isKnown = (value: SortValue): value is NonNullable<SortValue> => value !== null && value !== undefined

const compare = (a: NonNullable<SortValue>, b: NonNullable<SortValue>): number => {
  if (a === b) return 0
  if (typeof a === 'string' || typeof b === 'string')
    return String(a).localeCompare(String(b), 'en', { numeric: true })
  return a < b ? -1 : 1
}

/** Rows in the order of a column; what is unknown stands last either way, what is alike stays as it was. */
export const sortedRows = <Row>(
  rows: readonly Row[],
  columns: readonly SortedBy<Row>[],
  sorting: Sorting,
): readonly Row[] => {
  const sign = sorting.startsWith('-') ? -1 : 1
  const sortBy = columns.find(({ name }) => name === sorting.replace(/^-/, ''))?.sortBy
  if (sortBy === undefined) return rows
  return rows
    .map((row) => ({ row, by: sortBy(row) }))
    .toSorted((a, b) =>
      isKnown(a.by) && isKnown(b.by)
        ? sign * compare(a.by, b.by)
        : Number(isKnown(b.by)) - Number(isKnown(a.by)),
    )
    .map(({ row }) => row)
}

/** Height of a row in pixels: the same token as the style has. */
export const rowHeight = (): number =>
  Number.parseInt(getComputedStyle(document.documentElement).getPropertyValue('--row'), 10) || 36
