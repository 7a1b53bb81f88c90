/** One pipeline: how it does, where its records go, what it is, and the hand on it. */
import { type ReactNode, useMemo } from 'react'
import { useMarks, useSeries } from '../../client/series.ts'
import { useMay } from '../../client/session.ts'
import { useLive } from '../../live/hooks.adapter.ts'
import { usePathParam } from '../../parts/address.adapter.ts'
import { Chart } from '../../parts/chart.tsx'
import { Chip, PipelineChip } from '../../parts/chip.tsx'
import { CodeBlock } from '../../parts/code-block.tsx'
import { lagText, rateText } from '../../parts/format.ts'
import { Go } from '../../parts/go.tsx'
import { Failure, Skeleton } from '../../parts/states.tsx'
import { useTimeRange } from '../../parts/time-range.ts'
import { PageTitle } from '../../shell/page-title.tsx'
import { Controls } from './controls.tsx'
import { PipelineGraph } from './graph.tsx'
import { Lanes, Outcomes, Steps } from './pipeline-tables.tsx'
import { equationOf, type Pipeline } from './pipeline-words.ts'
import './pipelines.css'

const LedgerLine = ({ pipeline }: { pipeline: Pipeline }): ReactNode => {
  const { gap } = pipeline.ledger
  return (
    <p className="pl-ledger" title="Each side is counted where it happens, never by subtraction.">
      <Chip tone={gap === 0 ? 'ok' : 'bd'}>{gap === 0 ? 'Ledger balanced' : `Ledger is off by ${gap}`}</Chip>
      <span className="num small faint">{equationOf(pipeline.ledger)}</span>
    </p>
  )
}

const noPoints = [] as const

const Charts = ({ name }: { name: string }): ReactNode => {
  const range = useTimeRange()
  const { rows, isLoading } = useSeries(
    [
      'pipeline.in',
      'pipeline.out',
      'pipeline.lag_seconds',
      'pipeline.latency_p50_ms',
      'pipeline.latency_p99_ms',
    ],
    range,
    { subject: name },
  )
  const found = useMarks(range)
  // What happened to others explains nothing here.
  const marks = useMemo(
    () =>
      found
        .filter(({ pipeline }) => pipeline === null || pipeline === name)
        .map(({ at, text }) => ({ atMs: Date.parse(at), text: text.replace(' of the configuration', '') })),
    [found, name],
  )
  const of = (series: string) => rows.get(`${series} ${name}`)?.points ?? noPoints
  return (
    <div className="pl-charts">
      <Chart
        title="Flow"
        unit="records/s"
        range={range}
        marks={marks}
        isLoading={isLoading}
        height={150}
        format={rateText}
        series={[
          { name: 'In', points: of('pipeline.in') },
          { name: 'Out', points: of('pipeline.out') },
        ]}
      />
      <Chart
        title="Lag"
        unit="s"
        range={range}
        marks={marks}
        isLoading={isLoading}
        height={150}
        format={(value) => lagText(value).replace(' s', '')}
        series={[{ name: 'Lag', points: of('pipeline.lag_seconds') }]}
      />
      <Chart
        title="From reading to commit"
        unit="ms"
        range={range}
        marks={marks}
        isLoading={isLoading}
        height={150}
        format={rateText}
        series={[
          { name: 'p50', points: of('pipeline.latency_p50_ms') },
          { name: 'p99', points: of('pipeline.latency_p99_ms') },
        ]}
      />
    </div>
  )
}

const Definition = ({ pipeline }: { pipeline: Pipeline }): ReactNode => {
  const mayEdit = useMay('config:read')
  const { text, file, line } = pipeline.definition
  const where = line === null ? file : `${file}:${line}`
  return (
    <section aria-label="Definition">
      <div className="head">
        <h2>Definition</h2>
        <small className="mono">{where}</small>
        {mayEdit ? (
          <Go className="lnk" to="/settings">
            Edit
          </Go>
        ) : null}
      </div>
      {text === null ? (
        <p className="faint small">It cannot be cut out of {file}; the whole file is under Settings.</p>
      ) : (
        <CodeBlock text={text} />
      )}
      <dl className="kv pl-facts">
        <dt>Delivery</dt>
        <dd title={pipeline.guarantee.because}>{pipeline.guarantee.delivery}</dd>
        <dt>Order</dt>
        <dd>{pipeline.guarantee.order}</dd>
      </dl>
      <p className="small soft">The same from a terminal</p>
      <CodeBlock text={`./sluice pipelines show ${pipeline.name}`} />
    </section>
  )
}

const Shown = ({ pipeline }: { pipeline: Pipeline }): ReactNode => (
  <>
    <div className="pl-top">
      <Controls pipeline={pipeline} />
      <LedgerLine pipeline={pipeline} />
    </div>
    {pipeline.reason === null ? null : (
      <div className={pipeline.state === 'failed' ? 'notice bd' : 'notice'} role="status">
        <p>
          {pipeline.reason} {pipeline.state === 'degraded' ? 'It goes on trying; nothing is lost.' : ''}
        </p>
      </div>
    )}
    <PipelineGraph pipeline={pipeline} />
    <div className="cols">
      <div className="pl-main">
        <Steps steps={pipeline.steps} />
        <Charts name={pipeline.name} />
        <Lanes lanes={pipeline.lanes} />
      </div>
      <div className="pl-main">
        <Definition pipeline={pipeline} />
        <Outcomes name={pipeline.name} />
      </div>
    </div>
  </>
)

const PipelinePage = (): ReactNode => {
  const name = usePathParam('name')
  const asked = useLive('pipeline', { name })
  const pipeline = asked.data
  return (
    <div>
      <PageTitle title={name} crumbs={[{ title: 'Pipelines', to: '/pipelines' }]}>
        {pipeline === undefined ? null : (
          <>
            <PipelineChip state={pipeline.state} since={pipeline.since} />
            <span className="faint small">
              {pipeline.definition.revision === null ? '' : `· revision ${pipeline.definition.revision} `}·{' '}
              {pipeline.guarantee.delivery}
            </span>
          </>
        )}
      </PageTitle>
      {pipeline === undefined ? (
        asked.error === null ? (
          <Skeleton height={420} />
        ) : (
          <Failure error={asked.error} retry={() => void asked.refetch()} />
        )
      ) : (
        <Shown pipeline={pipeline} />
      )}
    </div>
  )
}

export default PipelinePage
