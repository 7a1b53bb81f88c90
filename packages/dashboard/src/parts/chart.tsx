/**
 * A chart over time, with its table twin: gaps stay gaps, marks explain jumps, the crosshair is shared by all charts of
 * the page, dragging zooms them all (the range is in the address).
 */
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react'
import { alignSeries, type ChartMark, type ChartSeries, colorOf, marksNear } from './chart-data.ts'
import { bothTimes, clockText, momentText, rateText, unknown } from './format.ts'
import { Icon } from './icon.tsx'
import { Table } from './table.tsx'
import { useTheme } from './theme.ts'
import { type TimeRange, useSetTimeRange } from './time-range.ts'
import { type ChartCursor, createChart } from './uplot.adapter.ts'

export interface ChartProps {
  readonly title: string
  readonly note?: ReactNode
  readonly unit: string
  readonly series: readonly ChartSeries[]
  readonly range: TimeRange
  readonly marks?: readonly ChartMark[]
  readonly height?: number
  /** Measures such as temperature may leave 0 out. */
  readonly fromZero?: boolean
  readonly format?: (value: number | null | undefined) => string
  /** The answer is not there yet: nothing is said of it. */
  readonly isLoading?: boolean
  /** Names of series below the chart; by default where there are several. */
  readonly legend?: boolean
}

const noMarks: readonly ChartMark[] = []
/** As near as this to the pointer, a mark is told in words: lines close together have no room for theirs. */
const nearPixels = 12

const Tip = ({
  cursor,
  times,
  columns,
  series,
  unit,
  format,
  width,
  marks,
}: {
  cursor: ChartCursor
  times: readonly number[]
  columns: readonly (readonly (number | null)[])[]
  series: readonly ChartSeries[]
  unit: string
  format: (value: number | null | undefined) => string
  width: number
  /** What happened there. */
  marks: readonly ChartMark[]
}) => {
  const time = times[cursor.index]
  if (time === undefined) return null
  const isRight = cursor.left > width / 2
  const x = cursor.left + 50
  return (
    <div
      className="tip num"
      style={{ top: 8, ...(isRight ? { right: width - x + 24 } : { left: x + 14 }) }}
      aria-hidden
    >
      <div className="faint">{clockText(time)}</div>
      {series.map(({ name, color }, index) => (
        <div key={name}>
          <i style={{ background: color ?? colorOf(index) }} />
          {name}
          <b>
            {format(columns[index]?.[cursor.index])} {unit}
          </b>
        </div>
      ))}
      {marks.map(({ atMs, text }) => (
        <div key={`${atMs} ${text}`} className="faint">
          {clockText(atMs)} {text}
        </div>
      ))}
    </div>
  )
}

const useWidth = (): [(element: HTMLElement | null) => void, number] => {
  const [element, setElement] = useState<HTMLElement | null>(null)
  const [width, setWidth] = useState(0)
  useEffect(() => {
    if (element === null) return undefined
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)))
    observer.observe(element)
    return () => observer.disconnect()
  }, [element])
  return [setElement, width]
}

