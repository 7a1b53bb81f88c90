/** All dead letters of a pipeline at once: counted first; removing them asks for the name. */
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { call } from '../../client/call.adapter.ts'
import { useChange } from '../../client/queries.ts'
import { CodeBlock } from '../../parts/code-block.tsx'
import { ConfirmDialog, Dialog } from '../../parts/dialog.tsx'
import { countText } from '../../parts/format.ts'
import { Failure, Skeleton } from '../../parts/states.tsx'
import { sayDone } from '../../parts/toast.tsx'
import { bulkCommand } from './letter.ts'

export type BulkVerb = 'redrive' | 'purge'

const entries = { redrive: 'redrive_many', purge: 'purge' } as const

/** How many a call would touch; asked anew each time a dialog opens. */
const useCount = (verb: BulkVerb, pipeline: string) =>
  useQuery({
    queryKey: ['dead-letters.count', verb, pipeline],
    enabled: pipeline !== '',
    gcTime: 0,
    queryFn: ({ signal }) =>
      call('deadLetters', entries[verb], { body: { pipeline, dry_run: true } }, signal),
  })

const says = {
  redrive: 'Those that wait go through the pipeline again, as they were. What fails again comes back here.',
  purge: 'They are removed for good, also those that were delivered since; those on their way stay.',
} as const

interface BulkProps {
  readonly verb: BulkVerb
  readonly pipelines: readonly string[]
  /** Chosen already; empty where nothing was. */
  readonly chosen: string
  readonly close: () => void
}

const Choice = ({
  pipelines,
  pipeline,
  onPipeline,
}: {
  pipelines: readonly string[]
  pipeline: string
  onPipeline: (pipeline: string) => void
}): ReactNode => (
  <label className="field">
    <span>Pipeline</span>
    <select value={pipeline} onChange={(event) => onPipeline(event.target.value)}>
      {pipelines.map((name) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  </label>
)

const countWords = (count: number): string =>
  `${countText(count)} ${count === 1 ? 'dead letter' : 'dead letters'}`

/** What a call would touch, in a sentence; with its failure. */
const Count = ({ counted, verb }: { counted: ReturnType<typeof useCount>; verb: BulkVerb }): ReactNode => {
  if (counted.error !== null) return <Failure error={counted.error} retry={() => void counted.refetch()} />
  if (counted.data === undefined) return <Skeleton height={20} />
  return (
    <p role="status">
      <b className="num">{countWords(counted.data.count)}</b> {counted.data.count === 1 ? 'is' : 'are'} meant.{' '}
      {says[verb]}
    </p>
  )
}

export const BulkDialog = ({ verb, pipelines, chosen, close }: BulkProps): ReactNode => {
  const [pipeline, setPipeline] = useState(chosen === '' ? (pipelines[0] ?? '') : chosen)
  const counted = useCount(verb, pipeline)
  const change = useChange('deadLetters', entries[verb])
  const count = counted.data?.count ?? 0
  const run = (): void =>
    change.mutate(
      { body: { pipeline, dry_run: false } },
      {
        onSuccess: ({ message }) => {
          sayDone(message)
          close()
        },
      },
    )
  const body = (
    <>
      <Choice pipelines={pipelines} pipeline={pipeline} onPipeline={setPipeline} />
      <Count counted={counted} verb={verb} />
      {change.error === null ? null : <Failure error={change.error} />}
      <CodeBlock text={bulkCommand(verb, pipeline)} />
    </>
  )
  const busy = change.isPending || counted.data === undefined || count === 0
  if (verb === 'purge')
    return (
      <ConfirmDialog
        key={pipeline}
        title="Purge dead letters"
        name={pipeline}
        verb={`Remove ${countWords(count)} for good`}
        busy={busy}
        confirm={run}
        close={close}
      >
        {body}
      </ConfirmDialog>
    )
  return (
    <Dialog
      title="Redrive dead letters"
      close={close}
      footer={
        <>
          <button type="button" className="btn" onClick={close}>
            Leave it
          </button>
          <button type="button" className="btn pri" disabled={busy} onClick={run}>
            Redrive {countWords(count)}
          </button>
        </>
      }
    >
      {body}
    </Dialog>
  )
}
