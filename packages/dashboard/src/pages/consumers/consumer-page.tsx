/** One consumer group: whether it keeps up, partition by partition, who its members are, and moving it. */
import { type ReactNode, useState } from 'react'
import { ApiError } from '../../client/api-error.ts'
import { useAnswer, useChange } from '../../client/queries.ts'
import { useMay } from '../../client/session.ts'
import { useLive } from '../../live/hooks.adapter.ts'
import { useGoTo, usePathParam, useSearchText } from '../../parts/address.adapter.ts'
import { Chart } from '../../parts/chart.tsx'
import { CodeBlock } from '../../parts/code-block.tsx'
import { ConfirmDialog } from '../../parts/dialog.tsx'
import { countText, durationText, lagText, unknown } from '../../parts/format.ts'
import { Go } from '../../parts/go.tsx'
import { GridTable } from '../../parts/grid-table.tsx'
import { Figure, reasonOf, Verdict } from '../../parts/measures.tsx'
import { Empty, Failure, Skeleton } from '../../parts/states.tsx'
import { useTimeRange } from '../../parts/time-range.ts'
import { sayDone } from '../../parts/toast.tsx'
import { PageTitle } from '../../shell/page-title.tsx'
import { shellWord } from '../messages/question.ts'
import { stateWord } from './group-columns.tsx'
import { partitionColumns } from './partition-columns.tsx'
import { type Group, ResetDialog } from './reset-dialog.tsx'
import './consumers.css'

type Member = Group['member_states'][number]

const Partitions = ({ group }: { group: Group }): ReactNode => {
  const [sorting, setSorting] = useSearchText('sort', '-lag')
  const most = Math.max(0, ...group.partition_states.map(({ lag }) => lag ?? 0))
  return (
    <section aria-label="Partitions">
      <div className="head">
        <h2>Partitions</h2>
        <small className="num">{countText(group.partition_states.length)}</small>
      </div>
      <div
        className="box-table"
        style={{ height: Math.min(Math.max(group.partition_states.length, 2), 14) * 36 + 34 }}
      >
        <GridTable
          rows={group.partition_states}
          columns={partitionColumns(most)}
          nameOf={(row) => `${row.topic} ${row.partition}`}
          sorting={sorting}
          onSorting={setSorting}
          label="Partitions of the group"
          empty={<p className="faint">It has committed nothing and reads nothing now.</p>}
        />
      </div>
    </section>
  )
}

const heldText = (member: Member): string => {
  const byTopic = new Map<string, number[]>()
  for (const { topic, partition } of member.partitions)
    byTopic.set(topic, [...(byTopic.get(topic) ?? []), partition])
  return [...byTopic]
    .map(([topic, held]) => `${topic} ${held.toSorted((a, b) => a - b).join(', ')}`)
    .join(' · ')
}

