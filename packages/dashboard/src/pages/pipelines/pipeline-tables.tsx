/** Tables of one pipeline: its steps, its lanes, how some of its last records ended. */
import type { ReactNode } from 'react'
import { useAnswer } from '../../client/queries.ts'
import { Chip, type Tone } from '../../parts/chip.tsx'
import {
  agoText,
  bothTimes,
  clockText,
  countText,
  microsText,
  rateText,
  unknown,
} from '../../parts/format.ts'
import { Lag } from '../../parts/measures.tsx'
import { Loaded } from '../../parts/states.tsx'
import { type Column, Table } from '../../parts/table.tsx'
import { useNow } from '../../parts/use-now.ts'
import type { Pipeline } from './pipeline-words.ts'

type Step = Pipeline['steps'][number]
type Lane = Pipeline['lanes'][number]

const stepColumns: readonly Column<Step>[] = [
  {
    key: 'step',
    title: 'Step',
    cell: ({ id, use }) => (
      <>
        <b>{id}</b> {id === use ? null : <span className="p">{use}</span>}
      </>
    ),
  },
  { key: 'in', title: 'In', right: true, cell: (step) => countText(step.in) },
  { key: 'out', title: 'Out', right: true, cell: ({ out }) => countText(out) },
  { key: 'p50', title: 'p50', right: true, cell: (step) => microsText(step.p50_us) },
  { key: 'p99', title: 'p99', right: true, cell: (step) => microsText(step.p99_us) },
  {
    key: 'errors',
    title: 'Errors',
    right: true,
    cell: ({ errors }) =>
      errors === null || errors === 0 ? (
        <span className="faint">{unknown}</span>
      ) : (
        <span className="dead-count">{countText(errors)}</span>
      ),
  },
  {
    key: 'rate',
    title: 'Rate',
    right: true,
    cell: (step) => (
      <>
        {rateText(step.in_per_second)}
        {step.in_per_second === null ? null : <span className="p">/s</span>}
      </>
    ),
  },
]

export const Steps = ({ steps }: { steps: readonly Step[] }): ReactNode => (
  <section aria-label="Steps">
    <div className="head">
      <h2>Steps</h2>
      <small>since its processes began; times of the last minute</small>
    </div>
    <Table
      label="Steps"
      columns={stepColumns}
      rows={steps}
      keyOf={({ id }) => id}
      empty={<p className="faint small">None: records go from source to sink as they are.</p>}
    />
  </section>
)

const laneColumns = (now: number): readonly Column<Lane>[] => [
  {
    key: 'lane',
    title: 'Lane',
    cell: ({ lane }) => <span className="mono">{lane}</span>,
    sort: ({ lane }) => lane,
  },
  {
    key: 'position',
    title: 'Position',
    cell: ({ position }) => (
      <span className="mono clip pl-name" title={position ?? undefined}>
        {position ?? unknown}
      </span>
    ),
  },
  {
    key: 'lag',
    title: 'Lag',
    right: true,
    cell: ({ lag }) => <Lag lag={lag} />,
    sort: ({ lag }) => lag?.records,
  },
  {
    key: 'committed',
    title: 'Committed',
    right: true,
    cell: ({ committed_at: at }) =>
      at === null ? unknown : <span title={bothTimes(at)}>{agoText(at, now)}</span>,
  },
  {
    key: 'owner',
    title: 'Worked by',
    cell: ({ owner, epoch }) => (
      <span className="small soft" title={`fencing epoch ${epoch}`}>
        {owner ?? 'nobody'}
      </span>
    ),
  },
]

export const Lanes = ({ lanes }: { lanes: readonly Lane[] }): ReactNode => {
  const now = useNow(1_000)
  return (
    <section aria-label="Lanes">
      <div className="head">
        <h2>Lanes</h2>
        <small className="num">{countText(lanes.length)}</small>
      </div>
      <Table
        label="Lanes"
        columns={laneColumns(now)}
        rows={lanes}
        keyOf={({ lane }) => lane}
        empty={<p className="faint small">Nothing was read yet.</p>}
      />
    </section>
  )
}

const tones: Readonly<Record<string, Tone>> = { delivered: 'ok', dead_lettered: 'bd', late: 'wn' }

export const Outcomes = ({ name }: { name: string }): ReactNode => {
  const asked = useAnswer(
    'pipelines',
    'outcomes',
    { params: { name }, query: { limit: 20 } },
    { everyMs: 3_000 },
  )
  return (
    <section aria-label="Last records">
      <div className="head">
        <h2>How records ended</h2>
        <small>a sample of the last ones</small>
      </div>
      <Loaded from={asked} height={160}>
        {({ data }) =>
          data.length === 0 ? (
            <p className="faint small">Nothing since its processes began.</p>
          ) : (
            <ul className="pl-outcomes">
              {data.map(({ at, outcome, step, reason, lane, number }) => (
                <li key={`${at} ${lane} ${number} ${outcome}`}>
                  <time className="mono num faint" title={bothTimes(at)}>
                    {clockText(at)}
                  </time>
                  <Chip tone={tones[outcome] ?? 'id'}>{outcome.replace('_', '-')}</Chip>
                  <span className="clip small soft" title={reason ?? undefined}>
                    {reason ?? step ?? ''}
                  </span>
                  <span className="mono faint clip">
                    {lane} {number}
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </section>
  )
}
