/**
 * A JSON document as a tree that folds: only the rows in sight exist, so any size scrolls.
 *
 * - Keys as in every tree: up, down, right opens, left closes, Home, End; `c` copies the path.
 * - What a row offers (copy path, copy value, filter) shows where the pointer or the focus is.
 */
import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, type ReactNode, useMemo, useRef, useState } from 'react'
import { type JsonIndex, kinds } from './scan.ts'
import { type Folding, foldedText, isFolded, keyOf, leafText, rowsOf, turn } from './tree.ts'
import './json.css'

/** Browsers cannot place more rows than this one below another. */
const rowsMax = 800_000
const rowPx = 21
const leafUnitsMax = 2_000

export interface JsonTreeProps {
  readonly index: JsonIndex
  readonly folding: Folding
  readonly onFolding: (folding: Folding) => void
  /** What else is known of a value: how it changed, how long ago a time is. */
  readonly noteOf?: (node: number) => ReactNode
  /** Buttons of a row. */
  readonly actionsOf?: (node: number) => ReactNode
  readonly onCopyPath?: (node: number) => void
  /** Rows to mark, as a search found them. */
  readonly marked?: ReadonlySet<number>
  readonly label: string
}

const kindClass: Readonly<Record<number, string>> = {
  [kinds.string]: 'jt-text',
  [kinds.number]: 'jt-number',
  [kinds.true]: 'jt-word',
  [kinds.false]: 'jt-word',
  [kinds.null]: 'jt-null',
}

const Leaf = ({ index, node }: { index: JsonIndex; node: number }): ReactNode => {
  const { text, more } = leafText(index, node, leafUnitsMax)
  return (
    <span className={kindClass[index.kind(node)]}>
      {text}
      {more > 0 && <em className="jt-more"> … {more.toLocaleString('en')} more characters</em>}
    </span>
  )
}

const Value = ({ index, folding, row }: { index: JsonIndex; folding: Folding; row: number }): ReactNode => {
  const node = row < 0 ? ~row : row
  const object = index.kind(node) === kinds.object
  if (row < 0) return <span className="jt-bracket">{object ? '}' : ']'}</span>
  if (!index.isContainer(node)) return <Leaf index={index} node={node} />
  if (index.size(node) === 0) return <span className="jt-bracket">{object ? '{}' : '[]'}</span>
  if (isFolded(index, folding, node)) return <span className="jt-folded">{foldedText(index, node)}</span>
  return <span className="jt-bracket">{object ? '{' : '['}</span>
}

interface RowProps extends JsonTreeProps {
  readonly row: number
  readonly place: number
  readonly active: boolean
  readonly onActive: (place: number) => void
}

const Row = (props: RowProps): ReactNode => {
  const { index, folding, row, place, active, onActive } = props
  const node = row < 0 ? ~row : row
  const opens = row >= 0 && index.isContainer(node) && index.size(node) > 0
  const folded = opens && isFolded(index, folding, node)
  const name = row < 0 ? null : keyOf(index, node)
  const marked = row >= 0 && props.marked?.has(node) === true
  return (
    <div
      className={`jt-row${active ? ' jt-active' : ''}${marked ? ' jt-marked' : ''}`}
      role="treeitem"
      id={`jt-${place}`}
      aria-level={index.depth(node) + 1}
      aria-selected={active}
      {...(opens ? { 'aria-expanded': !folded } : {})}
      style={{
        height: rowPx,
        transform: `translateY(${place * rowPx}px)`,
        paddingLeft: index.depth(node) * 14,
      }}
      onClick={() => onActive(place)}
      onDoubleClick={() => opens && props.onFolding(turn(folding, node))}
      onKeyDown={undefined}
    >
      <span
        className="jt-twist"
        aria-hidden="true"
        onClick={() => opens && props.onFolding(turn(folding, node))}
      >
        {opens ? (folded ? '▸' : '▾') : ''}
      </span>
      {name !== null && <span className="jt-key">{name}</span>}
      {name !== null && <span className="jt-bracket">: </span>}
      <Value index={index} folding={folding} row={row} />
      {row >= 0 && props.noteOf !== undefined && <span className="jt-note">{props.noteOf(node)}</span>}
      {row >= 0 && props.actionsOf !== undefined && (
        <span className="jt-actions">{props.actionsOf(node)}</span>
      )}
    </div>
  )
}

/** Where a key leads: another row, another folding, or nowhere. */
const keyStep = (
  key: string,
  at: number,
  rows: Int32Array,
  { index, folding }: JsonTreeProps,
): { to?: number; folding?: Folding } | null => {
  const row = rows[at] ?? 0
  const node = row < 0 ? ~row : row
  const opens = row >= 0 && index.isContainer(node) && index.size(node) > 0
  const folded = opens && isFolded(index, folding, node)
  switch (key) {
    case 'ArrowDown':
      return { to: Math.min(at + 1, rows.length - 1) }
    case 'ArrowUp':
      return { to: Math.max(at - 1, 0) }
    case 'Home':
      return { to: 0 }
    case 'End':
      return { to: rows.length - 1 }
    case 'ArrowRight':
      return folded ? { folding: turn(folding, node) } : { to: Math.min(at + 1, rows.length - 1) }
    case 'ArrowLeft':
      if (opens && !folded) return { folding: turn(folding, node) }
      return { to: Math.max(0, rows.indexOf(row < 0 ? node : index.parent(node))) }
    case 'Enter':
      return opens ? { folding: turn(folding, node) } : null
    default:
      return null
  }
}

/** The tree. Its place in the page gives it its height. */
export const JsonTree = (props: JsonTreeProps): ReactNode => {
  const { index, folding } = props
  const box = useRef<HTMLDivElement>(null)
  const [active, setActive] = useState(0)
  // `count` grows while a large document is read.
  const all = useMemo(() => rowsOf(index, folding, rowsMax + 1), [index, index.count, folding])
  const rows = all.subarray(0, rowsMax)
  const count = rows.length
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => box.current,
    estimateSize: () => rowPx,
    overscan: 12,
  })
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const row = rows[active] ?? 0
    if (event.key === 'c' && row >= 0) props.onCopyPath?.(row)
    const step = keyStep(event.key, active, rows, props)
    if (step === null) return
    event.preventDefault()
    event.stopPropagation()
    if (step.folding !== undefined) props.onFolding(step.folding)
    if (step.to !== undefined) {
      setActive(step.to)
      virtual.scrollToIndex(step.to)
    }
  }
  return (
    <div
      ref={box}
      className="jt"
      role="tree"
      aria-label={props.label}
      aria-activedescendant={`jt-${active}`}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div role="presentation" style={{ height: count * rowPx, position: 'relative' }}>
        {virtual.getVirtualItems().map(({ index: place }) => (
          <Row
            key={place}
            {...props}
            row={rows[place] ?? 0}
            place={place}
            active={place === active}
            onActive={setActive}
          />
        ))}
      </div>
      {all.length > rowsMax && (
        <p className="jt-more">Only the first {rowsMax.toLocaleString('en')} rows are shown: fold some.</p>
      )}
    </div>
  )
}
