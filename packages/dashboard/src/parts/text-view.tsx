/** Long text as it was written; only the lines in sight exist, and lines without end are cut into pieces. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useMemo, useRef } from 'react'
import './json/json.css'

const rowPx = 20
const unitsPerRow = 400
const rowsMax = 800_000

/** Starts of rows: behind each line feed, and every 400 characters within a line. */
export const rowStarts = (text: string): Int32Array => {
  const starts: number[] = []
  let at = 0
  while (at < text.length && starts.length < rowsMax) {
    const feed = text.indexOf('\n', at)
    const end = feed === -1 ? text.length : feed + 1
    for (; at < end && starts.length < rowsMax; at = Math.min(at + unitsPerRow, end)) starts.push(at)
  }
  return Int32Array.from(starts)
}

/** A row as it stands in the text; the last one shown may have a whole document behind it. */
const rowText = (text: string, starts: Int32Array, row: number): string => {
  const start = starts[row] ?? 0
  return text.slice(start, Math.min(starts[row + 1] ?? text.length, start + unitsPerRow)).trimEnd()
}

/** Short text wraps; long text is rows that scroll. */
export const TextView = ({ text, label }: { text: string; label: string }): ReactNode =>
  text.length <= 20_000 ? (
    <pre className="tx tx-wrap" aria-label={label} tabIndex={0}>
      {text}
    </pre>
  ) : (
    <LongText text={text} label={label} />
  )

const LongText = ({ text, label }: { text: string; label: string }): ReactNode => {
  const box = useRef<HTMLDivElement>(null)
  const starts = useMemo(() => rowStarts(text), [text])
  const virtual = useVirtualizer({
    count: starts.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowPx,
    overscan: 10,
  })
  return (
    <div ref={box} className="tx" role="region" aria-label={label} tabIndex={0}>
      <div style={{ height: starts.length * rowPx, position: 'relative' }}>
        {virtual.getVirtualItems().map(({ index }) => (
          <div key={index} className="tx-row" style={{ transform: `translateY(${index * rowPx}px)` }}>
            {rowText(text, starts, index)}
          </div>
        ))}
      </div>
      {starts.length === rowsMax ? (
        <p className="jt-more">Only the first {rowsMax.toLocaleString('en')} lines are shown.</p>
      ) : null}
    </div>
  )
}
