/** Sensors with their newest values, and readings as they come. */
import type { Answer } from '../../client/call.adapter.ts'
import { useLive } from '../../live/hooks.adapter.ts'
import { agoText, bothTimes, clockText, unknown } from '../../parts/format.ts'
import { Empty, Loaded } from '../../parts/states.tsx'
import { type Column, Table, useColumnChoice } from '../../parts/table.tsx'
import { useNow } from '../../parts/use-now.ts'
import { sensorMeasures } from './measures.ts'

type Reading = Answer<'sensors', 'latest'>['data'][number]
type SensorRow = Answer<'sensors', 'list'>['data'][number]

const measureColumns = <Row,>(readingOf: (row: Row) => Reading): readonly Column<Row>[] =>
  sensorMeasures.map(({ measure, title, unit, format }) => ({
    key: measure,
    title: `${title}, ${unit}`,
    right: true,
    width: 120,
    sort: (row) => readingOf(row)[measure],
    cell: (row) => format(readingOf(row)[measure]),
  }))

const Age = ({ at }: { at: string }) => {
  const now = useNow(1_000)
  return (
    <span className="num" title={bothTimes(at)}>
      {agoText(at, now)}
    </span>
  )
}

const sensorColumns = (
  chosen: readonly string[],
  toggle: (sensor: string) => void,
): readonly Column<SensorRow>[] => [
  {
    key: 'sensor',
    title: 'Sensor',
    fixed: true,
    sort: ({ sensor_id: id }) => id,
    cell: ({ sensor_id: id }) => {
      const at = chosen.indexOf(id)
      return (
        <label className="choose">
          <input type="checkbox" checked={at !== -1} onChange={() => toggle(id)} />
          <i style={{ background: at === -1 ? 'transparent' : `var(--d${at + 1})` }} aria-hidden />
          <span className="mono">{id}</span>
        </label>
      )
    },
  },
  ...measureColumns<SensorRow>(({ latest }) => latest),
  { key: 'location', title: 'Location', cell: ({ latest }) => latest.location ?? unknown },
  {
    key: 'measured',
    title: 'Measured',
    right: true,
    sort: ({ latest }) => latest.timestamp,
    cell: ({ latest }) => <Age at={latest.timestamp} />,
  },
]

export const SensorsTable = ({
  rows,
  chosen,
  toggle,
}: {
  rows: readonly SensorRow[]
  chosen: readonly string[]
  toggle: (sensor: string) => void
}) => (
  <Table
    label="Sensors with their newest values"
    rows={rows}
    columns={sensorColumns(chosen, toggle)}
    keyOf={({ sensor_id: id }) => id}
  />
)

const readingColumns: readonly Column<Reading>[] = [
  {
    key: 'time',
    title: 'Measured',
    fixed: true,
    cell: ({ timestamp }) => (
      <span className="mono num" title={bothTimes(timestamp)}>
        {clockText(timestamp, true)}
      </span>
    ),
  },
  { key: 'sensor', title: 'Sensor', cell: ({ sensor_id: id }) => <span className="mono">{id}</span> },
  ...measureColumns<Reading>((row) => row),
  { key: 'location', title: 'Location', cell: ({ location }) => location ?? unknown },
  {
    key: 'stored',
    title: 'Stored',
    right: true,
    cell: ({ created_at: at }) =>
      at === null ? unknown : <span className="mono num">{clockText(at, true)}</span>,
  },
]

/** The newest hundred, as they come. */
export const ReadingsTable = () => {
  const readings = useLive('readings', { limit: 100 })
  const { shown, button } = useColumnChoice('readings', readingColumns)
  return (
    <>
      <div className="head">
        <h2>Newest readings</h2>
        <small>as they are stored; the last hundred</small>
        <span className="end">{button}</span>
      </div>
      <Loaded from={readings} height={400}>
        {({ data }) => (
          <Table
            label="Newest readings"
            rows={data}
            columns={shown}
            keyOf={({ id }) => String(id)}
            empty={
              <Empty title="No reading was stored yet">
                <p>Readings are rows of the table sensor_data; a pipeline writes them there.</p>
              </Empty>
            }
          />
        )}
      </Loaded>
    </>
  )
}
