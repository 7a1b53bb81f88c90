/**
 * How many messages there are over time, and how many a filter wants; a window is drawn over it to seek.
 *
 * - The pointer draws, moves and widens the window; arrow keys move it by buckets, with Shift its end, Escape takes
 *   it away.
 * - What was not searched is hatched: its count of matches is not known, not zero.
 */
import {
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from 'react'
import { axisTimes, drag, type Grip, gripAt, nudge, type TimeRange, timeOfX, xOfTime } from './brush.ts'
import './histogram.css'

/** One stretch of time; `matched` is null where nobody looked. */
export interface HistogramBucket extends TimeRange {
  readonly count: number
  readonly matched: number | null
}

export interface HistogramProps {
  readonly buckets: readonly HistogramBucket[]
  readonly range: TimeRange
  readonly window: TimeRange | null
  readonly onWindow: (window: TimeRange | null) => void
  /** A filter is set: `matched` means something. */
  readonly filtered: boolean
  readonly formatTime: (time: number) => string
  readonly heightPx?: number
  readonly label: string
}

const useWidth = (box: { readonly current: HTMLElement | null }): number => {
  const [width, setWidth] = useState(0)
  useLayoutEffect(() => {
    const element = box.current
    if (element === null) return
    const observer = new ResizeObserver(() => setWidth(element.clientWidth))
    observer.observe(element)
    setWidth(element.clientWidth)
    return () => observer.disconnect()
  }, [box])
  return width
}

interface Held {
  readonly grip: Grip
  readonly before: TimeRange | null
  readonly start: number
}

/** The window while it is dragged, and what the pointer does to it. */
const useBrush = (props: HistogramProps, widthPx: number, bucketMs: number) => {
  const { range, window, onWindow } = props
  const [held, setHeld] = useState<Held | null>(null)
  const [draft, setDraft] = useState<TimeRange | null>(null)
  const timeAt = (event: PointerEvent<Element>): number =>
    timeOfX(event.clientX - event.currentTarget.getBoundingClientRect().left, range, widthPx)
  const onPointerDown = (event: PointerEvent<Element>): void => {
    if (event.button !== 0 || widthPx === 0) return
    event.currentTarget.setPointerCapture(event.pointerId)
    const start = timeAt(event)
    setHeld({ grip: gripAt(xOfTime(start, range, widthPx), window, range, widthPx), before: window, start })
    setDraft(null)
  }
  const onPointerMove = (event: PointerEvent<Element>): void => {
    if (held === null) return
    setDraft(drag(held.grip, held.before, held.start, timeAt(event), range, bucketMs))
  }
  const onPointerUp = (): void => {
    if (held === null) return
    // A click without a drag outside of the window takes it away.
    if (draft !== null) onWindow(draft)
    else if (held.grip === 'new') onWindow(null)
    setHeld(null)
    setDraft(null)
  }
  const onPointerCancel = (): void => {
    setHeld(null)
    setDraft(null)
  }
  return { shown: draft ?? window, onPointerDown, onPointerMove, onPointerUp, onPointerCancel }
}

const Bars = ({
  props,
  widthPx,
  plotPx,
}: {
  props: HistogramProps
  widthPx: number
  plotPx: number
}): ReactNode => {
  const { buckets, range, filtered } = props
  const most = Math.max(1, ...buckets.map((bucket) => bucket.count))
  return buckets.map((bucket) => {
    const x = xOfTime(bucket.from, range, widthPx)
    const width = Math.max(1, xOfTime(bucket.until, range, widthPx) - x - 2)
    const tall = bucket.count === 0 ? 0 : Math.max(1, (bucket.count / most) * (plotPx - 4))
    const part = bucket.matched ?? 0
    const matchedTall = part === 0 ? 0 : Math.max(1.5, (part / most) * (plotPx - 4))
    const unknown = filtered && bucket.matched === null
    return (
      <g key={bucket.from}>
        <rect
          className={unknown ? 'hg-unknown' : 'hg-all'}
          x={x}
          y={plotPx - tall}
          width={width}
          height={tall}
        />
        {filtered && (
          <rect className="hg-matched" x={x} y={plotPx - matchedTall} width={width} height={matchedTall} />
        )}
      </g>
    )
  })
}

const BrushWindow = ({
  window,
  props,
  widthPx,
  plotPx,
}: {
  window: TimeRange
  props: HistogramProps
  widthPx: number
  plotPx: number
}): ReactNode => {
  const left = Math.max(0, xOfTime(window.from, props.range, widthPx))
  const right = Math.min(widthPx, xOfTime(window.until, props.range, widthPx))
  if (right < 0 || left > widthPx) return null
  return (
    <g className="hg-window">
      <rect x={left} y={0} width={Math.max(0, right - left)} height={plotPx} />
      <path d={`M${left} 0v${plotPx}M${right} 0v${plotPx}`} />
    </g>
  )
}

const bucketAt = (buckets: readonly HistogramBucket[], time: number): HistogramBucket | undefined =>
  buckets.find((bucket) => time >= bucket.from && time < bucket.until)

const wordsOf = (bucket: HistogramBucket, props: HistogramProps): string => {
  const time = `${props.formatTime(bucket.from)} to ${props.formatTime(bucket.until)}`
  const all = `${bucket.count.toLocaleString('en')} messages`
  const matched = bucket.matched === null ? 'not searched' : `${bucket.matched.toLocaleString('en')} matched`
  return props.filtered ? `${time}: ${all}, ${matched}` : `${time}: ${all}`
}

const labelPx = 44

/** The histogram with its window. */
export const Histogram = (props: HistogramProps): ReactNode => {
  const { buckets, range, window, onWindow, formatTime, label, heightPx = 70 } = props
  const box = useRef<HTMLDivElement>(null)
  const widthPx = useWidth(box)
  const plotPx = heightPx - 16
  const bucketMs = Math.max(1, (range.until - range.from) / Math.max(1, buckets.length))
  const { shown, ...pointer } = useBrush(props, widthPx, bucketMs)
  const [hovered, setHovered] = useState<number | null>(null)
  useEffect(() => setHovered(null), [range.from, range.until])
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && window !== null) {
      event.stopPropagation()
      onWindow(null)
    } else if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
      event.preventDefault()
      onWindow(nudge(window, event.key === 'ArrowLeft' ? -1 : 1, event.shiftKey, range, bucketMs))
    }
  }
  const bucket = hovered === null ? undefined : bucketAt(buckets, hovered)
  return (
    <div
      ref={box}
      className="hg"
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={range.from}
      aria-valuemax={range.until}
      aria-valuenow={window?.from ?? range.from}
      aria-valuetext={
        window === null
          ? `all, ${formatTime(range.from)} to ${formatTime(range.until)}`
          : `${formatTime(window.from)} to ${formatTime(window.until)}`
      }
      title={bucket === undefined ? undefined : wordsOf(bucket, props)}
      style={{ height: heightPx }}
      onKeyDown={onKeyDown}
      {...pointer}
      onPointerMove={(event) => {
        pointer.onPointerMove(event)
        setHovered(timeOfX(event.nativeEvent.offsetX, range, widthPx))
      }}
      onPointerLeave={() => setHovered(null)}
    >
      <svg width={widthPx} height={heightPx} aria-hidden="true">
        <defs>
          <pattern
            id="hg-hatch"
            width="5"
            height="5"
            patternUnits="userSpaceOnUse"
            patternTransform="rotate(45)"
          >
            <rect width="2" height="5" className="hg-all" />
          </pattern>
        </defs>
        <Bars props={props} widthPx={widthPx} plotPx={plotPx} />
        {shown !== null && <BrushWindow window={shown} props={props} widthPx={widthPx} plotPx={plotPx} />}
        {axisTimes(range, Math.max(2, Math.floor(widthPx / 110)))
          // A label that would be cut says nothing.
          .filter((time) => xOfTime(time, range, widthPx) < widthPx - labelPx)
          .map((time) => (
            <text key={time} className="hg-axis" x={xOfTime(time, range, widthPx)} y={heightPx - 2}>
              {formatTime(time)}
            </text>
          ))}
      </svg>
    </div>
  )
}
