/** Charts of the chosen sensors, and of a machine: a line for each, time and crosshair shared. */
import { useMemo } from 'react'
import type { Answer } from '../../client/call.adapter.ts'
import { useAnswers } from '../../client/queries.ts'
import { rangeQueryOf } from '../../client/series.ts'
import { Chart } from '../../parts/chart.tsx'
import { useTimeRange } from '../../parts/time-range.ts'
import { machineCharts, sensorMeasures } from './measures.ts'

const noPoints: Answer<'sensors', 'series'>['points'] = []

const SensorChart = ({
  sensors,
  about: { measure, title, unit, format },
}: {
  sensors: readonly string[]
  about: (typeof sensorMeasures)[number]
}) => {
  const range = useTimeRange()
  const answers = useAnswers(
    'sensors',
    'series',
    sensors.map((sensor_id) => ({ query: { sensor_id, measure, ...rangeQueryOf(range) } })),
  )
  const series = useMemo(
    () => sensors.map((name, index) => ({ name, points: answers[index]?.points ?? noPoints })),
    [sensors, answers],
  )
  return (
    <Chart
      title={title}
      unit={unit}
      series={series}
      range={range}
      format={format}
      fromZero={false}
      height={180}
      legend={false}
    />
  )
}

export const SensorCharts = ({ sensors }: { sensors: readonly string[] }) => (
  <div className="charts">
    {sensorMeasures.map((about) => (
      <SensorChart key={about.measure} about={about} sensors={sensors} />
    ))}
  </div>
)

const MachineChart = ({ host, about }: { host: string; about: (typeof machineCharts)[number] }) => {
  const range = useTimeRange()
  const { title, note, unit, format, lines } = about
  const answers = useAnswers(
    'sensors',
    'host_series',
    lines.map(({ measure }) => ({ query: { host, measure, ...rangeQueryOf(range) } })),
  )
  const series = useMemo(
    () => lines.map(({ name }, index) => ({ name, points: answers[index]?.points ?? noPoints })),
    [lines, answers],
  )
  return (
    <Chart title={title} note={note} unit={unit} series={series} range={range} format={format} height={150} />
  )
}

export const MachineCharts = ({ host }: { host: string }) => (
  <div className="charts">
    {machineCharts.map((about) => (
      <MachineChart key={about.title} host={host} about={about} />
    ))}
  </div>
)
