/** Home: is it well, what moves, what needs me. */
import { useMemo } from 'react'
import { useMarks, useSeries } from '../../client/series.ts'
import { Chart } from '../../parts/chart.tsx'
import type { ChartMark } from '../../parts/chart-data.ts'
import { useTimeRange } from '../../parts/time-range.ts'
import { useNow } from '../../parts/use-now.ts'
import { PageTitle } from '../../shell/page-title.tsx'
import { Figures } from './figures.tsx'
import { FirstSteps } from './first-steps.tsx'
import './home.css'
import { NeedsYou } from './needs-you.tsx'
import { PipelinesTable } from './pipelines-table.tsx'
import { ThisMachine } from './this-machine.tsx'

const noPoints: readonly (readonly [number, number | null])[] = []

const Flow = () => {
  const range = useTimeRange()
  const { rows, isLoading } = useSeries(['total.in', 'total.out'], range)
  const marks = useMarks(range)
  const series = useMemo(
    () => [
      { name: 'In', points: rows.get('total.in')?.points ?? noPoints, color: 'var(--d1)', width: 3.5 },
      { name: 'Out', points: rows.get('total.out')?.points ?? noPoints, color: 'var(--d2)' },
    ],
    [rows],
  )
  const shown = useMemo(
    () =>
      marks.map(
        ({ at, text, kind }): ChartMark => ({
          atMs: Date.parse(at),
          text: text.replace(' of the configuration', ''),
          ...(kind === 'revision' || kind === 'started' ? {} : { tone: 'wn' }),
        }),
      ),
    [marks],
  )
  return (
    <Chart
      title="Flow"
      note="records/s, all pipelines"
      unit="records/s"
      series={series}
      range={range}
      marks={shown}
      isLoading={isLoading}
      height={200}
    />
  )
}

const HomePage = () => {
  const now = useNow(15_000)
  const recent = useSeries(['total.in', 'total.out', 'pipeline.out'], {
    fromMs: now - 900_000,
    toMs: now,
  }).rows
  return (
    <>
      <PageTitle title="Home" />
      <FirstSteps />
      <Figures recent={recent} />
      <div className="cols">
        <div>
          <Flow />
          <PipelinesTable recent={recent} />
        </div>
        <div>
          <NeedsYou />
          <ThisMachine />
        </div>
      </div>
    </>
  )
}

export default HomePage
