/** Pipelines in a few columns; a click leads to the one. */
import { useMemo } from 'react'
import type { SeriesRow } from '../../client/series.ts'
import { useLive } from '../../live/hooks.adapter.ts'
import { useGoTo } from '../../parts/address.adapter.ts'
import { PipelineChip, toneOfPipeline } from '../../parts/chip.tsx'
import { countText, rateText, unknown } from '../../parts/format.ts'
import { Go } from '../../parts/go.tsx'
import { Lag } from '../../parts/measures.tsx'
import { connectorName } from '../../parts/names.ts'
import { Spark } from '../../parts/spark.tsx'
import { Empty, Loaded } from '../../parts/states.tsx'
import { type Column, Table } from '../../parts/table.tsx'
import { lagWords, type PipelineRow, urgencyOf } from '../pipelines/pipeline-words.ts'

const shownMax = 12
const noPoints: SeriesRow['points'] = []

const colorOf = (state: string): string =>
  ({ ok: 'var(--d1)', wn: 'var(--wn)', bd: 'var(--bd)', id: 'var(--id)', un: 'var(--id)' })[
    toneOfPipeline(state)
  ]

const columnsOf = (recent: ReadonlyMap<string, SeriesRow>): readonly Column<PipelineRow>[] => [
  {
    key: 'name',
    title: 'Pipeline',
    cell: ({ name, source, sink }) => (
      <>
        <Go to="/pipelines/$name" params={{ name }}>
          <b>{name}</b>
        </Go>{' '}
        <span className="p">
          &nbsp;{connectorName(source)} → {connectorName(sink)}
        </span>
      </>
    ),
  },
  { key: 'state', title: 'State', cell: ({ state, since }) => <PipelineChip state={state} since={since} /> },
  {
    key: 'rate',
    title: 'Rate',
    right: true,
    width: 76,
    cell: ({ rates }) => (
      <>
        {rateText(rates?.out_per_second)}
        {rates === null ? null : <span className="p">/s</span>}
      </>
    ),
  },
  {
    key: 'spark',
    title: 'Last 15 min',
    titleHidden: true,
    width: 100,
    cell: ({ name, state }) => (
      <Spark
        points={recent.get(`pipeline.out ${name}`)?.points ?? noPoints}
        color={colorOf(state)}
        unit="records/s"
      />
    ),
  },
  { key: 'lag', title: 'Lag', right: true, width: 66, cell: ({ lag }) => <Lag lag={lag} /> },
  {
    key: 'verdict',
    title: 'Verdict',
    className: 'verdict',
    cell: (row) => (
      <span className="small soft" title={lagWords(row) ?? undefined}>
        {lagWords(row) ?? unknown}
      </span>
    ),
  },
  {
    key: 'dead',
    title: 'Dead',
    right: true,
    width: 60,
    cell: ({ dead_letters: dead, name }) =>
      dead === 0 ? (
        <span className="faint">{unknown}</span>
      ) : (
        <Go to="/dead-letters" search={{ pipeline: name }} className="dead-count">
          {countText(dead)}
        </Go>
      ),
  },
]

export const PipelinesTable = ({ recent }: { recent: ReadonlyMap<string, SeriesRow> }) => {
  const pipelines = useLive('pipelines', {})
  const goTo = useGoTo()
  const columns = useMemo(() => columnsOf(recent), [recent])
  return (
    <section aria-label="Pipelines">
      <div className="head" style={{ marginTop: 14 }}>
        <h2>Pipelines</h2>
        {pipelines.data === undefined ? null : (
          <Go className="lnk" to="/pipelines">
            All {countText(pipelines.data.count)}
          </Go>
        )}
      </div>
      <Loaded from={pipelines} height={200}>
        {({ data }) => (
          <Table
            label="Pipelines"
            columns={columns}
            rows={data.toSorted((a, b) => urgencyOf(a) - urgencyOf(b)).slice(0, shownMax)}
            keyOf={({ name }) => name}
            open={({ name }) => goTo('/pipelines/$name', { name })}
            empty={
              <Empty title="No pipeline is defined">
                <p>Pipelines are defined in the configuration; Sluice takes the file over as you save it.</p>
                <Go className="btn" to="/settings">
                  Open the configuration
                </Go>
              </Empty>
            }
          />
        )}
      </Loaded>
    </section>
  )
}
