/** Writes one message by hand; the same as curl and as a command stands beside it. */
import { type FormEvent, type ReactNode, useMemo, useState } from 'react'
import { useChange } from '../../client/queries.ts'
import { CodeBlock } from '../../parts/code-block.tsx'
import { Floating } from '../../parts/dialog.tsx'
import { Icon } from '../../parts/icon.tsx'
import { indexJson, lineAndColumn } from '../../parts/json/scan.ts'
import { Failure } from '../../parts/states.tsx'
import { sayDone } from '../../parts/toast.tsx'
import { useTopic } from '../topics/topic-frame.tsx'
import { type Draft, emptyDraft, produceCommand, produceCurl, recordOf } from './draft.ts'

const kindWords = { json: 'JSON', text: 'Text', tombstone: 'Tombstone (no value)' } as const

/** Why a value is no JSON, with its place; null where it is, or need not be. */
const valueProblem = (draft: Draft): string | null => {
  if (draft.kind !== 'json') return null
  if (draft.value.trim() === '') return 'A value belongs here.'
  const { problem } = indexJson(draft.value)
  if (problem === null) return null
  const { line, column } = lineAndColumn(draft.value, problem.at)
  return `This is no JSON. Line ${line}, character ${column}: ${problem.says}.`
}

interface FieldsProps {
  readonly draft: Draft
  readonly onDraft: (draft: Draft) => void
}

const Headers = ({ draft, onDraft }: FieldsProps): ReactNode => {
  const change = (at: number, part: Partial<Draft['headers'][number]>): void =>
    onDraft({
      ...draft,
      headers: draft.headers.map((header, place) => (place === at ? { ...header, ...part } : header)),
    })
  return (
    <fieldset className="pd-headers">
      <legend className="small soft">Headers</legend>
      {draft.headers.map((header, at) => (
        <div key={at}>
          <input
            className="input mono"
            aria-label={`Name of header ${at + 1}`}
            placeholder="name"
            value={header.key}
            onChange={(event) => change(at, { key: event.target.value })}
          />
          <input
            className="input mono"
            aria-label={`Value of header ${at + 1}`}
            placeholder="value"
            value={header.value}
            onChange={(event) => change(at, { value: event.target.value })}
          />
          <button
            type="button"
            className="btn bare"
            aria-label={`Remove header ${at + 1}`}
            onClick={() => onDraft({ ...draft, headers: draft.headers.filter((_, place) => place !== at) })}
          >
            <Icon name="close" size={14} />
          </button>
        </div>
      ))}
      <button
        type="button"
        className="btn"
        disabled={draft.headers.length >= 100}
        onClick={() => onDraft({ ...draft, headers: [...draft.headers, { key: '', value: '' }] })}
      >
        Add header
      </button>
    </fieldset>
  )
}

const Value = ({ draft, onDraft, problem }: FieldsProps & { problem: string | null }): ReactNode => (
  <>
    <label className="field">
      <span>Value</span>
      <select
        value={draft.kind}
        onChange={(event) => {
          const kind = (['json', 'text', 'tombstone'] as const).find((one) => one === event.target.value)
          if (kind !== undefined) onDraft({ ...draft, kind })
        }}
      >
        {Object.entries(kindWords).map(([kind, word]) => (
          <option key={kind} value={kind}>
            {word}
          </option>
        ))}
      </select>
    </label>
    {draft.kind === 'tombstone' ? null : (
      <label className="field">
        <span className="hidden-text">The value</span>
        <textarea
          rows={10}
          spellCheck={false}
          value={draft.value}
          aria-invalid={problem !== null}
          aria-describedby="pd-problem"
          onChange={(event) => onDraft({ ...draft, value: event.target.value })}
        />
      </label>
    )}
    <p id="pd-problem" className="wrong" aria-live="polite">
      {problem ?? ''}
    </p>
    {problem === null ? null : (
      <div className="btns">
        <button type="button" className="btn" onClick={() => onDraft({ ...draft, kind: 'text' })}>
          Write it as text
        </button>
      </div>
    )}
  </>
)

const Fields = ({
  draft,
  onDraft,
  partitions,
  problem,
}: FieldsProps & { partitions: number; problem: string | null }): ReactNode => (
  <>
    <div className="pd-two">
      <label className="field">
        <span>Key</span>
        <input
          className="mono"
          placeholder="none"
          value={draft.key}
          onChange={(event) => onDraft({ ...draft, key: event.target.value })}
        />
      </label>
      <label className="field">
        <span>Partition</span>
        <select
          value={draft.partition}
          onChange={(event) => onDraft({ ...draft, partition: event.target.value })}
        >
          <option value="">by key</option>
          {Array.from({ length: Math.min(partitions, 1_000) }, (_, partition) => (
            <option key={partition} value={partition}>
              {partition}
            </option>
          ))}
        </select>
      </label>
    </div>
    <Value draft={draft} onDraft={onDraft} problem={problem} />
    <Headers draft={draft} onDraft={onDraft} />
  </>
)

const Twins = ({ topic, draft }: { topic: string; draft: Draft }): ReactNode => (
  <details>
    <summary className="small soft">The same from a terminal</summary>
    <CodeBlock text={produceCommand(topic, draft)} />
    <CodeBlock text={produceCurl(location.origin, topic, draft)} />
  </details>
)

export const ProduceDrawer = ({
  topic,
  begin = emptyDraft,
  close,
  done,
}: {
  topic: string
  /** What stands in it at first. */
  begin?: Draft
  close: () => void
  done: () => void
}): ReactNode => {
  const [draft, setDraft] = useState<Draft>(begin)
  const { data } = useTopic(topic)
  const produce = useChange('messages', 'produce')
  const problem = useMemo(() => valueProblem(draft), [draft])
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (problem !== null) return
    produce.mutate(
      { params: { name: topic }, body: { records: [recordOf(draft)] } },
      {
        onSuccess: ({ data: [stored] }) => {
          sayDone(stored === undefined ? 'Stored.' : `Stored at ${stored.partition} : ${stored.offset}`)
          done()
        },
      },
    )
  }
  return (
    <Floating label={`Write to ${topic}`} className="drawer" close={close}>
      <form onSubmit={submit}>
        <header>
          <h2>
            Write to <span className="mono">{topic}</span>
          </h2>
          <button type="button" className="btn bare" aria-label="Close" onClick={close}>
            <Icon name="close" size={14} />
          </button>
        </header>
        <Fields
          draft={draft}
          onDraft={setDraft}
          partitions={data?.partitions ?? 0}
          problem={draft.value === '' ? null : problem}
        />
        {produce.error === null ? null : <Failure error={produce.error} />}
        <div className="btns">
          <button type="submit" className="btn pri" disabled={problem !== null || produce.isPending}>
            {produce.isPending ? 'Writing …' : 'Write message'}
          </button>
          <button type="button" className="btn" onClick={close}>
            Close
          </button>
        </div>
        <Twins topic={topic} draft={draft} />
      </form>
    </Floating>
  )
}
