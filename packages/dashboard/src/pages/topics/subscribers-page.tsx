/** Who reads a topic: its consumer groups, whether each is fast enough, and how far it is. */
import { type ReactNode, useMemo } from 'react'
import { useLive } from '../../live/hooks.adapter.ts'
import { useGoTo, usePathParam, useSearchText } from '../../parts/address.adapter.ts'
import { GridTable } from '../../parts/grid-table.tsx'
import { Empty, Failure, Skeleton } from '../../parts/states.tsx'
import { groupColumns } from '../consumers/group-columns.tsx'
import { GroupExample } from '../consumers/group-example.tsx'
import { TopicFrame } from './topic-frame.tsx'

const Subscribers = ({ name }: { name: string }): ReactNode => {
  const asked = useLive('groups', {})
  const [sorting, setSorting] = useSearchText('sort', 'verdict')
  const goTo = useGoTo()
  const rows = useMemo(
    () => asked.data?.data.filter((group) => group.topics.includes(name)),
    [asked.data, name],
  )
  if (rows === undefined)
    return asked.error === null ? (
      <Skeleton height={240} />
    ) : (
      <Failure error={asked.error} retry={() => void asked.refetch()} />
    )
  return (
    <>
      <p className="small soft sub-note">Lag is counted over all topics that a group reads.</p>
      <div className="box-table" style={{ height: Math.max(rows.length, 4) * 36 + 34 }}>
        <GridTable
          rows={rows}
          columns={groupColumns}
          nameOf={(group) => group.name}
          onOpen={(group) => goTo('/consumers/$name', { name: group.name })}
          sorting={sorting}
          onSorting={setSorting}
          label="Subscribers"
          empty={
            <Empty title="Nobody has read it with a group">
              <p>
                A consumer group appears here when it has joined or committed an offset. For instance with
                kcat:
              </p>
              <GroupExample topic={name} />
            </Empty>
          }
        />
      </div>
    </>
  )
}

const SubscribersPage = (): ReactNode => {
  const name = usePathParam('name')
  return (
    <TopicFrame name={name} tab="subscribers">
      <Subscribers name={name} />
    </TopicFrame>
  )
}

export default SubscribersPage
