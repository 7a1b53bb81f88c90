/** Pipelines: every one with its state, rate and lag; what needs somebody comes first. */
import { type ReactNode, useDeferredValue, useMemo, useRef } from 'react'
import { type SeriesRow, useSeries } from '../../client/series.ts'
import { useLive } from '../../live/hooks.adapter.ts'
import { useGoTo, useSearchText } from '../../parts/address.adapter.ts'
import { capital, PipelineChip } from '../../parts/chip.tsx'
import { countText, rateText, unknown } from '../../parts/format.ts'
import { Go } from '../../parts/go.tsx'
import { type KeyAction, useKeys } from '../../parts/keys.ts'
import { Lag } from '../../parts/measures.tsx'
import { connectorName } from '../../parts/names.ts'
import { Spark } from '../../parts/spark.tsx'
import { Empty, Failure, Skeleton } from '../../parts/states.tsx'
import { type Column, Table } from '../../parts/table.tsx'
import { useNow } from '../../parts/use-now.ts'
import { PageTitle } from '../../shell/page-title.tsx'
import { equationOf, lagWords, type PipelineRow, urgencyOf } from './pipeline-words.ts'
import './pipelines.css'

const recentMs = 900_000
const noPoints: SeriesRow['points'] = []

const firstColumns: readonly Column<PipelineRow>[] = [
  {
    key: 'name',
    title: 'Pipeline',
    fixed: true,
    sort: ({ name }) => name,
    cell: ({ name, source, sink }) => (
      <span className="clip pl-name">
        <b>{name}</b>{' '}
        <span className="p">
          {connectorName(source)} → {connectorName(sink)}
        </span>
      </span>
    ),
  },
  {
    key: 'state',
    title: 'State',
    width: 150,
    sort: urgencyOf,
    cell: ({ state, since }) => <PipelineChip state={state} since={since} />,
  },
  {
    key: 'rate',
    title: 'Rate',
    right: true,
    width: 90,
    sort: ({ rates }) => rates?.out_per_second,
    cell: ({ rates }) => (
      <>
        {rateText(rates?.out_per_second)}
        {rates === null ? null : <span className="p">/s</span>}
      </>
    ),
  },
]

const sparkColumn = (recent: ReadonlyMap<string, SeriesRow>): Column<PipelineRow> => ({
  key: 'spark',
  title: 'Last 15 min',
  titleHidden: true,
  width: 104,
  cell: ({ name }) => (
    <Spark points={recent.get(`pipeline.out ${name}`)?.points ?? noPoints} unit="records/s" />
  ),
})

const lastColumns: readonly Column<PipelineRow>[] = [
  {
    key: 'lag',
    title: 'Lag',
    right: true,
    width: 80,
    sort: ({ lag }) => lag?.seconds ?? lag?.records,
    cell: ({ lag }) => <Lag lag={lag} />,
  },
  {
    key: 'verdict',
    title: 'Verdict',
    cell: (row) => (
      <span className="small soft clip pl-name" title={lagWords(row) ?? undefined}>
        {lagWords(row) ?? unknown}
      </span>
    ),
  },
  {
    key: 'read',
    title: 'Read',
    right: true,
    width: 110,
    sort: ({ ledger }) => ledger.in,
    cell: ({ ledger }) => <span title={equationOf(ledger)}>{countText(ledger.in)}</span>,
  },
  {
    key: 'dead',
    title: 'Dead',
    right: true,
    width: 70,
    sort: ({ dead_letters: dead }) => dead,
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

const NoPipelines = ({ isFiltered, clear }: { isFiltered: boolean; clear: () => void }): ReactNode =>
  isFiltered ? (
    <Empty title="No pipeline is like that">
      <button type="button" className="btn" onClick={clear}>
        Show all pipelines
      </button>
    </Empty>
  ) : (
    <Empty title="No pipeline is defined">
      <p>Pipelines are defined in the configuration; Sluice takes the file over as you save it.</p>
      <Go className="btn" to="/settings">
        Open the configuration
      </Go>
    </Empty>
  )

const States = ({
  rows,
  state,
  choose,
}: {
  rows: readonly PipelineRow[]
  state: string
  choose: (state: string) => void
}): ReactNode => {
  const counts = Map.groupBy(rows, (row) => row.state)
  return (
    <div className="facets" role="group" aria-label="State">
      <button type="button" aria-pressed={state === ''} onClick={() => choose('')}>
        All <span className="num">{countText(rows.length)}</span>
      </button>
      {[...counts].map(([name, those]) => (
        <button key={name} type="button" aria-pressed={state === name} onClick={() => choose(name)}>
          {capital(name)} <span className="num">{countText(those.length)}</span>
        </button>
      ))}
    </div>
  )
}

/** The pipelines that are looked for, those first that need somebody. */
const useRows = (all: readonly PipelineRow[] | undefined, search: string, state: string) => {
  const words = useDeferredValue(search.toLowerCase())
  return useMemo(
    () =>
      (all ?? [])
        .filter((row) => row.name.toLowerCase().includes(words) && (state === '' || row.state === state))
        .toSorted((a, b) => urgencyOf(a) - urgencyOf(b)),
    [all, words, state],
  )
}

const PipelinesPage = (): ReactNode => {
  const pipelines = useLive('pipelines', {})
  const now = useNow(5_000)
  const { rows: recent } = useSeries(['pipeline.out'], { fromMs: now - recentMs, toMs: now })
  const [search, setSearch] = useSearchText('search')
  const [state, setState] = useSearchText('state')
  const searchRef = useRef<HTMLInputElement>(null)
  const goTo = useGoTo()
  const all = pipelines.data?.data
  const rows = useRows(all, search, state)
  const columns = useMemo(() => [...firstColumns, sparkColumn(recent), ...lastColumns], [recent])
  useKeys(
    useMemo(
      (): readonly KeyAction[] => [
        { keys: '/', says: 'Search pipelines', run: () => searchRef.current?.focus() },
      ],
      [],
    ),
  )
  return (
    <div className="cat">
      <PageTitle title="Pipelines" />
      <div className="tools cat-tools">
        <input
          ref={searchRef}
          className="input"
          type="search"
          placeholder="Search pipelines"
          aria-label="Search pipelines"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
        <States rows={all ?? []} state={state} choose={setState} />
      </div>
      <div className="cat-table pl-list">
        {all === undefined ? (
          pipelines.error === null ? (
            <Skeleton height={320} />
          ) : (
            <Failure error={pipelines.error} retry={() => void pipelines.refetch()} />
          )
        ) : (
          <Table
            fill
            label="Pipelines"
            columns={columns}
            rows={rows}
            keyOf={({ name }) => name}
            open={({ name }) => goTo('/pipelines/$name', { name })}
            empty={
              <NoPipelines
                isFiltered={search !== '' || state !== ''}
                clear={() => {
                  setSearch('')
                  setState('')
                }}
              />
            }
          />
        )}
      </div>
    </div>
  )
}

export default PipelinesPage
