/** Bytes in hexadecimal and as text; only the rows in sight exist. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useRef } from 'react'
import { hexRow, hexRowCount } from './hex.ts'
import './json/json.css'

const rowPx = 20

export const HexView = ({ bytes, label }: { bytes: Uint8Array; label: string }): ReactNode => {
  const box = useRef<HTMLDivElement>(null)
  const count = Math.min(hexRowCount(bytes), 800_000)
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
    </div>
  )
}
