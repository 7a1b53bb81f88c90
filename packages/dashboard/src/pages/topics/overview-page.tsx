/** One topic at a glance: how fast it grows, where it lies, what writes and reads it. */
import type { ReactNode } from 'react'
import { useAnswer } from '../../client/queries.ts'
import { useLive } from '../../live/hooks.adapter.ts'
import { usePathParam, useSearchText } from '../../parts/address.adapter.ts'
import { Chart } from '../../parts/chart.tsx'
import { Chip } from '../../parts/chip.tsx'
import { CodeBlock } from '../../parts/code-block.tsx'
import { agoText, bothTimes, countText, momentText, rateText, sizeText, unknown } from '../../parts/format.ts'
import { Go } from '../../parts/go.tsx'
import { type GridColumn, GridTable } from '../../parts/grid-table.tsx'
import { Figure, Verdict } from '../../parts/measures.tsx'
import { Empty, Failure, Skeleton } from '../../parts/states.tsx'
import { useTimeRange } from '../../parts/time-range.ts'
import { useNow } from '../../parts/use-now.ts'
import { shellWord } from '../messages/question.ts'
import { keptText } from './settings-edit.ts'
import { type Topic, TopicFrame, useTopic } from './topic-frame.tsx'

type Partition = Topic['partition_states'][number]

const keptOf = (partition: Partition): bigint => BigInt(partition.latest) - BigInt(partition.earliest)

const isShort = (partition: Partition): boolean =>
  partition.in_sync_replicas.length < partition.replicas.length || partition.leader < 0

const Share = ({ part, most }: { part: bigint; most: bigint }): ReactNode => (
  <span className="share" aria-hidden>
    <i style={{ width: `${most === 0n ? 0 : Number((part * 1_000n) / most) / 10}%` }} />
  </span>
)

const offsetColumns = (name: string): readonly GridColumn<Partition>[] => [
  {
    name: 'partition',
    title: 'Partition',
    width: '84px',
    sortBy: (row) => row.partition,
    cell: (row) => (
      <Go
        className="lnk num"
        to="/topics/$name/messages"
        params={{ name }}
        search={{ partition: row.partition }}
      >
        {row.partition}
      </Go>
    ),
  },
  {
    name: 'earliest',
    title: 'Earliest',
    says: 'Offset of the oldest message that is kept',
    width: 'minmax(70px, 130px)',
    right: true,
    sortBy: (row) => Number(row.earliest),
    cell: (row) => countText(row.earliest),
  },
  {
    name: 'latest',
    title: 'Latest',
    says: 'Offset of the next message',
    width: 'minmax(70px, 130px)',
    right: true,
    sortBy: (row) => Number(row.latest),
    cell: (row) => countText(row.latest),
  },
  {
    name: 'kept',
    title: 'Kept',
    says: 'Offsets between the two',
    width: 'minmax(70px, 110px)',
    right: true,
    sortBy: (row) => Number(keptOf(row)),
    cell: (row) => countText(String(keptOf(row))),
  },
]

const copyColumns: readonly GridColumn<Partition>[] = [
  {
    name: 'leader',
    title: 'Leader',
    says: 'The broker that takes writes',
    width: '70px',
    right: true,
    wideOnly: true,
    sortBy: (row) => row.leader,
    cell: (row) => (row.leader < 0 ? unknown : row.leader),
  },
  {
    name: 'copies',
    title: 'Copies in sync',
    width: '120px',
    wideOnly: true,
    sortBy: (row) => row.in_sync_replicas.length,
    cell: (row) => (
      <Chip tone={row.leader < 0 ? 'bd' : isShort(row) ? 'wn' : 'ok'}>
        {row.leader < 0 ? 'no leader' : `${row.in_sync_replicas.length} of ${row.replicas.length}`}
      </Chip>
    ),
  },
]

const columnsOf = (name: string, most: bigint): readonly GridColumn<Partition>[] => [
  ...offsetColumns(name),
  {
    name: 'share',
    title: 'Share',
    titleHidden: true,
    width: 'minmax(60px, 1fr)',
    wideOnly: true,
    cell: (row) => <Share part={keptOf(row)} most={most} />,
  },
  ...copyColumns,
]

const Partitions = ({ topic }: { topic: Topic }): ReactNode => {
  const [sorting, setSorting] = useSearchText('sort', 'partition')
  const most = topic.partition_states.reduce((top, row) => (keptOf(row) > top ? keptOf(row) : top), 0n)
  const short = topic.partition_states.filter(isShort).length
  return (
    <section aria-label="Partitions">
      <div className="head">
        <h2>Partitions</h2>
        <small className="num">{countText(topic.partitions)}</small>
        {short > 0 && <Chip tone="wn">{countText(short)} with copies missing</Chip>}
      </div>
      <div className="box-table" style={{ height: Math.min(topic.partition_states.length, 12) * 36 + 34 }}>
        <GridTable
          rows={topic.partition_states}
          columns={columnsOf(topic.name, most)}
          nameOf={(row) => String(row.partition)}
          sorting={sorting}
          onSorting={setSorting}
          label="Partitions"
          empty={<p className="faint">No partition is known.</p>}
        />
      </div>
    </section>
  )
}

