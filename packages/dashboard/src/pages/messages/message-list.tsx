/**
 * Messages, one a line: only the lines in sight exist, and what the filter looked at is marked.
 *
 * The list is a grid for screen readers; keys that move through it belong to the page.
 */
import { useVirtualizer } from '@tanstack/react-virtual'
import { memo, type ReactNode, useEffect, useMemo, useRef } from 'react'
import {
  type FieldPath,
  fieldsOf,
  fromMatch,
  markText,
  matchedRanges,
  readsKey,
  wordRanges,
  wordsOf,
} from '../../parts/filter-terms.ts'
import { bothTimes, clockText } from '../../parts/format.ts'
import { Skeleton } from '../../parts/states.tsx'
import { groupedDigits, type MessageRow, placeOf, valueLine } from './message-row.ts'

const rowPx = 36

export interface MessageListProps {
  readonly count: number
  readonly rowAt: (place: number) => MessageRow | undefined
  readonly selected: string | null
  readonly onSelect: (message: MessageRow) => void
  readonly filter: string
  /** The end of what there is came into sight. */
  readonly onEnd: () => void
  readonly onScrolled: (away: boolean) => void
  readonly label: string
  /** Stands behind the last row. */
  readonly footer: ReactNode
}

const zone = (): string => {
  const minutes = -new Date().getTimezoneOffset()
  const hours = minutes / 60
  return minutes === 0 ? 'UTC' : `UTC${hours > 0 ? '+' : '−'}${Math.abs(hours)}`
}

const dayOf = (timestamp: string): string => new Date(timestamp).toDateString()

/** The day too, where it is not today. */
const timeText = (timestamp: string): string => {
  const clock = clockText(timestamp, true)
  if (dayOf(timestamp) === new Date().toDateString()) return clock
  const date = new Date(timestamp)
  return `${date.getDate()} ${date.toLocaleString('en', { month: 'short' })} ${clock.slice(0, 8)}`
}

const Value = ({ message, fields, words }: Pick<LineProps, 'message' | 'fields' | 'words'>): ReactNode => {
  const line = valueLine(message)
  if (line === null) return <em className="ml-none">tombstone</em>
  if (line === '') return <em className="ml-none">empty</em>
  if (message.value_encoding === 'base64') return <em className="ml-none">{line.slice(0, 60)} (bytes)</em>
  const { text, ranges } = fromMatch(
    line,
    words === null ? matchedRanges(line, fields) : wordRanges(line, words),
  )
  return markText(text, ranges).map((piece, at) =>
    piece.marked ? <mark key={at}>{piece.text}</mark> : piece.text,
  )
}

interface LineProps {
  readonly message: MessageRow
  readonly place: number
  readonly isSelected: boolean
  readonly fields: readonly FieldPath[]
  /** What the filter looks for where it is words. */
  readonly words: string | null
  readonly onSelect: (message: MessageRow) => void
}

const Line = memo(
  ({ message, place, isSelected, fields, words, onSelect }: LineProps): ReactNode => (
    <div
      role="row"
      aria-rowindex={place + 2}
      aria-selected={isSelected}
      className={isSelected ? 'ml-row sel' : 'ml-row'}
      style={{ transform: `translateY(${place * rowPx}px)` }}
      onClick={() => onSelect(message)}
    >
      <span role="gridcell" className="num" title={bothTimes(message.timestamp)}>
        {timeText(message.timestamp)}
      </span>
      <span role="gridcell" className="num soft">
        {message.partition} : {groupedDigits(message.offset)}
      </span>
      <span role="gridcell" className="clip" title={message.key ?? undefined}>
        {message.key === null ? (
          <em className="ml-none">–</em>
        ) : message.key_encoding === 'base64' ? (
          <em className="ml-none">{message.key} (bytes)</em>
        ) : readsKey(fields) ? (
          <mark>{message.key}</mark>
        ) : (
          message.key
        )}
      </span>
      <span role="gridcell" className="ml-value">
        <Value message={message} fields={fields} words={words} />
      </span>
    </div>
  ),
)

const Head = (): ReactNode => (
  <div role="row" aria-rowindex={1} className="ml-row ml-head">
    <span role="columnheader">Time ({zone()})</span>
    <span role="columnheader">Partition : offset</span>
    <span role="columnheader">Key</span>
    <span role="columnheader">Value</span>
  </div>
)

/** Has the shape of the rows to come. */
export const RowsSkeleton = (): ReactNode => (
  <div className="ml-wait" aria-hidden>
    {Array.from({ length: 12 }, (_, row) => (
      <div key={row} className="ml-row">
        {[84, 96, 70, 420 - (row % 4) * 60].map((width) => (
          <Skeleton key={width} height={10} width={width} />
        ))}
      </div>
    ))}
  </div>
)

/** Tells when the end is near. Asked once for each length. */
const useNearEnd = (last: number, count: number, onEnd: () => void): void => {
  const told = useRef(0)
  useEffect(() => {
    if (count === 0 || last < count - 20 || told.current === count) return
    told.current = count
    onEnd()
  }, [last, count, onEnd])
}

/** The list. `selected` names a message as `placeOf` does. */
export const MessageList = (props: MessageListProps): ReactNode => {
  const { count, rowAt, selected, onSelect, filter, onEnd, onScrolled, label, footer } = props
  const box = useRef<HTMLDivElement>(null)
  const words = useMemo(() => wordsOf(filter), [filter])
  const fields = useMemo(() => (words === null ? fieldsOf(filter) : []), [filter, words])
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => box.current,
    estimateSize: () => rowPx,
    scrollMargin: rowPx,
    scrollPaddingStart: rowPx,
    overscan: 8,
  })
  const items = virtual.getVirtualItems()
  useNearEnd(items.at(-1)?.index ?? 0, count, onEnd)
  // A row that keys moved to comes into sight; one that is far away in a growing list is left alone.
  useEffect(() => {
    if (selected === null) return
    for (let place = 0; place < Math.min(count, 2_000); place += 1) {
      const message = rowAt(place)
      if (message !== undefined && placeOf(message) === selected) {
        virtual.scrollToIndex(place, { align: 'auto' })
        return
      }
    }
    // Only when another one is selected.
  }, [selected])
  return (
    <div
      className="ml"
      ref={box}
      tabIndex={0}
      role="region"
      aria-label={`${label}: j and k move, Enter opens`}
      onScroll={(event) => onScrolled(event.currentTarget.scrollTop > rowPx)}
    >
      <div role="grid" aria-label={label} aria-rowcount={count + 1}>
        <Head />
        <div role="rowgroup" style={{ height: count * rowPx, position: 'relative' }}>
          {items.map(({ index }) => {
            const message = rowAt(index)
            return message === undefined ? null : (
              <Line
                key={index}
                message={message}
                place={index}
                isSelected={placeOf(message) === selected}
                fields={fields}
                words={words}
                onSelect={onSelect}
              />
            )
          })}
        </div>
      </div>
      {footer}
    </div>
  )
}
