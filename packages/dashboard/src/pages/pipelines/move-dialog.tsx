/** Moves where a pipeline reads on: before and after, lane by lane, are shown first; it has to stand still. */
import { type ReactNode, useEffect, useState } from 'react'
import type { Answer } from '../../client/call.adapter.ts'
import { useChange } from '../../client/queries.ts'
import { CodeBlock } from '../../parts/code-block.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { countText, unknown } from '../../parts/format.ts'
import { Failure, Skeleton } from '../../parts/states.tsx'
import { sayDone } from '../../parts/toast.tsx'
import {
  isWhole,
  type MovePlan,
  momentOf,
  moveCommand,
  moveTargets,
  moveWords,
  positionWords,
} from './move-plan.ts'
import { type Pipeline, standsStill } from './pipeline-words.ts'

type Moved = Answer<'pipelines', 'reset'>

const recordsText = (records: number | null): string => {
  if (records === null) return unknown
  if (records === 0) return 'none'
  return records < 0 ? `${countText(-records)} again` : `${countText(records)} left out`
}

const Moves = ({ moves }: { moves: Moved['moves'] }): ReactNode => (
  <div className="table moves">
    <table aria-label="Before and after, by lane">
      <thead>
        <tr>
          <th>Lane</th>
          <th>Before</th>
          <th>After</th>
          <th className="r">Records</th>
        </tr>
      </thead>
      <tbody>
        {moves.slice(0, 200).map(({ lane, from, to, records }) => (
          <tr key={lane}>
            <td className="mono">{lane}</td>
            <td className="mono soft" title={from ?? undefined}>
              {from === null ? 'its start' : positionWords(from)}
            </td>
            <td className="mono" title={to ?? undefined}>
              {to === null ? 'as the definition says' : positionWords(to)}
            </td>
            <td className="r num">{recordsText(records)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
)

/** Both ways of moving, as one. */
const useMove = (name: string) => {
  const reset = useChange('pipelines', 'reset')
  const rewind = useChange('pipelines', 'rewind')
  const ask = (plan: MovePlan, dryRun: boolean, onSuccess?: (moved: Moved) => void): void => {
    const shared = { dry_run: dryRun, ...(plan.lane === '' ? {} : { lanes: [plan.lane] }) }
    const options = onSuccess === undefined ? {} : { onSuccess }
    const moment = momentOf(plan)
    if (plan.to !== 'time') reset.mutate({ params: { name }, body: { ...shared, to: plan.to } }, options)
    else if (moment !== null) rewind.mutate({ params: { name }, body: { ...shared, to: moment } }, options)
  }
  return { ask, of: (plan: MovePlan) => (plan.to === 'time' ? rewind : reset) }
}

const Form = ({
  plan,
  lanes,
  change,
}: {
  plan: MovePlan
  lanes: readonly string[]
  change: (plan: MovePlan) => void
}): ReactNode => (
  <>
    <fieldset className="choices">
      <legend className="small soft">Read on from</legend>
      {moveTargets.map((to) => (
        <label key={to} className="check">
          <input type="radio" name="to" checked={plan.to === to} onChange={() => change({ ...plan, to })} />
          {moveWords[to]}
        </label>
      ))}
    </fieldset>
    {plan.to !== 'time' ? null : (
      <label className="field">
        <span>Local time</span>
        <input
          type="datetime-local"
          step="1"
          value={plan.time}
          onChange={(event) => change({ ...plan, time: event.target.value })}
        />
      </label>
    )}
    {lanes.length < 2 ? null : (
      <label className="field">
        <span>Lane</span>
        <select value={plan.lane} onChange={(event) => change({ ...plan, lane: event.target.value })}>
          <option value="">All {lanes.length} lanes</option>
          {lanes.map((lane) => (
            <option key={lane}>{lane}</option>
          ))}
        </select>
      </label>
    )}
  </>
)

export const MoveDialog = ({ pipeline, close }: { pipeline: Pipeline; close: () => void }): ReactNode => {
  const [plan, setPlan] = useState<MovePlan>({ to: 'earliest', time: '', lane: '' })
  const stop = useChange('pipelines', 'stop')
  const check = useMove(pipeline.name)
  const apply = useMove(pipeline.name)
  const isStanding = standsStill(pipeline.state)
  const question = JSON.stringify([plan, isStanding])
  useEffect(() => {
    if (isStanding && isWhole(plan)) check.ask(plan, true)
    // `question` stands for the plan, whose object is a new one each time.
  }, [question])
  const asked = check.of(plan)
  const moves = asked.data?.moves ?? []
  const isReady = isStanding && isWhole(plan) && !asked.isPending && moves.length > 0
  const run = (): void =>
    apply.ask(plan, false, ({ message }) => {
      sayDone(message)
      close()
    })
  const failed = apply.of(plan).error ?? asked.error
  return (
    <Dialog
      title={`Rewind ${pipeline.name}`}
      wide
      close={close}
      footer={
        <>
          <button type="button" className="btn" onClick={close}>
            Leave it
          </button>
          <button type="button" className="btn pri" disabled={!isReady} onClick={run}>
            {moves.length === 0
              ? 'Move'
              : moves.length === 1
                ? 'Move this lane'
                : `Move ${moves.length} lanes`}
          </button>
        </>
      }
    >
      <Form plan={plan} lanes={pipeline.lanes.map(({ lane }) => lane)} change={setPlan} />
      {isStanding ? null : (
        <div className="notice" role="status">
          <p>
            It is {pipeline.state}. Positions move only while it is stopped or paused; what is in flight is
            delivered first.
          </p>
          <button
            type="button"
            className="btn"
            disabled={stop.isPending}
            onClick={() => stop.mutate({ params: { name: pipeline.name } })}
          >
            Stop it
          </button>
        </div>
      )}
      {isStanding && asked.isPending ? <Skeleton height={80} /> : null}
      {failed === null ? null : <Failure error={failed} />}
      {isStanding && moves.length > 0 ? <Moves moves={moves} /> : null}
      <p className="small soft">
        A table with a key on the record id takes records that come again once; other sinks get them again.
      </p>
      <CodeBlock text={moveCommand(pipeline.name, plan)} />
    </Dialog>
  )
}
