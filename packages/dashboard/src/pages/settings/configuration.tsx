/** The configuration file: edited here, checked as one types, applied after one has seen what it changes. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react'
import { type Answer, call } from '../../client/call.adapter.ts'
import { useAnswer, useChange } from '../../client/queries.ts'
import { useMay } from '../../client/session.ts'
import { Chip } from '../../parts/chip.tsx'
import { CodeBlock } from '../../parts/code-block.tsx'
import { DiffView } from '../../parts/json/diff-view.tsx'
import { Failure, Loaded } from '../../parts/states.tsx'
import { sayDone } from '../../parts/toast.tsx'
import { changeLines } from './changes-words.ts'
import { Editor, goToLine } from './editor.tsx'

type Shown = Answer<'config', 'show'>
type Finding = Shown['findings'][number]

const typingMs = 400

/** The text once nobody has typed for a moment. */
const useSettled = (text: string): string => {
  const [settled, setSettled] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), typingMs)
    return () => clearTimeout(timer)
  }, [text])
  return settled
}

/** What is wrong with a text and what it would change; asked anew as one types. */
const useCheck = (text: string, enabled: boolean) => {
  const settled = useSettled(text)
  const asked = useQuery({
    queryKey: ['config.differences', settled],
    queryFn: ({ signal }) => call('config', 'differences', { body: { text: settled } }, signal),
    enabled,
    placeholderData: keepPreviousData,
    gcTime: 10_000,
  })
  return { asked, isChecking: settled !== text || asked.isFetching }
}

const Findings = ({
  findings,
  go,
}: {
  findings: readonly Finding[]
  go: (finding: Finding) => void
}): ReactNode => (
  <ul className="ed-findings" aria-label="Findings">
    {findings.slice(0, 100).map((finding) => (
      <li key={`${finding.line}:${finding.column} ${finding.problem}`}>
        <button type="button" onClick={() => go(finding)}>
          <Chip tone={finding.severity === 'error' ? 'bd' : 'wn'}>
            {finding.line}:{finding.column}
          </Chip>
          <span>
            {finding.problem} <span className="soft">{finding.fix}</span>
          </span>
        </button>
      </li>
    ))}
  </ul>
)

const WouldChange = ({ check }: { check: ReturnType<typeof useCheck> }): ReactNode => {
  const { asked } = check
  if (asked.error !== null) return <Failure error={asked.error} retry={() => void asked.refetch()} />
  if (asked.data === undefined) return <p className="faint small">Checking…</p>
  if (asked.data.changes === null)
    return <p className="small soft">Mend the errors, then it says what would change.</p>
  const lines = changeLines(asked.data.changes)
  return lines.length === 0 ? (
    <p className="small soft">No pipeline and no topic would change.</p>
  ) : (
    <ul className="ed-changes">
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  )
}

/** The lines that change, as a review shows them. */
const Lines = ({ before, after }: { before: string; after: string }): ReactNode => (
  <section>
    <h2 className="head">Lines that change</h2>
    <DiffView before={before} after={useSettled(after)} label="Lines that change" />
  </section>
)

const State = ({ shown }: { shown: Shown }): ReactNode => (
  <p className="small soft">
    <code>{shown.file ?? 'the built-in quickstart'}</code>
    {shown.revision === null ? '' : ` · revision ${shown.revision}`}
    {shown.editable
      ? null
      : ` · cannot be edited here: ${shown.not_editable_because ?? 'the server may not write it.'}`}
  </p>
)

const useApply = (shown: Shown, text: string, done: () => void) => {
  const apply = useChange('config', 'apply')
  const run = (): void =>
    apply.mutate(
      { body: { text, base_revision: shown.revision, base_hash: shown.hash, dry_run: false } },
      {
        onSuccess: ({ message }) => {
          sayDone(message)
          done()
        },
      },
    )
  return { apply, run }
}

const Edited = ({ shown, reload }: { shown: Shown; reload: () => void }): ReactNode => {
  const mayWrite = useMay('config:write')
  const [text, setText] = useState(shown.text)
  const field = useRef<HTMLTextAreaElement>(null)
  const check = useCheck(text, mayWrite)
  const findings = check.asked.data?.findings ?? shown.findings
  const marked = useMemo(
    () => new Map(findings.map(({ line, severity }): [number, 'error' | 'warning'] => [line, severity])),
    [findings],
  )
  const { apply, run } = useApply(shown, text, reload)
  const isChanged = text !== shown.text
  const hasErrors = findings.some(({ severity }) => severity === 'error')
  const isReady =
    mayWrite && shown.editable && isChanged && !hasErrors && !check.isChecking && !apply.isPending
  return (
    <div className="ed-page">
      <div>
        <State shown={shown} />
        <Editor {...{ text, marked, field }} change={setText} readOnly={!mayWrite || !shown.editable} />
        {isChanged ? <Lines before={shown.text} after={text} /> : null}
      </div>
      <div className="ed-side">
        <div className="btns">
          <button type="button" className="btn pri" disabled={!isReady} onClick={run}>
            Apply
          </button>
          <button type="button" className="btn" disabled={!isChanged} onClick={() => setText(shown.text)}>
            Undo all
          </button>
        </div>
        {mayWrite ? null : <p className="small soft">You need the permission config:write to change it.</p>}
        {apply.error === null ? null : <Failure error={apply.error} retry={reload} />}
        <h2 className="head">What it would change</h2>
        {mayWrite ? <WouldChange check={check} /> : null}
        <h2 className="head">
          Findings <small className="num">{findings.length === 0 ? 'none' : findings.length}</small>
        </h2>
        <Findings
          findings={findings}
          go={({ line, column }) => {
            if (field.current !== null) goToLine(field.current, line, column)
          }}
        />
        {shown.file === null ? (
          <>
            <p className="small soft">
              To make it yours, keep it as a file, and start Sluice again: it takes the file, and every change
              of it from then on.
            </p>
            <CodeBlock text="./sluice config show > sluice.yaml" />
          </>
        ) : (
          <>
            <p className="small soft">The same from a terminal</p>
            <CodeBlock text={`./sluice config diff ${shown.file}`} />
          </>
        )}
      </div>
    </div>
  )
}

export const Configuration = (): ReactNode => {
  const asked = useAnswer('config', 'show')
  const [round, setRound] = useState(0)
  const reload = (): void => {
    void asked.refetch().then(() => setRound((before) => before + 1))
  }
  return (
    <Loaded from={asked} height={420}>
      {(shown) => <Edited key={round} shown={shown} reload={reload} />}
    </Loaded>
  )
}
