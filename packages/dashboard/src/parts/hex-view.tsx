/** Bytes in hexadecimal and as text; only the rows in sight exist. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, type RefObject, useLayoutEffect, useRef, useState } from 'react'
import { sizeText } from './format.ts'
import { type BytesPerRow, hexRow, hexRowCount } from './hex.ts'
import './json/json.css'

const rowPx = 20
/** Room that sixteen bytes a row need, with their place and text. */
const wholeRowPx = 620

/** Sixteen bytes where they fit, else eight: the text beside them is what one reads first. */
const useBytesPerRow = (box: RefObject<HTMLElement | null>): BytesPerRow => {
  const [perRow, setPerRow] = useState<BytesPerRow>(16)
  useLayoutEffect(() => {
    const element = box.current
    if (element === null) return undefined
    const measure = (): void => setPerRow(element.clientWidth < wholeRowPx ? 8 : 16)
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => observer.disconnect()
  }, [box])
  return perRow
}

/** Browsers cannot place more rows than this one below another. */
const rowsMax = 800_000

export const HexView = ({ bytes, label }: { bytes: Uint8Array; label: string }): ReactNode => {
  const box = useRef<HTMLDivElement>(null)
  const perRow = useBytesPerRow(box)
  const count = Math.min(hexRowCount(bytes, perRow), rowsMax)
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
          const { place, hex, text } = hexRow(bytes, index, perRow)
          return (
            <div key={index} className="hx-row" style={{ transform: `translateY(${index * rowPx}px)` }}>
              <span className="hx-place">{place}</span>
              <span>{hex}</span>
              <span className="hx-text">{text}</span>
            </div>
          )
        })}
      </div>
      {count < hexRowCount(bytes, perRow) ? (
        <p className="jt-more">Only the first {sizeText(rowsMax * perRow)} are shown.</p>
      ) : null}
    </div>
  )
}
