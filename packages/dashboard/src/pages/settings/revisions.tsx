/** What the configuration said before: every revision, and what it changed. */
import type { ReactNode } from 'react'
import type { Answer } from '../../client/call.adapter.ts'
import { useAnswer } from '../../client/queries.ts'
import { useSearchText } from '../../parts/address.adapter.ts'
import { agoText, bothTimes, sizeText } from '../../parts/format.ts'
import { DiffView } from '../../parts/json/diff-view.tsx'
import { Loaded } from '../../parts/states.tsx'
import { type Column, Table } from '../../parts/table.tsx'
import { useNow } from '../../parts/use-now.ts'

type Row = Answer<'config', 'revisions'>['data'][number]

const columnsOf = (now: number): readonly Column<Row>[] => [
  {
    key: 'id',
    title: 'Revision',
    cell: ({ id, newest }) => (
      <>
        <b className="num">{id}</b> {newest ? <span className="p">in force</span> : null}
      </>
    ),
  },
  {
    key: 'when',
    title: 'When',
    cell: ({ created_at: at }) => <span title={bothTimes(at)}>{agoText(at, now)}</span>,
  },
  { key: 'from', title: 'From', cell: (row) => <span className="clip st-from">{row.created_by}</span> },
  { key: 'size', title: 'Size', right: true, cell: ({ size_bytes: bytes }) => sizeText(bytes) },
]

const Compared = ({ text, previous }: { text: string; previous: number }): ReactNode => {
  const asked = useAnswer('config', 'revision', { params: { id: previous } })
  return (
    <Loaded from={asked} height={200}>
      {(before) => (
        <DiffView before={before.text} after={text} label={`Changes since revision ${previous}`} />
      )}
    </Loaded>
  )
}

const One = ({ id }: { id: number }): ReactNode => {
  const asked = useAnswer('config', 'revision', { params: { id } })
  return (
    <section aria-label={`Revision ${id}`}>
      <h2 className="head">Revision {id}</h2>
      <Loaded from={asked} height={240}>
        {({ text, previous }) =>
          previous === null ? (
            <pre className="st-text" tabIndex={0}>
              {text}
            </pre>
          ) : (
            <Compared text={text} previous={previous} />
          )
        }
      </Loaded>
    </section>
  )
}

export const Revisions = (): ReactNode => {
  const now = useNow(5_000)
  const asked = useAnswer('config', 'revisions', { query: { limit: 100 } }, { everyMs: 10_000 })
  const [chosen, choose] = useSearchText('revision')
  return (
    <Loaded from={asked} height={240}>
      {({ data }) => {
        const id = data.find((row) => String(row.id) === chosen)?.id ?? data[0]?.id
        return (
          <div className="st-revisions">
            <Table
              label="Revisions"
              columns={columnsOf(now)}
              rows={data}
              keyOf={(row) => String(row.id)}
              selected={id === undefined ? null : String(id)}
              open={(row) => choose(String(row.id))}
              empty={<p className="faint">None yet: the server keeps one as soon as it has read the file.</p>}
            />
            {id === undefined ? null : <One id={id} />}
          </div>
        )
      }}
    </Loaded>
  )
}
