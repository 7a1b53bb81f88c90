/** Bytes in hexadecimal and as text; only the rows in sight exist. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useRef } from 'react'
import { sizeText } from './format.ts'
import { bytesPerRow, hexRow, hexRowCount } from './hex.ts'
import './json/json.css'

const rowPx = 20

/** Browsers cannot place more rows than this one below another. */
const rowsMax = 800_000

export const HexView = ({ bytes, label }: { bytes: Uint8Array; label: string }): ReactNode => {
  const box = useRef<HTMLDivElement>(null)
  const count = Math.min(hexRowCount(bytes), rowsMax)
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => box.current,
    estimateSize: () => rowPx,
    overscan: 10,
  })
  return (
    <div ref={box} className="hx" role="region" aria-label={label} tabIndex={0}>
      <div style={{ height: count * rowPx, position: 'relative' }}>
        {virtual.getVirtualItems().map(({ index }) => {
          const { place, hex, text } = hexRow(bytes, index)
          return (
            <div key={index} className="hx-row" style={{ transform: `translateY(${index * rowPx}px)` }}>
              <span className="hx-place">{place}</span>
              <span>{hex}</span>
              <span className="hx-text">{text}</span>
            </div>
          )
        })}
      </div>
      {count < hexRowCount(bytes) ? (
        <p className="jt-more">Only the first {sizeText(rowsMax * bytesPerRow)} are shown.</p>
      ) : null}
    </div>
  )
}
