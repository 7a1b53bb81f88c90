/** The chart library behind one door: options for our look, marks, crosshair shared by all charts of a page. */
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { axisText, type ChartMark, type ChartSeries, colorOf, placedWords, scaleTop } from './chart-data.ts'
import { clockText, momentText } from './format.ts'

/** A colour by name, as the canvas needs it. */
const resolved = (element: HTMLElement, color: string): string => {
  const name = /var\((--[\w-]+)\)/.exec(color)?.[1]
  return name === undefined ? color : getComputedStyle(element).getPropertyValue(name).trim()
}

export interface ChartCursor {
  readonly index: number
  readonly left: number
  readonly top: number
}

export interface ChartOptions {
  readonly element: HTMLElement
  readonly width: number
  readonly height: number
  readonly series: readonly ChartSeries[]
  readonly fromZero: boolean
  readonly marks: () => readonly ChartMark[]
  readonly range: () => readonly [fromMs: number, toMs: number]
  readonly onCursor: (cursor: ChartCursor | null) => void
  readonly onZoom: (fromMs: number, toMs: number) => void
}

const dayMs = 86_400_000

const timeText = (timeMs: number, spanMs: number): string =>
  spanMs > dayMs ? momentText(timeMs) : spanMs <= 600_000 ? clockText(timeMs) : clockText(timeMs).slice(0, 5)

const drawMarks = (chart: uPlot, { element, marks }: ChartOptions): void => {
  const { ctx, bbox } = chart
  const ratio = devicePixelRatio
  ctx.save()
  ctx.font = `${11 * ratio}px 'Inter Variable', sans-serif`
  ctx.textBaseline = 'top'
  // What drew before leaves its own behind: axes align right.
  ctx.textAlign = 'left'
  const [left, right] = [bbox.left, bbox.left + bbox.width]
  const shown = marks()
    .map(({ atMs, text, tone }) => ({
      text,
      tone,
      x: chart.valToPos(atMs, 'x', true),
      width: ctx.measureText(text).width,
    }))
    .filter(({ x }) => x >= left && x <= right)
  const places = placedWords(shown, { left, right, gap: 5 * ratio })
  shown.forEach(({ text, tone, x }, at) => {
    const color = resolved(element, tone === undefined ? 'var(--t3)' : `var(--${tone})`)
    ctx.strokeStyle = color
    ctx.fillStyle = color
    ctx.setLineDash([2 * ratio, 3 * ratio])
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
    const place = places[at]
    if (place !== null && place !== undefined) ctx.fillText(text, place, bbox.top + ratio)
  })
  ctx.restore()
}

const axisOf = (options: ChartOptions): Partial<uPlot.Axis> => ({
  stroke: resolved(options.element, 'var(--t3)'),
  font: "11px 'Inter Variable', sans-serif",
  ticks: { show: false },
})

const scalesOf = (options: ChartOptions): uPlot.Scales => ({
  x: {
    range: () => {
      const [from, to] = options.range()
      return [from, to]
    },
  },
  y: {
    range: (_chart, least, most) => {
      if (options.fromZero) return [0, scaleTop(most)]
      const low = least ?? 0
      const high = most ?? 1
      const room = (high - low || Math.abs(high) || 1) * 0.1
      return [low - room, high + room]
    },
  },
})

const axesOf = (options: ChartOptions): uPlot.Axis[] => [
  {
    ...axisOf(options),
    size: 22,
    gap: 4,
    space: 90,
    grid: { show: false },
    values: (_self, splits) => {
      const [from, to] = options.range()
      return splits.map((at) => timeText(at, to - from))
    },
  },
  {
    ...axisOf(options),
    size: 44,
    gap: 6,
    space: 36,
    grid: { stroke: resolved(options.element, 'var(--ln)'), width: 1 },
    values: (_self, splits, _axis, _space, step) => splits.map((at) => axisText(at, step)),
  },
]

const hooksOf = (options: ChartOptions): uPlot.Hooks.Arrays => ({
  draw: [(self) => drawMarks(self, options)],
  setCursor: [
    (self) => {
      const { idx, left = -1, top = -1 } = self.cursor
      // The crosshair is on all charts of the page, the values only where the pointer is.
      const isHere = self.over.matches(':hover') && left >= 0
      options.onCursor(isHere && idx !== null && idx !== undefined ? { index: idx, left, top } : null)
    },
  ],
  setSelect: [
    (self) => {
      const { left, width } = self.select
      if (width < 4) return
      const from = self.posToVal(left, 'x')
      const to = self.posToVal(left + width, 'x')
      self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
      options.onZoom(Math.round(from), Math.round(to))
    },
  ],
})

/** Draws a chart into `options.element`; its `destroy` takes it away. */
export const createChart = (options: ChartOptions, data: uPlot.AlignedData): uPlot => {
  const { element, series } = options
  return new uPlot(
    {
      width: options.width,
      height: options.height,
      ms: 1,
      padding: [6, 14, 0, 0],
      legend: { show: false },
      cursor: {
        sync: { key: 'page', setSeries: false, scales: ['x', null] },
        drag: { x: true, y: false, setScale: false },
        points: { size: 6 },
        y: false,
      },
      scales: scalesOf(options),
      axes: axesOf(options),
      series: [
        {},
        ...series.map(({ name, color, width }, index) => ({
          label: name,
          stroke: resolved(element, color ?? colorOf(index)),
          width: width ?? 1.5,
          spanGaps: false,
          points: { show: false },
        })),
      ],
      hooks: hooksOf(options),
    },
    data,
    element,
  )
}
