/** Sends one dead letter again: as it was, or with another value; the same as a command stands below. */
import { type ReactNode, useState } from 'react'
import { useChange } from '../../client/queries.ts'
import { useMay } from '../../client/session.ts'
import { CodeBlock } from '../../parts/code-block.tsx'
import { DiffView } from '../../parts/json/diff-view.tsx'
import { lineAndColumn } from '../../parts/json/scan.ts'
import { useJsonIndex } from '../../parts/json/use-json-index.ts'
import { Failure } from '../../parts/states.tsx'
import { sayDone } from '../../parts/toast.tsx'
import { fileCommands, type Letter, redriveCommand, typedOf, untypedText } from './letter.ts'

/** Why a text is no JSON, with its place; null where it is, or is still read. */
const useJsonProblem = (text: string): string | null => {
  const problem = useJsonIndex(text).index?.problem ?? null
  if (problem === null) return null
  const { line, column } = lineAndColumn(text, problem.at)
  return `Line ${line}, character ${column}: ${problem.says}.`
}

const Editor = ({
  text,
  onText,
  problem,
}: {
  text: string
  onText: (text: string) => void
  problem: string | null
}): ReactNode => (
  <>
    <label className="field">
      <span>Value to send</span>
      <textarea
        className="dl-editor"
        spellCheck={false}
        value={text}
        aria-invalid={problem !== null}
        aria-describedby="dl-problem"
        onChange={(event) => onText(event.target.value)}
      />
    </label>
    <p id="dl-problem" className={problem === null ? 'faint small' : 'wrong'} aria-live="polite">
      {problem === null ? 'It is JSON.' : `No JSON. ${problem}`}
    </p>
  </>
)

const CannotRedrive = ({ letter, mayWrite }: { letter: Letter; mayWrite: boolean }): ReactNode => (
  <p className="soft">
    {mayWrite
      ? letter.status === 'redriving'
        ? 'It is on its way through the pipeline; how it ended shows here within a moment.'
        : 'It was delivered. Only what waits can be sent again.'
      : 'You may see dead letters, not send them again (dead-letters:write).'}
  </p>
)

export const LetterEditor = ({ letter }: { letter: Letter }): ReactNode => {
  const mayWrite = useMay('dead-letters:write')
  const before = typedOf(letter)
  const [text, setText] = useState(before ?? '')
  const problem = useJsonProblem(text)
  const redrive = useChange('deadLetters', 'redrive')
  if (!mayWrite || letter.status !== 'dead') return <CannotRedrive letter={letter} mayWrite={mayWrite} />
  const isEdited = before !== null && text !== before
  const run = (): void =>
    redrive.mutate(
      { params: { id: letter.id }, body: isEdited ? { value: text, value_encoding: 'utf8' } : {} },
      { onSuccess: () => sayDone(`Dead letter ${letter.id} is on its way again.`) },
    )
  return (
    <div className="stack">
      {before === null ? (
        <p className="soft">{untypedText(letter)}</p>
      ) : (
        <Editor text={text} onText={setText} problem={problem} />
      )}
      {isEdited && before !== null ? <DiffView before={before} after={text} label="What was edited" /> : null}
      {redrive.error === null ? null : <Failure error={redrive.error} />}
      <div className="btns">
        <button type="button" className="btn pri" disabled={redrive.isPending} onClick={run}>
          {isEdited ? (problem === null ? 'Redrive edited' : 'Redrive edited, no JSON') : 'Redrive as it was'}
        </button>
        {isEdited ? (
          <button type="button" className="btn" onClick={() => setText(before ?? '')}>
            Back to how it came
          </button>
        ) : null}
      </div>
      <CodeBlock
        text={
          before === null && letter.value_encoding === 'utf8' && letter.value !== null
            ? fileCommands(letter.id)
            : redriveCommand(letter.id, isEdited ? text : null)
        }
      />
    </div>
  )
}
