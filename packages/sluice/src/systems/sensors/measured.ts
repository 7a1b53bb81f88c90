/** A measure over time, in stretches: of one sensor, or of one machine. Reads a bounded number of rows. */
import { gridOf, rangeOf, stepOf } from '../../api/time-range.ts'
import { sensorRowsMax } from '../../contract/sensors.ts'
import type { Point } from '../../contract/series.ts'

export interface MeasuredQuery {
  readonly table: 'sensor_data' | 'host_metrics'
  /** The column whose value tells apart what is measured. */
  readonly keyColumn: 'sensor_id' | 'host'
  readonly key: string
  /** A column; one of those that the contract names. */
  readonly measure: string
  readonly range: { readonly from?: string; readonly to?: string; readonly step?: string }
}

export interface Measured {
  readonly from: string
  readonly to: string
  readonly step_ms: number
  readonly timestamp: string
  readonly points: Point[]
  readonly truncated: boolean
}

type Row = Readonly<Record<string, unknown>>
export type RowsOf = (text: string, values: readonly unknown[]) => Promise<readonly Row[]>

// Newest first: where there are too many rows, the oldest are left out.
const measuredSql = ({ table, keyColumn, measure }: MeasuredQuery): string => `
select floor(extract(epoch from timestamp)::double precision * 1000 / $4::double precision) as stretch,
  avg(value) as average, count(*) as rows
from (
  select timestamp, "${measure}"::double precision as value from ${table}
  where ${keyColumn} = $1 and timestamp >= $2 and timestamp < $3 order by timestamp desc limit ${sensorRowsMax + 1}
) newest group by stretch`

const leastStepMs = 1_000

/** @throws fault REQUEST_INVALID */
export const readMeasured = async (
  rowsOf: RowsOf,
  query: MeasuredQuery,
  nowMs: number,
): Promise<Measured> => {
  const range = rangeOf(query.range, nowMs)
  const stepMs = stepOf(range, leastStepMs)
  const fromMs = Math.floor(range.fromMs / stepMs) * stepMs
  const values = [query.key, new Date(fromMs), new Date(range.toMs), stepMs]
  const rows = await rowsOf(measuredSql(query), values)
  const averages = new Map<number, number>()
  let read = 0
  for (const { stretch, average, rows: count } of rows) {
    read += Number(count)
    // A stretch in which the measure was never there has rows and no value; NaN is none of JSON's.
    if (average !== null && Number.isFinite(Number(average))) {
      averages.set(Number(stretch) * stepMs, Number(average))
    }
  }
  return {
    from: new Date(fromMs).toISOString(),
    to: new Date(range.toMs).toISOString(),
    step_ms: stepMs,
    timestamp: new Date(nowMs).toISOString(),
    points: gridOf(averages, { fromMs, toMs: range.toMs }, stepMs),
    truncated: read > sensorRowsMax,
  }
}
