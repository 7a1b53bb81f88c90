/**
 * Dead letters: what could not be delivered, newest first, by pipeline and status. One opens beside the list under its
 * own address; all of a pipeline are sent again or removed after a count.
 */
import { type ReactNode, useCallback, useState } from 'react'
import { useAnswer } from '../../client/queries.ts'
import { useMay, useSession } from '../../client/session.ts'
import { useSearchText, useSetSearch } from '../../parts/address.adapter.ts'
import { NeedsPermission } from '../../parts/needs-permission.tsx'
import { Empty, Loaded } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { PageTitle } from '../../shell/page-title.tsx'
import { BulkDialog, type BulkVerb } from './bulk-dialog.tsx'
import { askListMs, type LetterRow, statuses, statusOf, statusWords } from './letter.ts'
import { letterColumns } from './letter-columns.tsx'
import { LetterPanel } from './letter-panel.tsx'
import './dead-letters.css'

const pageRows = 200

const useLetters = () => {
  const [pipeline, setPipeline] = useSearchText('pipeline')
  const [status, setStatus] = useSearchText('status')
  const [before, setBefore] = useSearchText('before')
  const known = statusOf(status)
  const asked = useAnswer(
    'deadLetters',
    'list',
    {
      query: {
        limit: pageRows,
        ...(pipeline === '' ? {} : { pipeline }),
        ...(known === undefined ? {} : { status: known }),
        ...(before === '' ? {} : { before }),
      },
    },
    { keepPrevious: true, everyMs: (known) => (before === '' ? askListMs(known?.data ?? []) : 0) },
  )
  return { asked, pipeline, setPipeline, status: known, setStatus, before, setBefore }
}

/** Names to choose from: all pipelines, and those of letters whose pipeline is gone. */
const usePipelineNames = (letters: readonly LetterRow[], chosen: string): readonly string[] => {
  const maySee = useMay('pipelines:read')
  const listed = useAnswer('pipelines', 'list', {}, { enabled: maySee }).data?.data ?? []
  const names = [...listed.map(({ name }) => name), ...letters.map((letter) => letter.pipeline)]
  return [...new Set(chosen === '' ? names : [...names, chosen])].toSorted()
}

const NoLetters = ({ isFiltered, clear }: { isFiltered: boolean; clear: () => void }): ReactNode =>
  isFiltered ? (
    <Empty title="No dead letter is like that">
      <button type="button" className="btn" onClick={clear}>
        Show all dead letters
      </button>
    </Empty>
  ) : (
    <Empty title="No dead letters: everything was delivered">
      <p>
        A record that a step or a sink refuses for good is kept here, with the reason, until somebody mends it
        and sends it again. The pipeline goes on meanwhile.
      </p>
    </Empty>
  )

const Bulk = ({ pipelines, chosen }: { pipelines: readonly string[]; chosen: string }): ReactNode => {
  const mayWrite = useMay('dead-letters:write')
  const [verb, setVerb] = useState<BulkVerb | null>(null)
  const close = useCallback(() => setVerb(null), [])
  if (!mayWrite)
    return (
      <span className="end faint small">
        You may see dead letters, not redrive or purge (dead-letters:write).
      </span>
    )
  return (
    <span className="end btns">
      <button
        type="button"
        className="btn"
        disabled={pipelines.length === 0}
        onClick={() => setVerb('redrive')}
      >
        Redrive…
      </button>
      <button
        type="button"
        className="btn dg"
        disabled={pipelines.length === 0}
        onClick={() => setVerb('purge')}
      >
        Purge…
      </button>
      {verb === null ? null : <BulkDialog verb={verb} pipelines={pipelines} chosen={chosen} close={close} />}
    </span>
  )
}

const Tools = ({ shown }: { shown: ReturnType<typeof useLetters> }): ReactNode => {
  const setSearch = useSetSearch()
  const pipelines = usePipelineNames(shown.asked.data?.data ?? [], shown.pipeline)
  const choose = (change: Parameters<typeof setSearch>[0]): void =>
    setSearch({ ...change, before: undefined })
  return (
    <div className="tools cat-tools">
      <select
        className="input dl-pipelines"
        aria-label="Pipeline"
        value={shown.pipeline}
        onChange={({ target }) => choose({ pipeline: target.value === '' ? undefined : target.value })}
      >
        <option value="">All pipelines</option>
        {pipelines.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <div className="facets" role="group" aria-label="Status">
        {[undefined, ...statuses].map((one) => (
          <button
            key={one ?? 'all'}
            type="button"
            aria-pressed={one === shown.status}
            onClick={() => choose({ status: one })}
          >
            {one === undefined ? 'All' : statusWords[one].word}
          </button>
        ))}
      </div>
      <Bulk pipelines={pipelines} chosen={shown.pipeline} />
    </div>
  )
}

const Foot = ({ shown }: { shown: ReturnType<typeof useLetters> }): ReactNode => {
  const next = shown.asked.data?.next ?? null
  if (next === null && shown.before === '') return null
  return (
    <div className="dl-foot">
      {shown.before === '' ? null : (
        <button type="button" className="btn" onClick={() => shown.setBefore('')}>
          Newest
        </button>
      )}
      {next === null ? null : (
        <button type="button" className="btn" onClick={() => shown.setBefore(next)}>
          Older
        </button>
      )}
      <span className="faint small">{pageRows} at a time</span>
    </div>
  )
}

const Letters = (): ReactNode => {
  const shown = useLetters()
  const setSearch = useSetSearch()
  const [id] = useSearchText('id')
  const close = useCallback(() => setSearch({ id: undefined, view: undefined }), [setSearch])
  const clear = (): void => setSearch({ pipeline: undefined, status: undefined, before: undefined })
  return (
    <>
      <Tools shown={shown} />
      <div className="cat-table dl-list">
        <Loaded from={shown.asked} height={420}>
          {({ data }) => (
            <Table
              fill
              label="Dead letters"
              columns={letterColumns}
              rows={data}
              keyOf={(row) => row.id}
              selected={id === '' ? null : id}
              open={(row) => setSearch({ id: row.id })}
              empty={
                <NoLetters
                  isFiltered={shown.pipeline !== '' || shown.status !== undefined || shown.before !== ''}
                  clear={clear}
                />
              }
            />
          )}
        </Loaded>
      </div>
      <Foot shown={shown} />
      {id === '' ? null : <LetterPanel key={id} id={id} close={close} />}
    </>
  )
}

const DeadLettersPage = (): ReactNode => {
  const session = useSession().data
  const maySee = useMay('dead-letters:read')
  return (
    <div className="cat">
      <PageTitle title="Dead letters" />
      {session !== undefined && !maySee ? (
        <NeedsPermission permission="dead-letters:read" what="dead letters" />
      ) : (
        <Letters />
      )}
    </div>
  )
}

export default DeadLettersPage
