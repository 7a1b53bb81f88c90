/** What Sluice is connected to: the last round trip of each, and a new one on demand. */
import type { ReactNode } from 'react'
import type { Answer } from '../../client/call.adapter.ts'
import { useAnswer, useChange } from '../../client/queries.ts'
import { useMay } from '../../client/session.ts'
import { Chip } from '../../parts/chip.tsx'
import { agoText, bothTimes, unknown } from '../../parts/format.ts'
import { Failure, Loaded } from '../../parts/states.tsx'
import { useNow } from '../../parts/use-now.ts'

type Row = Answer<'connections', 'list'>['data'][number]

const Truth = ({ row }: { row: Row }): ReactNode => {
  const now = useNow(1_000)
  if (row.ok === null || row.checked_at === null) return <Chip tone="un">Not tried yet</Chip>
  const latency = row.latency_ms === null ? '' : `${row.latency_ms.toFixed(1)} ms, `
  return (
    <span title={bothTimes(row.checked_at)}>
      <Chip tone={row.ok ? 'ok' : 'bd'} note={`${latency}${agoText(row.checked_at, now)}`}>
        {row.ok ? 'Answers' : 'Does not answer'}
      </Chip>
    </span>
  )
}

const Connection = ({ listed }: { listed: Row }): ReactNode => {
  const mayTest = useMay('connections:test')
  const test = useChange('connections', 'test')
  const row = test.data ?? listed
  return (
    <li className="card">
      <div className="head">
        <h2>{row.title}</h2>
        <Truth row={row} />
        <button
          type="button"
          className="btn end"
          disabled={!mayTest || test.isPending}
          title={mayTest ? undefined : 'You need the permission connections:test.'}
          onClick={() => test.mutate({ params: { name: row.name } })}
        >
          {test.isPending ? 'Testing…' : 'Test'}
        </button>
      </div>
      <dl className="kv">
        <dt>Address</dt>
        <dd className="mono">
          {row.address}
          {row.embedded ? ' (embedded)' : ''}
        </dd>
        <dt>Used by</dt>
        <dd>{row.used_by.length === 0 ? unknown : row.used_by.join(', ')}</dd>
        {row.facts.map(({ name, value }) => (
          <div key={name} style={{ display: 'contents' }}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {row.problem === null ? null : (
        <p className="st-problem">
          {row.problem} {row.fix}
        </p>
      )}
      {test.error === null ? null : <Failure error={test.error} />}
    </li>
  )
}

export const Connections = (): ReactNode => {
  const asked = useAnswer('connections', 'list', {}, { everyMs: 5_000 })
  return (
    <Loaded from={asked} height={240}>
      {({ data }) => (
        <ul className="st-connections" aria-label="Connections">
          {data.map((row) => (
            <Connection key={row.name} listed={row} />
          ))}
        </ul>
      )}
    </Loaded>
  )
}
