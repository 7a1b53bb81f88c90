/** The strip of figures: in, out, worst lag, ledger. */
import { useAnswer } from '../../client/queries.ts'
import type { SeriesRow } from '../../client/series.ts'
import { useLive } from '../../live/hooks.adapter.ts'
import { Chip } from '../../parts/chip.tsx'
import { countText, lagText, momentText, rateText, unknown } from '../../parts/format.ts'
import { Go } from '../../parts/go.tsx'
import { Figure } from '../../parts/measures.tsx'
import { Failure, Skeleton } from '../../parts/states.tsx'
import { Ledger } from './ledger.tsx'

const noPoints: SeriesRow['points'] = []

const many = (count: number, one: string): string => `${countText(count)} ${one}${count === 1 ? '' : 's'}`

const WorstLag = ({
  worst,
}: {
  worst: { readonly pipeline: string; readonly records: number; readonly seconds: number | null } | null
}) => {
  if (worst === null)
    return (
      <Figure title="Worst lag" value={unknown} unit="" about="No pipeline has told of its lag yet.">
        <p>not known yet</p>
      </Figure>
    )
  const { pipeline, records, seconds } = worst
  const keepsUp = records === 0 || (seconds !== null && seconds < 10)
  const [value = unknown, unit = ''] =
    seconds === null ? [countText(records), 'records'] : lagText(seconds).split(/ (.*)/s)
  return (
    <Figure
      title="Worst lag"
      value={value}
      unit={seconds === null ? unit : `${unit} · ${many(records, 'record')}`}
      about="Age of the oldest record that is read but not committed, and how many wait, of the pipeline that is furthest behind."
    >
      <p className="clip">
        <Chip tone={keepsUp ? 'ok' : 'wn'}>
          <span className="clip">
            <Go className="quiet-link" to="/pipelines/$name" params={{ name: pipeline }}>
              {pipeline}
            </Go>{' '}
            {keepsUp ? 'keeps up' : 'is behind'}
          </span>
        </Chip>
      </p>
    </Figure>
  )
}

export const Figures = ({ recent }: { recent: ReadonlyMap<string, SeriesRow> }) => {
  const overview = useLive('overview', {})
  const since = useAnswer('ledger', 'show', {}, { everyMs: 30_000 }).data?.since ?? null
  if (overview.data === undefined) {
    return overview.error === null ? (
      <Skeleton height={113} />
    ) : (
      <Failure error={overview.error} retry={() => void overview.refetch()} />
    )
  }
  const { in_per_second, out_per_second, worst_lag, ledger, pipelines } = overview.data
  const moving = pipelines.by_state
    .filter(({ state }) => state === 'running' || state === 'degraded')
    .reduce((sum, { count }) => sum + count, 0)
  return (
    <div className="figs">
      <Figure
        title="In"
        value={rateText(in_per_second)}
        unit="records/s"
        about="Records read, over the last seconds, by all pipelines."
        points={recent.get('total.in')?.points ?? noPoints}
      >
        <p>from {many(moving, 'source')}</p>
      </Figure>
      <Figure
        title="Out"
        value={rateText(out_per_second)}
        unit="records/s"
        about="Records written to sinks, over the last seconds, by all pipelines."
        points={recent.get('total.out')?.points ?? noPoints}
        color="var(--d2)"
      >
        <p>to {many(moving, 'sink')}</p>
      </Figure>
      <WorstLag worst={worst_lag} />
      <div className="fig big">
        <h2>{since === null ? 'Ledger' : `Ledger, since ${momentText(since)}`}</h2>
        <Ledger ledger={ledger} />
      </div>
    </div>
  )
}
