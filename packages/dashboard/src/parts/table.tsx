/**
 * Tables: sticky head, sorting, a choice of columns, rows that open something. Beyond 200 rows only those are drawn that
 * one sees. Arrow keys move, Enter opens.
 */
import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, type ReactNode, type RefObject, useMemo, useRef, useState } from 'react'
import { Icon } from './icon.tsx'
import { MenuButton } from './menu.tsx'
import { rowHeight, type SortValue, sortedRows } from './sorting.ts'

export interface Column<Row> {
  readonly key: string
  readonly title: string
  /** Read out, and not seen: what is below speaks for itself. */
  readonly titleHidden?: true
  readonly cell: (row: Row) => ReactNode
  /** What rows are sorted by; without it nobody can sort by this column. Unknown comes last. */
  readonly sort?: (row: Row) => SortValue
  /** Numbers stand at the right. */
  readonly right?: true
  readonly width?: number | string
  readonly className?: string
  /** Left out until somebody asks for it. */
  readonly hidden?: true
  /** Without it the table would mean nothing: cannot be left out. */
  readonly fixed?: true
}

export interface Sorting {
  readonly key: string
  readonly down: boolean
}

export interface TableProps<Row> {
  /** Read out: what the rows are. */
  readonly label: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string
  readonly open?: (row: Row) => void
  /** Key of the row that is open. */
  readonly selected?: string | null
  readonly sorting?: Sorting | null
  readonly onSort?: (sorting: Sorting | null) => void
  /** Shown instead of rows where there are none: why it is empty, and what fills it. */
  readonly empty?: ReactNode
  /** Fills its box and scrolls by itself; else the page scrolls. Needed for drawing only what one sees. */
  readonly fill?: boolean
}

const virtualBeyond = 200

const nextSorting = (key: string, sorting: Sorting | null, right: boolean): Sorting | null => {
  // Of numbers the largest are wanted first, of names the first.
  if (sorting?.key !== key) return { key, down: right }
  return sorting.down === right ? { key, down: !right } : null
}

const Head = <Row,>({
  columns,
  sorting,
  onSort,
}: {
  columns: readonly Column<Row>[]
  sorting: Sorting | null
  onSort: (sorting: Sorting | null) => void
}) => (
  <thead>
    <tr>
      {columns.map(({ key, title, titleHidden, sort, right, width }) => {
        const isSorted = sorting?.key === key
        return (
          <th
            key={key}
            scope="col"
            className={right === true ? 'r' : undefined}
            style={width === undefined ? undefined : { width }}
            aria-sort={isSorted ? (sorting.down ? 'descending' : 'ascending') : undefined}
          >
            {sort === undefined ? (
              <span className={titleHidden === true ? 'hidden-text' : undefined}>{title}</span>
            ) : (
              <button type="button" onClick={() => onSort(nextSorting(key, sorting, right === true))}>
                {title}
                {isSorted ? <Icon name={sorting.down ? 'down' : 'up'} size={11} /> : null}
              </button>
            )}
          </th>
        )
      })}
    </tr>
  </thead>
)

const moveFocus = (event: KeyboardEvent<HTMLTableRowElement>): void => {
  const row = event.currentTarget
  const next =
    event.key === 'ArrowDown' || event.key === 'j' ? row.nextElementSibling : row.previousElementSibling
  if (next instanceof HTMLElement && next.tabIndex === 0) next.focus()
}

const Row = <Row,>({
  row,
  columns,
  open,
  isSelected,
}: {
  row: Row
  columns: readonly Column<Row>[]
  open: ((row: Row) => void) | undefined
  isSelected: boolean
}) => (
  <tr
    className={`${open === undefined ? '' : 'can'}${isSelected ? ' sel' : ''}`}
    aria-selected={isSelected || undefined}
    {...(open === undefined
      ? {}
      : {
          tabIndex: 0,
          onClick: (event) => {
            // What can be pressed within a row does what it says.
            if (event.target instanceof Element && event.target.closest('a, button, input')) return
            if (getSelection()?.type === 'Range') return
            open(row)
          },
          onKeyDown: (event) => {
            if (event.target !== event.currentTarget) return
            if (event.key === 'Enter') open(row)
            else if (['ArrowDown', 'ArrowUp', 'j', 'k'].includes(event.key)) moveFocus(event)
            else return
            event.preventDefault()
          },
        })}
  >
    {columns.map(({ key, cell, right, className = '' }) => (
      <td key={key} className={`${right === true ? 'r num ' : ''}${className}`}>
        {cell(row)}
      </td>
    ))}
  </tr>
)