const Rates = ({ name }: { name: string }): ReactNode => {
  const range = useTimeRange()
  const asked = useAnswer(
    'series',
    'read',
    {
      query: {
        name: 'topic.in',
        subject: name,
        from: new Date(range.fromMs).toISOString(),
        to: new Date(range.toMs).toISOString(),
      },
    },
    { keepPrevious: true },
  )
  if (asked.data === undefined)
    return asked.error === null ? (
      <Skeleton height={220} />
    ) : (
      <Failure error={asked.error} retry={() => void asked.refetch()} />
    )
  const points = asked.data.data[0]?.points ?? []
  return (
    <Chart
      title="Written"
      unit="records/s"
      series={[{ name: 'written', points }]}
      range={range}
      height={190}
    />
  )
}

const Links = ({
  title,
  names,
  to,
  none,
}: {
  title: string
  names: readonly string[]
  to: string
  none: string
}): ReactNode => (
  <section aria-label={title}>
    <div className="head">
      <h2>{title}</h2>
    </div>
    {names.length === 0 ? (
      <p className="faint small">{none}</p>
    ) : (
      <ul className="lines">
        {names.map((name) => (
          <li key={name}>
            <Go className="lnk" to={to} params={{ name }}>
              {name}
            </Go>
          </li>
        ))}
      </ul>
    )}
  </section>
)

const Groups = ({ name }: { name: string }): ReactNode => {
  const asked = useLive('groups', {})
  const groups = (asked.data?.data ?? []).filter((group) => group.topics.includes(name))
  return (
    <section aria-label="Consumer groups">
      <div className="head">
        <h2>Consumer groups</h2>
        <Go className="lnk" to="/topics/$name/subscribers" params={{ name }}>
          All
        </Go>
      </div>
      {groups.length === 0 ? (
        <p className="faint small">No group has read it.</p>
      ) : (
        <ul className="lines">
          {groups.slice(0, 8).map((group) => (
            <li key={group.name}>
              <Go className="lnk clip" to="/consumers/$name" params={{ name: group.name }}>
                {group.name}
              </Go>
              <span className="end">
                <Verdict verdict={group.verdict} text={group.verdict_text} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

const Figures = ({ topic }: { topic: Topic }): ReactNode => {
  const now = useNow(1_000)
  const last = topic.last_write_at
  return (
    <div className="figs four">
      <Figure
        title="In"
        value={rateText(topic.in_per_second)}
        unit="records/s"
        about="Messages written a second, over the last seconds"
      >
        <p>over the last seconds</p>
      </Figure>
      <Figure
        title="Messages kept"
        value={countText(topic.messages)}
        unit=""
        about="Over all partitions: latest minus earliest offset"
      >
        <p className="clip" title={keptText(topic.settings)}>
          {keptText(topic.settings) || unknown}
        </p>
      </Figure>
      <Figure
        title="Size"
        value={sizeText(topic.size_bytes)}
        unit=""
        about="Bytes kept, of one copy, as the broker tells"
      >
        <p>
          in {countText(topic.partitions)} {topic.partitions === 1 ? 'partition' : 'partitions'}
        </p>
      </Figure>
      <Figure
        title="Last write"
        value={last === null ? unknown : agoText(last, now)}
        unit=""
        about={last === null ? 'No message is kept, or its time is unknown' : bothTimes(last)}
      >
        <p className="num">{last === null ? 'nothing is kept' : momentText(last)}</p>
      </Figure>
    </div>
  )
}

const Overview = ({ topic }: { topic: Topic }): ReactNode => (
  <>
    <Figures topic={topic} />
    <div className="cols">
      <div className="stack">
        <Rates name={topic.name} />
        {topic.messages === '0' && (
          <Empty title="No messages yet">
            <p>Nothing was written to it, or everything was deleted by its retention. For instance:</p>
            <CodeBlock text={`echo '{"hello":"world"}' | ./sluice produce ${shellWord(topic.name)}`} />
          </Empty>
        )}
        <Partitions topic={topic} />
      </div>
      <div className="stack">
        <Links
          title="Written by"
          names={topic.written_by}
          to="/pipelines/$name"
          none="No pipeline writes it. Other producers are not known to Kafka."
        />
        <Links title="Read by" names={topic.read_by} to="/pipelines/$name" none="No pipeline reads it." />
        <Groups name={topic.name} />
        <section aria-label="From a terminal">
          <p className="faint small">The same from a terminal</p>
          <CodeBlock text={`./sluice topics show ${shellWord(topic.name)}`} />
        </section>
      </div>
    </div>
  </>
)

const OverviewPage = (): ReactNode => {
  const name = usePathParam('name')
  const { data } = useTopic(name)
  return (
    <TopicFrame name={name} tab="overview">
      {data === undefined ? <Skeleton height={420} /> : <Overview topic={data} />}
    </TopicFrame>
  )
}

export default OverviewPage
