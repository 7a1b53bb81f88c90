/** A line of the last minutes, small; gaps stay gaps. Hovering says least, median and most. */
import { rateText } from './format.ts'

export type Points = readonly (readonly [timeMs: number, value: number | null])[]

/** No more points than a line of that width can show: each the mean of its neighbours, gaps stay gaps. */
export const thinned = (points: Points, most: number): Points => {
  const size = Math.ceil(points.length / most)
  if (size <= 1) return points
  return Array.from({ length: Math.ceil(points.length / size) }, (_, at) => {
    const some = points.slice(at * size, (at + 1) * size)
    const values = some.flatMap(([, value]) => (value === null ? [] : [value]))
    const [first] = some
    return [
      first?.[0] ?? 0,
      values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length,
    ] as const
  })
}

const pathOf = (all: Points, width: number, height: number): string => {
  const points = thinned(all, width / 2)
  const values = points.flatMap(([, value]) => (value === null ? [] : [value]))
  if (values.length === 0) return ''
  const least = Math.min(...values)
  const most = Math.max(...values)
  const low = least * 0.6
  const high = most === low ? low + 1 : most * 1.05
  const first = points[0]?.[0] ?? 0
  const span = Math.max((points.at(-1)?.[0] ?? 1) - first, 1)
  let pen = 'M'
  let path = ''
  for (const [time, value] of points) {
    if (value === null) {
      pen = 'M'
      continue
    }
    const x = ((time - first) / span) * width
    const y = height - ((value - low) / (high - low)) * (height - 2) - 1
    path += `${pen}${x.toFixed(1)} ${y.toFixed(1)}`
    pen = 'L'
  }
  return path
}

const summaryOf = (points: Points, unit: string): string => {
  const values = points.flatMap(([, value]) => (value === null ? [] : [value])).toSorted((a, b) => a - b)
  if (values.length === 0) return 'Nothing was measured yet.'
  const at = (share: number): number => values[Math.floor((values.length - 1) * share)] ?? 0
  return `least ${rateText(at(0))}, median ${rateText(at(0.5))}, most ${rateText(at(1))} ${unit}`.trim()
}

export const Spark = ({
  points,
  color = 'var(--d1)',
  width = 88,
  height = 22,
  unit = '',
}: {
  points: Points
  color?: string
  width?: number
  height?: number
  unit?: string
}) => (
  <svg className="spark" width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img">
    <title>{summaryOf(points, unit)}</title>
    <line x1="0" x2={width} y1={height - 0.5} y2={height - 0.5} />
    <path d={pathOf(points, width, height)} style={{ stroke: color }} />
  </svg>
)
