/** The machine that Sluice runs on, each second, through Kafka like everything else. */
import { type HostMeasure, numberIn, sumOf, useHostSeries } from '../../client/machine.ts'
import { useLive } from '../../live/hooks.adapter.ts'
import { agoText, sizeText, unknown } from '../../parts/format.ts'
import { Go } from '../../parts/go.tsx'
import { Spark } from '../../parts/spark.tsx'
import { Empty, Loaded } from '../../parts/states.tsx'
import { useNow } from '../../parts/use-now.ts'

type Row = Readonly<Record<string, unknown>>

const perSecond = (bytes: number | null): string => (bytes === null ? unknown : `${sizeText(bytes)}/s`)

const lines: readonly {
  readonly name: string
  readonly measure: HostMeasure
  readonly color: string
  readonly text: (row: Row) => string
}[] = [
  {
    name: 'CPU',
    measure: 'cpu_percent',
    color: 'var(--d1)',
    text: (row) => {
      const percent = numberIn(row, 'cpu_percent')
      return percent === null ? unknown : `${Math.round(percent)} %`
    },
  },
  {
    name: 'Memory',
    measure: 'memory_used_bytes',
    color: 'var(--d3)',
    text: (row) => sizeText(numberIn(row, 'memory_used_bytes')),
  },
  {
    name: 'Disk',
    measure: 'disk_write_bytes_per_s',
    color: 'var(--d2)',
    text: (row) =>
      perSecond(sumOf(numberIn(row, 'disk_read_bytes_per_s'), numberIn(row, 'disk_write_bytes_per_s'))),
  },
  {
    name: 'Network',
    measure: 'network_received_bytes_per_s',
    color: 'var(--d4)',
    text: (row) =>
      perSecond(
        sumOf(numberIn(row, 'network_received_bytes_per_s'), numberIn(row, 'network_sent_bytes_per_s')),
      ),
  },
]

const Line = ({ line, row, host }: { line: (typeof lines)[number]; row: Row; host: string }) => {
  const now = useNow(5_000)
  const points = useHostSeries(host, line.measure, { fromMs: now - 900_000, toMs: now })
  return (
    <>
      <span>{line.name}</span>
      <Spark points={points} color={line.color} width={180} height={24} />
      <b>{line.text(row)}</b>
    </>
  )
}

export const ThisMachine = () => {
  const latest = useLive('host', { limit: 1 })
  const now = useNow(1_000)
  return (
    <section aria-label="This machine" style={{ marginTop: 18 }}>
      <div className="head">
        <h2>This machine</h2>
        <small>every second, through Kafka</small>
        <Go className="lnk" to="/sensors">
          More
        </Go>
      </div>
      <Loaded from={latest} height={110}>
        {({ data: [row] }) => {
          if (row === undefined)
            return (
              <Empty title="Nothing was measured yet">
                <p>
                  A pipeline with <code>source: host</code> and a table <code>host_metrics</code> fills this.
                </p>
              </Empty>
            )
          const host = String(row['host'])
          const at = Date.parse(String(row['timestamp']))
          return (
            <>
              <div className="mach num">
                {lines.map((line) => (
                  <Line key={line.name} line={line} row={row} host={host} />
                ))}
              </div>
              {now - at > 10_000 ? (
                <p className="small faint num">
                  {host}, {agoText(at, now)}
                </p>
              ) : null}
            </>
          )
        }}
      </Loaded>
    </section>
  )
}
