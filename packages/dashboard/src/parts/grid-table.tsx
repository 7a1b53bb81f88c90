/**
 * A table of any length: only the rows in sight exist, the head stays, columns sort.
 *
 * Keys: up and down (or k and j) move, Enter opens, Home and End go to the ends.
 */
import { useVirtualizer } from '@tanstack/react-virtual'
import { type FocusEvent, type KeyboardEvent, type ReactNode, useId, useMemo, useRef, useState } from 'react'
import { rowHeight, type Sorting, sortedRows } from './sorting.ts'
import './grid-table.css'

export interface GridColumn<Row> {
  readonly name: string
  readonly title: string
  /** Read out, and not seen: what is below speaks for itself. */
  readonly titleHidden?: true
  /** Explains the column when hovered. */
  readonly says?: string
  /** A track of a CSS grid. */
  readonly width: string
  readonly right?: true
  /** Left out on a phone. */
  readonly wideOnly?: true
  /** What it sorts by; null sorts last. */
  readonly sortBy?: (row: Row) => number | string | null
  readonly cell: (row: Row) => ReactNode
}

export interface GridTableProps<Row> {
  readonly rows: readonly Row[]
  readonly columns: readonly GridColumn<Row>[]
  readonly nameOf: (row: Row) => string
  readonly onOpen?: (row: Row) => void
  readonly sorting: Sorting
  readonly onSorting: (sorting: Sorting) => void
  readonly label: string
  readonly selected?: string | null
  /** Stands where rows would. */
  readonly empty: ReactNode
}

const HeadCell = <Row,>({
  column,
  sorting,
  onSorting,
}: {
  column: GridColumn<Row>
  sorting: Sorting
  onSorting: (sorting: Sorting) => void
}): ReactNode => {
  const isUp = sorting === column.name
  const isDown = sorting === `-${column.name}`
  // Numbers are looked for from the largest on, names from A.
  const next =
    column.right === true
      ? isDown
        ? column.name
        : `-${column.name}`
      : isUp
        ? `-${column.name}`
        : column.name
  return (
    <div
      role="columnheader"
      className={[column.right === true ? 'r' : '', column.wideOnly === true ? 'wide-only' : ''].join(' ')}
      title={column.says}
      aria-sort={isUp ? 'ascending' : isDown ? 'descending' : 'none'}
    >
      {column.sortBy === undefined ? (
        <span className={column.titleHidden === true ? 'hidden-text' : undefined}>{column.title}</span>
      ) : (
        <button type="button" onClick={() => onSorting(next)}>
          {column.title}
          <span aria-hidden>{isUp ? ' ↑' : isDown ? ' ↓' : ''}</span>
        </button>
      )}
    </div>
  )
}

interface LineProps<Row> {
  readonly row: Row
  readonly place: number
  readonly heightPx: number
  readonly columns: readonly GridColumn<Row>[]
  readonly state: string
  readonly id: string
  readonly onOpen: ((row: Row) => void) | undefined
}

const Line = <Row,>({ row, place, heightPx, columns, state, id, onOpen }: LineProps<Row>): ReactNode => (
  <div
    role="row"
    id={id}
    aria-rowindex={place + 2}
    className={`gt-row${onOpen === undefined ? '' : ' can'}${state}`}
    style={{ height: heightPx, transform: `translateY(${place * heightPx}px)` }}
    onClick={() => onOpen?.(row)}
  >
    {columns.map((column) => (
      <div
        key={column.name}
        role="gridcell"
        className={[column.right === true ? 'r num' : '', column.wideOnly === true ? 'wide-only' : ''].join(
          ' ',
        )}
      >
        {column.cell(row)}
      </div>
    ))}
  </div>
)

/** The place a key leads to, or null. */
const placeAfter = (key: string, at: number, count: number): number | null => {
  if (key === 'ArrowDown' || key === 'j') return Math.min(at + 1, count - 1)
  if (key === 'ArrowUp' || key === 'k') return Math.max(at - 1, 0)
  if (key === 'Home') return 0
  if (key === 'End') return count - 1
  return null
}

/** Widths of columns, with and without those that a phone leaves out. */
const tracksOf = <Row,>(columns: readonly GridColumn<Row>[]): Record<string, string> => ({
  '--tracks': columns.map(({ width }) => width).join(' '),
  '--tracks-narrow': columns
    .filter(({ wideOnly }) => wideOnly !== true)
    .map(({ width }) => width)
    .join(' '),
})

/** The row that keys are on, and what they do to it. */
const useRowKeys = <Row,>(
  rows: readonly Row[],
  onOpen: ((row: Row) => void) | undefined,
  scrollTo: (place: number) => void,
) => {
  const [active, setActive] = useState(-1)
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== event.currentTarget) return
    const row = rows[active]
    const to = placeAfter(event.key, active, rows.length)
    if (to !== null) {
      setActive(to)
      scrollTo(to)
    } else if (event.key === 'Enter' && row !== undefined) onOpen?.(row)
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  /** Whoever comes by keyboard sees at once which row it is. */
  const onFocus = (event: FocusEvent<HTMLElement>): void => {
    if (active === -1 && event.target === event.currentTarget && event.target.matches(':focus-visible'))
      setActive(0)
  }
  return { active, onKeyDown, onFocus }
}

const headPx = 30

export const GridTable = <Row,>(props: GridTableProps<Row>): ReactNode => {
  const { rows, columns, nameOf, onOpen, sorting, onSorting, label, selected, empty } = props
  const box = useRef<HTMLDivElement>(null)
  const id = useId()
  const heightPx = useMemo(rowHeight, [])
  const sorted = useMemo(() => sortedRows(rows, columns, sorting), [rows, columns, sorting])
  const virtual = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => box.current,
    estimateSize: () => heightPx,
    scrollMargin: headPx,
    scrollPaddingStart: headPx,
    overscan: 10,
  })
  const { active, onKeyDown, onFocus } = useRowKeys(sorted, onOpen, (place) => virtual.scrollToIndex(place))
  const tracks = useMemo(() => tracksOf(columns), [columns])
  if (sorted.length === 0) return <div className="gt">{empty}</div>
  return (
    <div
      ref={box}
      className="gt"
      role="grid"
      aria-label={label}
      aria-rowcount={sorted.length + 1}
      aria-activedescendant={active === -1 ? undefined : `${id}-${active}`}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onFocus={onFocus}
      style={tracks}
    >
      <div className="gt-head" role="row" aria-rowindex={1}>
        {columns.map((column) => (
          <HeadCell key={column.name} column={column} sorting={sorting} onSorting={onSorting} />
        ))}
      </div>
      <div role="rowgroup" style={{ height: sorted.length * heightPx, position: 'relative' }}>
        {virtual.getVirtualItems().map(({ index }) => {
          const row = sorted[index]
          if (row === undefined) return null
          const name = nameOf(row)
          return (
            <Line
              key={name}
              row={row}
              place={index}
              heightPx={heightPx}
              columns={columns}
              id={`${id}-${index}`}
              state={`${name === selected ? ' sel' : ''}${index === active ? ' active' : ''}`}
              onOpen={onOpen}
            />
          )
        })}
      </div>
    </div>
  )
}
