/** Partitions that a group reads: how far each is, how far it is behind, who reads it. */
import type { ReactNode } from 'react'
import { Chip } from '../../parts/chip.tsx'
import { agoText, bothTimes, countText, lagText, unknown } from '../../parts/format.ts'
import { Go } from '../../parts/go.tsx'
import type { GridColumn } from '../../parts/grid-table.tsx'
import { LongName } from '../../parts/long-name.tsx'
import type { Group } from './reset-dialog.tsx'

export type Partition = Group['partition_states'][number]

const stuckMs = 60_000

/** Between two commits messages always wait: only a long wait means something. */
const isStuck = (row: Partition): boolean =>
  row.stuck_since !== null && Date.now() - Date.parse(row.stuck_since) > stuckMs

const LagBar = ({ row, most }: { row: Partition; most: number }): ReactNode => {
  if (row.lag === null) return null
  const width = most === 0 ? 0 : Math.max(row.lag === 0 ? 0 : 1, (row.lag / most) * 100)
  return (
    <span className={`lag-bar${isStuck(row) ? ' bd' : ''}`} aria-hidden>
      <i style={{ width: `${width}%` }} />
    </span>
  )
}

const lagColumns = (most: number): readonly GridColumn<Partition>[] => [
  {
    name: 'topic',
    title: 'Topic : partition',
    width: 'minmax(120px, 1.6fr)',
    sortBy: (row) => `${row.topic} ${String(row.partition).padStart(6, '0')}`,
    cell: (row) => (
      <Go
        className="quiet-link name-end"
        to="/topics/$name/messages"
        params={{ name: row.topic }}
        search={{ partition: row.partition, ...(row.committed === null ? {} : { offset: row.committed }) }}
        title={`${row.topic}\nOpens the message it reads next`}
      >
        <span className="clip">
          <LongName name={row.topic} />
        </span>
        <span className="faint num">&nbsp;: {row.partition}</span>
      </Go>
    ),
  },
  {
    name: 'lag',
    title: 'Lag',
    says: 'Messages between committed and latest',
    width: 'minmax(64px, 90px)',
    right: true,
    sortBy: (row) => row.lag,
    cell: (row) => countText(row.lag),
  },
  {
    name: 'bar',
    title: 'Lag as a bar',
    titleHidden: true,
    width: 'minmax(60px, 1fr)',
    wideOnly: true,
    cell: (row) => <LagBar row={row} most={most} />,
  },
  {
    name: 'seconds',
    title: 'Behind',
    says: 'Age of the oldest message that waits',
    width: '80px',
    right: true,
    sortBy: (row) => row.seconds,
    cell: (row) => lagText(row.seconds),
  },
]

const placeColumns: readonly GridColumn<Partition>[] = [
  {
    name: 'committed',
    title: 'Committed',
    says: 'Offset of the next message it reads',
    width: 'minmax(80px, 120px)',
    right: true,
    wideOnly: true,
    sortBy: (row) => (row.committed === null ? null : Number(row.committed)),
    cell: (row) => countText(row.committed),
  },
  {
    name: 'latest',
    title: 'Latest',
    says: 'Offset of the next message written',
    width: 'minmax(80px, 120px)',
    right: true,
    wideOnly: true,
    sortBy: (row) => (row.latest === null ? null : Number(row.latest)),
    cell: (row) => countText(row.latest),
  },
  {
    name: 'state',
    title: 'Stuck since',
    titleHidden: true,
    width: '130px',
    wideOnly: true,
    cell: (row) =>
      row.stuck_since === null || !isStuck(row) ? null : (
        <span title={`Nothing was committed since ${bothTimes(row.stuck_since)}`}>
          <Chip tone="bd" note={agoText(row.stuck_since)}>
            Stuck
          </Chip>
        </span>
      ),
  },
  {
    name: 'member',
    title: 'Read by',
    width: 'minmax(90px, 1.2fr)',
    wideOnly: true,
    sortBy: (row) => row.client_id,
    cell: (row) => <span title={row.member_id ?? undefined}>{row.client_id ?? unknown}</span>,
  },
]

/** `most` is the largest lag: bars are drawn against it. */
export const partitionColumns = (most: number): readonly GridColumn<Partition>[] => [
  ...lagColumns(most),
  ...placeColumns,
]