const Gap = ({ height, columns }: { height: number; columns: number }) =>
  height <= 0 ? null : (
    <tr aria-hidden>
      <td colSpan={columns} style={{ height, padding: 0, border: 0 }} />
    </tr>
  )

const VirtualRows = <Row,>({
  scroller,
  ...props
}: Pick<TableProps<Row>, 'columns' | 'rows' | 'keyOf'> & {
  open: ((row: Row) => void) | undefined
  selected: string | null
  scroller: RefObject<HTMLDivElement | null>
}) => {
  const { rows, columns, keyOf, open, selected } = props
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: rowHeight,
    overscan: 12,
  })
  const shown = virtual.getVirtualItems()
  const end = shown.at(-1)?.end ?? 0
  return (
    <tbody>
      <Gap height={shown[0]?.start ?? 0} columns={columns.length} />
      {shown.map(({ index }) => {
        const row = rows[index]
        if (row === undefined) return null
        const key = keyOf(row)
        return <Row key={key} row={row} columns={columns} open={open} isSelected={key === selected} />
      })}
      <Gap height={virtual.getTotalSize() - end} columns={columns.length} />
    </tbody>
  )
}

export const Table = <Row,>({
  label,
  columns,
  rows,
  keyOf,
  open,
  selected = null,
  sorting: given,
  onSort,
  empty,
  fill = false,
}: TableProps<Row>) => {
  const scroller = useRef<HTMLDivElement>(null)
  const [own, setOwn] = useState<Sorting | null>(null)
  const sorting = given === undefined ? own : given
  const sorted = useMemo(
    () =>
      sorting === null
        ? rows
        : sortedRows(
            rows,
            columns.map(({ key, sort }) => ({ name: key, sortBy: sort })),
            `${sorting.down ? '-' : ''}${sorting.key}`,
          ),
    [rows, columns, sorting],
  )
  const shared = { columns, rows: sorted, keyOf, open, selected }
  return (
    <div className={fill ? 'table fill' : 'table'} ref={scroller}>
      <table aria-label={label} aria-rowcount={rows.length}>
        <Head columns={columns} sorting={sorting} onSort={onSort ?? setOwn} />
        {fill && rows.length > virtualBeyond ? (
          <VirtualRows {...shared} scroller={scroller} />
        ) : (
          <tbody>
            {sorted.map((row) => {
              const key = keyOf(row)
              return <Row key={key} row={row} columns={columns} open={open} isSelected={key === selected} />
            })}
          </tbody>
        )}
      </table>
      {rows.length === 0 ? empty : null}
    </div>
  )
}

const storedChoice = (name: string): ReadonlySet<string> | null => {
  try {
    const text = localStorage.getItem(`sluice.columns.${name}`)
    return text === null ? null : new Set(text.split(' '))
  } catch {
    return null
  }
}

/** Which columns of a table are shown, kept by the browser; with the button that changes it. */
export const useColumnChoice = <Row,>(
  name: string,
  columns: readonly Column<Row>[],
): { shown: readonly Column<Row>[]; button: ReactNode } => {
  const [chosen, setChosen] = useState(() => storedChoice(name))
  const isShown = ({ key, hidden, fixed }: Column<Row>): boolean =>
    fixed === true || (chosen === null ? hidden !== true : chosen.has(key))
  const toggle = (column: Column<Row>): void => {
    const next = columns
      .filter((one) => (one === column ? !isShown(one) : isShown(one)))
      .map(({ key }) => key)
    setChosen(new Set(next))
    try {
      localStorage.setItem(`sluice.columns.${name}`, next.join(' '))
    } catch {
      // A browser that keeps nothing: the choice holds until the page is left.
    }
  }
  const button = (
    <MenuButton label="Columns" className="btn" button={<Icon name="columns" size={14} />}>
      {() =>
        columns
          .filter(({ fixed }) => fixed !== true)
          .map((column) => (
            <button
              type="button"
              role="menuitemcheckbox"
              aria-checked={isShown(column)}
              key={column.key}
              onClick={() => toggle(column)}
            >
              <span style={{ width: 14 }}>{isShown(column) ? <Icon name="check" size={12} /> : null}</span>
              {column.title}
            </button>
          ))
      }
    </MenuButton>
  )
  return { shown: columns.filter(isShown), button }
}
