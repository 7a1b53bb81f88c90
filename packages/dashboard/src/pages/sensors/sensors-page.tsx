/** System D's page: the last 24 hours in figures, charts of sensors and of this machine, newest values and readings. */
import { useMemo } from 'react'
import type { Answer } from '../../client/call.adapter.ts'
import { useAnswer } from '../../client/queries.ts'
import { useLive } from '../../live/hooks.adapter.ts'
import { useSearchText } from '../../parts/address.adapter.ts'
import { CodeBlock } from '../../parts/code-block.tsx'
import { countText, unknown } from '../../parts/format.ts'
import { Go } from '../../parts/go.tsx'
import { Figure } from '../../parts/measures.tsx'
import { Empty, Loaded } from '../../parts/states.tsx'
import { useTimeRange } from '../../parts/time-range.ts'
import { PageTitle } from '../../shell/page-title.tsx'
import { MachineCharts, SensorCharts } from './charts.tsx'
import { sensorMeasures } from './measures.ts'
import './sensors.css'
import { ReadingsTable, SensorsTable } from './tables.tsx'

/** As many lines as there are colours that stay apart. */
const chosenMax = 8
const chosenAtFirst = 4

const tabs = [
  { name: '', title: 'Sensors' },
  { name: 'readings', title: 'Readings' },
  { name: 'machine', title: 'This machine' },
] as const

type Stats = Answer<'sensors', 'stats'>['data']

const StatsStrip = ({ stats }: { stats: Stats }) => (
  <div className="figs stats">
    <Figure
      title="Readings, last 24 h"
      value={countText(stats.total_records)}
      unit=""
      about="By when they were measured, not by when they arrived."
    >
      <p>from {countText(stats.unique_sensors)} sensors</p>
    </Figure>
    {sensorMeasures.map(({ measure, title, unit, format }) => {
      const { average, minimum, maximum } = stats[measure]
      return (
        <Figure
          key={measure}
          title={`${title}, average`}
          value={format(average)}
          unit={average === null ? '' : unit}
          about="Over all readings of the last 24 hours that have it."
        >
          <p className="num">
            {minimum === null ? unknown : `${format(minimum)} to ${format(maximum)} ${unit}`}
          </p>
        </Figure>
      )
    })}
  </div>
)

const Tabs = ({ shown }: { shown: string }) => (
  <nav className="tabs" aria-label="Parts of this page" style={{ marginTop: 12 }}>
    {tabs.map(({ name, title }) => (
      <Go
        key={name}
        to="/sensors"
        search={name === '' ? {} : { tab: name }}
        className={shown === name ? 'on' : ''}
      >
        {title}
      </Go>
    ))}
  </nav>
)

const Sensors = () => {
  const sensors = useAnswer('sensors', 'list', { query: { limit: 200 } }, { everyMs: 2_000 })
  const [text, setText] = useSearchText('sensors')
  const rows = sensors.data?.data
  const range = useTimeRange()
  const inRange = (rows ?? []).filter(({ latest }) => Date.parse(latest.timestamp) >= range.fromMs)
  // Charts of what was measured in the time that they show, where there is something.
  const first = (inRange.length > 0 ? inRange : (rows ?? []))
    .slice(0, chosenAtFirst)
    .map(({ sensor_id: id }) => id)
    .join(',')
  const named = text === '' ? first : text
  const chosen = useMemo(
    () =>
      named
        .split(',')
        .filter((name) => name !== '')
        .slice(0, chosenMax),
    [named],
  )
  const toggle = (sensor: string): void => {
    const next = chosen.includes(sensor) ? chosen.filter((one) => one !== sensor) : [...chosen, sensor]
    setText(next.slice(-chosenMax).join(','))
  }
  return (
    <Loaded from={sensors} height={560}>
      {({ data }) =>
        data.length === 0 ? (
          <Empty title="No sensor has sent a reading yet">
            <p>Send one, and it appears here within a second or two:</p>
            <CodeBlock
              text={`echo '{"sensor_id":"s-1","temperature":21.5,"humidity":44,"pressure":1013,"timestamp":"${new Date().toISOString()}"}' | ./sluice produce sensor-data`}
            />
            <p className="faint small">
              Readings are stored by a pipeline that writes to the table sensor_data.
            </p>
          </Empty>
        ) : (
          <>
            <div className="chart-legend" style={{ marginBottom: 6 }}>
              {chosen.map((name, index) => (
                <span key={name}>
                  <i style={{ background: `var(--d${index + 1})` }} aria-hidden />
                  {name}
                </span>
              ))}
            </div>
            <SensorCharts sensors={chosen} />
            <div className="head" style={{ marginTop: 14 }}>
              <h2>Newest values</h2>
              <small>tick up to {chosenMax} for the charts</small>
            </div>
            <SensorsTable rows={data} chosen={chosen} toggle={toggle} />
          </>
        )
      }
    </Loaded>
  )
}

const Machine = () => {
  const latest = useLive('host', { limit: 1 })
  return (
    <Loaded from={latest} height={400}>
      {({ data: [row] }) =>
        row === undefined ? (
          <Empty title="Nothing was measured yet">
            <p>
              A pipeline with <code>source: host</code> and a table <code>host_metrics</code> fills this.
            </p>
          </Empty>
        ) : (
          <MachineCharts host={String(row['host'])} />
        )
      }
    </Loaded>
  )
}

const SensorsPage = () => {
  const [tab] = useSearchText('tab')
  const stats = useAnswer('sensors', 'stats', {}, { everyMs: 5_000 })
  return (
    <>
      <PageTitle title="Sensors" />
      <Loaded from={stats} height={96}>
        {({ data }) => <StatsStrip stats={data} />}
      </Loaded>
      <Tabs shown={tab} />
      {tab === 'readings' ? <ReadingsTable /> : tab === 'machine' ? <Machine /> : <Sensors />}
    </>
  )
}

export default SensorsPage