const Members = ({ group }: { group: Group }): ReactNode => (
  <section aria-label="Members">
    <div className="head">
      <h2>Members</h2>
      <small className="num">{countText(group.members)}</small>
    </div>
    {group.member_states.length === 0 ? (
      <p className="faint small">Nobody reads now. Its positions are kept.</p>
    ) : (
      <div className="table">
        <table>
          <thead>
            <tr>
              <th>Client</th>
              <th>Host</th>
              <th>Partitions</th>
              <th className="r">Lag</th>
            </tr>
          </thead>
          <tbody>
            {group.member_states.slice(0, 500).map((member) => (
              <tr key={member.member_id}>
                <td title={member.member_id}>
                  <b>{member.instance_id ?? member.client_id}</b>
                </td>
                <td className="mono">{member.host}</td>
                <td className="clip" title={heldText(member)}>
                  {member.partitions.length === 0 ? <span className="faint">none</span> : heldText(member)}
                </td>
                <td className="r num">{countText(member.lag_records)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    )}
  </section>
)

const LagChart = ({ name }: { name: string }): ReactNode => {
  const range = useTimeRange()
  const asked = useAnswer(
    'series',
    'read',
    {
      query: {
        name: 'group.lag_records',
        subject: name,
        from: new Date(range.fromMs).toISOString(),
        to: new Date(range.toMs).toISOString(),
      },
    },
    { keepPrevious: true },
  )
  if (asked.data === undefined)
    return asked.error === null ? (
      <Skeleton height={200} />
    ) : (
      <Failure error={asked.error} retry={() => void asked.refetch()} />
    )
  const points = asked.data.data[0]?.points ?? []
  return (
    <Chart
      title="Lag"
      unit="messages"
      series={[{ name: 'lag', points }]}
      range={range}
      height={170}
      format={countText}
    />
  )
}

const DeleteGroup = ({ group, close }: { group: Group; close: () => void }): ReactNode => {
  const remove = useChange('groups', 'delete')
  const goTo = useGoTo()
  return (
    <ConfirmDialog
      title={`Delete ${group.name}`}
      name={group.name}
      verb="Delete group"
      busy={remove.isPending}
      close={close}
      confirm={() =>
        remove.mutate(
          { params: { name: group.name } },
          {
            onSuccess: () => {
              sayDone(`${group.name} is gone.`)
              close()
              goTo('/consumers')
            },
          },
        )
      }
    >
      <p>
        Its positions in {group.topics.length} {group.topics.length === 1 ? 'topic' : 'topics'} (
        {group.topics.join(', ')}) are lost. Whoever joins under this name later begins anew. Messages stay.
      </p>
      {remove.error === null ? null : <Failure error={remove.error} />}
      <CodeBlock text={`./sluice groups delete ${shellWord(group.name)}`} />
    </ConfirmDialog>
  )
}

const whyNot = (group: Group, mayWrite: boolean): string | null => {
  if (!mayWrite) return 'You may see groups here, not move them (groups:write).'
  if (group.pipeline !== null) return `It belongs to the pipeline ${group.pipeline}: rewind that one instead.`
  return null
}

const Controls = ({ group }: { group: Group }): ReactNode => {
  const mayWrite = useMay('groups:write')
  const [open, setOpen] = useState<'reset' | 'delete' | null>(null)
  const close = (): void => setOpen(null)
  const reason = whyNot(group, mayWrite)
  const busy = group.members > 0 ? 'Its members have to leave first.' : null
  return (
    <span className="btns">
      <button
        type="button"
        className="btn"
        disabled={reason !== null || group.topics.length === 0}
        title={reason ?? undefined}
        onClick={() => setOpen('reset')}
      >
        Move…
      </button>
      <button
        type="button"
        className="btn dg"
        disabled={reason !== null || busy !== null}
        title={reason ?? busy ?? undefined}
        onClick={() => setOpen('delete')}
      >
        Delete…
      </button>
      {open === 'reset' && <ResetDialog group={group} close={close} />}
      {open === 'delete' && <DeleteGroup group={group} close={close} />}
    </span>
  )
}

const Figures = ({ group }: { group: Group }): ReactNode => (
  <div className="figs four">
    <Figure
      title="Lag"
      value={countText(group.lag?.records)}
      unit="messages"
      about="Between what is committed and the end, over all topics"
    />
    <Figure
      title="Behind"
      value={lagText(group.lag?.seconds)}
      unit=""
      about="Age of the oldest message that waits"
    />
    <Figure
      title="Unread are lost in"
      value={durationText(group.retention_in_seconds)}
      unit=""
      about="When messages that it has not read are deleted, if all goes on like this; unknown or not to be expected: –"
    />
    <Figure
      title="Members"
      value={countText(group.members)}
      unit={stateWord(group.state).toLowerCase()}
      about={`Protocol ${group.protocol ?? unknown}`}
    />
  </div>
)

const Detail = ({ group }: { group: Group }): ReactNode => (
  <div className="stack">
    <div>
      <div className="verdict-line">
        <Verdict verdict={group.verdict} text={group.verdict_text} />
        <span>{reasonOf(group.verdict_text)}</span>
        <Controls group={group} />
      </div>
      <Figures group={group} />
    </div>
    <LagChart name={group.name} />
    <Partitions group={group} />
    <Members group={group} />
    <section aria-label="From a terminal">
      <p className="faint small">The same from a terminal</p>
      <CodeBlock text={`./sluice groups show ${shellWord(group.name)}`} />
    </section>
  </div>
)

const ConsumerPage = (): ReactNode => {
  const name = usePathParam('name')
  const asked = useLive('group', { name })
  const isMissing = asked.error instanceof ApiError && asked.error.status === 404
  return (
    <>
      <PageTitle title={name} crumbs={[{ title: 'Consumers', to: '/consumers' }]}>
        {asked.data === undefined ? null : (
          <>
            <Verdict verdict={asked.data.verdict} text={asked.data.verdict_text} />
            {asked.data.pipeline === null ? null : (
              <span className="faint small wide">
                · pipeline{' '}
                <Go className="lnk" to="/pipelines/$name" params={{ name: asked.data.pipeline }}>
                  {asked.data.pipeline}
                </Go>
              </span>
            )}
          </>
        )}
      </PageTitle>
      {isMissing ? (
        <Empty title={`There is no group ${name}`}>
          <p>It may have been deleted, or nobody has joined under this name.</p>
          <Go className="btn" to="/consumers">
            All groups
          </Go>
        </Empty>
      ) : asked.data === undefined ? (
        asked.error === null ? (
          <Skeleton height={420} />
        ) : (
          <Failure error={asked.error} retry={() => void asked.refetch()} />
        )
      ) : (
        <Detail group={asked.data} />
      )}
    </>
  )
}

export default ConsumerPage