const Canvas = ({
  series,
  range,
  marks = noMarks,
  height = 200,
  unit,
  fromZero = true,
  format = rateText,
}: ChartProps) => {
  const box = useRef<HTMLDivElement>(null)
  const [measure, width] = useWidth()
  const theme = useTheme()
  const { between } = useSetTimeRange()
  const [cursor, setCursor] = useState<ChartCursor | null>(null)
  const data = useMemo(() => alignSeries(series), [series])
  const chart = useRef<ReturnType<typeof createChart> | null>(null)
  // What the chart asks for while it draws is what was rendered last.
  const latest = useRef({ data, marks, range, between })
  latest.current = { data, marks, range, between }
  const names = series.map(({ name, color }) => `${name} ${color ?? ''}`).join('\n')
  useEffect(() => {
    const element = box.current
    if (element === null || width === 0) return undefined
    const made = createChart(
      {
        element,
        width,
        height,
        series,
        fromZero,
        marks: () => latest.current.marks,
        range: () => [latest.current.range.fromMs, latest.current.range.toMs],
        onCursor: setCursor,
        onZoom: (fromMs, toMs) => latest.current.between(fromMs, toMs),
      },
      latest.current.data,
    )
    chart.current = made
    return () => {
      chart.current = null
      made.destroy()
    }
    // `names` stands for the series, whose values are set below.
  }, [names, width, height, fromZero, theme])
  useEffect(() => {
    chart.current?.setData(data)
  }, [data, marks, range])
  const [times, ...columns] = data
  const pixelMs = (range.toMs - range.fromMs) / Math.max(width, 1)
  const here = marksNear(marks, times[cursor?.index ?? -1] ?? Number.NaN, nearPixels * pixelMs)
  return (
    <div className="chart" ref={measure} style={{ height }}>
      <div ref={box} />
      {cursor === null ? null : (
        <Tip {...{ cursor, times, columns, series, unit, format, width }} marks={here} />
      )}
    </div>
  )
}

const Twin = ({ series, unit, format = rateText, height = 200 }: ChartProps) => {
  const [times, ...columns] = useMemo(() => alignSeries(series), [series])
  const rows = times.map((time, index) => ({ time, index })).toReversed()
  return (
    <div style={{ height }}>
      <Table
        label={`Values in ${unit}`}
        fill
        rows={rows}
        keyOf={({ time }) => String(time)}
        columns={[
          {
            key: 'time',
            title: 'Time',
            cell: ({ time }) => (
              <span className="mono" title={bothTimes(time)}>
                {momentText(time)}
                {clockText(time).slice(5)}
              </span>
            ),
          },
          ...series.map(({ name }, at) => ({
            key: name,
            title: `${name}, ${unit}`,
            right: true as const,
            cell: ({ index }: { index: number }) => format(columns[at]?.[index]),
          })),
        ]}
        empty={<p className="faint">Nothing was measured in this time.</p>}
      />
    </div>
  )
}

/** The last known value of each series, as words: for whoever does not see the lines. */
const summaryOf = ({ series, unit, format = rateText }: ChartProps): string =>
  series
    .map(({ name, points }) => {
      const last = points.findLast(([, value]) => value !== null)?.[1]
      return `${name}: ${last === undefined ? unknown : `${format(last)} ${unit}`}`
    })
    .join(', ')

export const Chart = (props: ChartProps) => {
  const [asTable, setAsTable] = useState(false)
  const { title, note, series, unit, isLoading = false, legend = series.length > 1 } = props
  const isEmpty = series.every(({ points }) => points.every(([, value]) => value === null))
  return (
    <section aria-label={title}>
      <div className="head">
        <h2>{title}</h2>
        <small>{note ?? unit}</small>
        {legend && !asTable ? (
          <span className="chart-legend end">
            {series.map(({ name, color }, index) => (
              <span key={name}>
                <i style={{ background: color ?? colorOf(index) }} />
                {name}
              </span>
            ))}
          </span>
        ) : null}
        <button
          type="button"
          className={`copy${legend && !asTable ? '' : ' end'}`}
          aria-pressed={asTable}
          aria-label={asTable ? 'Show as a chart' : 'Show as a table'}
          title={asTable ? 'Show as a chart' : 'Show as a table'}
          onClick={() => setAsTable(!asTable)}
        >
          <Icon name={asTable ? 'chart' : 'table'} size={14} />
        </button>
      </div>
      {asTable ? (
        <Twin {...props} />
      ) : (
        <div role="img" aria-label={`${title}. Now: ${summaryOf(props)}`} style={{ position: 'relative' }}>
          <Canvas {...props} />
          {isEmpty ? (
            <p className="chart-empty faint">
              {isLoading ? 'Reading what was measured …' : 'Nothing was measured in this time.'}
            </p>
          ) : null}
        </div>
      )}
    </section>
  )
}
