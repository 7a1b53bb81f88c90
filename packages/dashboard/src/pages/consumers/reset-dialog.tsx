/** Moves where a group reads on: before and after are shown first; members have to leave before. */
import { type ReactNode, useEffect, useState } from 'react'
import type { Answer } from '../../client/call.adapter.ts'
import { useChange } from '../../client/queries.ts'
import { CodeBlock } from '../../parts/code-block.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { countText, unknown } from '../../parts/format.ts'
import { Failure, Skeleton } from '../../parts/states.tsx'
import { sayDone } from '../../parts/toast.tsx'
import { bodyOf, type Move, movesText, type Plan, resetCommand, targets, targetWords } from './reset-plan.ts'

export type Group = Answer<'groups', 'show'>

const recordsText = (records: number | null): string =>
  records === null
    ? unknown
    : records === 0
      ? '0'
      : records < 0
        ? `${countText(-records)} again`
        : `${countText(records)} left out`

const Moves = ({ moves }: { moves: readonly Move[] }): ReactNode => (
  <>
    <p>{movesText(moves)}</p>
    <div className="table moves">
      <table aria-label="Before and after, by partition">
        <thead>
          <tr>
            <th className="r">Partition</th>
            <th className="r">Before</th>
            <th className="r">After</th>
            <th className="r">Messages</th>
          </tr>
        </thead>
        <tbody>
          {moves.slice(0, 200).map(({ partition, before, after, records }) => (
            <tr key={partition}>
              <td className="r num">{partition}</td>
              <td className="r num soft">{countText(before)}</td>
              <td className="r num">
                <b>{countText(after)}</b>
              </td>
              <td className="r num">{recordsText(records)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
    {moves.length > 200 && <p className="faint small">and {countText(moves.length - 200)} more partitions</p>}
  </>
)

const Where = ({
  plan,
  topics,
  onPlan,
}: {
  plan: Plan
  topics: readonly string[]
  onPlan: (plan: Plan) => void
}): ReactNode => (
  <>
    <label className="field">
      <span>Topic</span>
      <select value={plan.topic} onChange={(event) => onPlan({ ...plan, topic: event.target.value })}>
        {topics.map((topic) => (
          <option key={topic}>{topic}</option>
        ))}
      </select>
    </label>
    <fieldset className="choices">
      <legend className="small soft">Read on from</legend>
      {targets.map((to) => (
        <label key={to} className="check">
          <input type="radio" name="to" checked={plan.to === to} onChange={() => onPlan({ ...plan, to })} />
          {targetWords[to]}
        </label>
      ))}
    </fieldset>
    {plan.to === 'time' && (
      <label className="field">
        <span>Local time</span>
        <input
          type="datetime-local"
          step="1"
          value={plan.time}
          onChange={(event) => onPlan({ ...plan, time: event.target.value })}
        />
      </label>
    )}
    {plan.to === 'offset' && (
      <label className="field">
        <span>Offset, in every partition; taken to the nearest that is kept</span>
        <input
          className="mono"
          inputMode="numeric"
          value={plan.offset}
          onChange={(event) =>
            onPlan({ ...plan, offset: event.target.value.replaceAll(/\D/g, '').slice(0, 19) })
          }
        />
      </label>
    )}
  </>
)

const Blocked = ({ members }: { members: readonly string[] }): ReactNode => (
  <div className="notice" role="status">
    <p>
      {members.length === 1 ? 'One member reads' : `${countText(members.length)} members read`} now and would
      write over the new position: stop {members.length === 1 ? 'it' : 'them'} first (
      {members.slice(0, 5).join(', ')}
      {members.length > 5 ? ' …' : ''}). Nothing was changed; this page sees when they have left.
    </p>
  </div>
)

/** Asks the server what a plan would do, whenever the plan or the members change. */
const useDryRun = (group: Group, plan: Plan) => {
  const check = useChange('groups', 'reset')
  const body = bodyOf(plan, true)
  const question = JSON.stringify([body, group.members])
  const { mutate } = check
  useEffect(() => {
    if (body !== null) mutate({ params: { name: group.name }, body })
    // `question` stands for the body, whose object is a new one each time.
  }, [question, group.name, mutate])
  return { check, isAsked: body !== null }
}

export const ResetDialog = ({ group, close }: { group: Group; close: () => void }): ReactNode => {
  const [plan, setPlan] = useState<Plan>({
    topic: group.topics[0] ?? '',
    to: 'earliest',
    time: '',
    offset: '',
  })
  const { check, isAsked } = useDryRun(group, plan)
  const apply = useChange('groups', 'reset')
  const blocked = check.data?.blocked_by ?? []
  const moves = check.data?.moves ?? []
  const body = bodyOf(plan, false)
  const isReady =
    isAsked && check.data !== undefined && !check.isPending && blocked.length === 0 && moves.length > 0
  const run = (): void => {
    if (body === null) return
    apply.mutate(
      { params: { name: group.name }, body },
      {
        onSuccess: () => {
          sayDone(`${group.name} reads ${plan.topic} on from there.`)
          close()
        },
      },
    )
  }
  const problem = apply.error ?? check.error
  return (
    <Dialog
      title={`Move where ${group.name} reads on`}
      wide
      close={close}
      footer={
        <>
          <button type="button" className="btn" onClick={close}>
            Leave it
          </button>
          <button type="button" className="btn dg pri" disabled={!isReady || apply.isPending} onClick={run}>
            {apply.isPending ? 'Moving …' : 'Move the group'}
          </button>
        </>
      }
    >
      <div className="reset">
        <Where plan={plan} topics={group.topics} onPlan={setPlan} />
        {blocked.length > 0 && <Blocked members={blocked} />}
        {problem === null ? null : <Failure error={problem} />}
        {!isAsked ? (
          <p className="faint small">What it would do is shown here.</p>
        ) : check.data === undefined ? (
          problem === null && <Skeleton height={120} />
        ) : (
          <Moves moves={moves} />
        )}
        <CodeBlock text={resetCommand(group.name, plan)} />
      </div>
    </Dialog>
  )
}
