/** The difference of two documents, one below the other as in a review; equal stretches fold away. */
import { type ReactNode, useMemo, useState } from 'react'
import { type DiffLine, diffOf, type JsonDiff, linesMax, withContext } from './diff.ts'
import { useJsonIndex } from './use-json-index.ts'
import './json.css'

const signs = { same: ' ', added: '+', removed: '−' } as const
const words = { same: '', added: 'added', removed: 'removed' } as const
/** So many at once; more on demand. */
const linesAtOnce = 200

const Line = ({ line }: { line: DiffLine }): ReactNode => (
  <tr className={`df-${line.kind}`}>
    <td className="df-place">{line.before ?? ''}</td>
    <td className="df-place">{line.after ?? ''}</td>
    <td className="df-sign" aria-label={words[line.kind]}>
      {signs[line.kind]}
    </td>
    <td className="df-text">{line.text.length > 2_000 ? `${line.text.slice(0, 2_000)} …` : line.text}</td>
  </tr>
)

export interface DiffViewProps {
  readonly before: string
  readonly after: string
  readonly label: string
}

/** Two texts compared, as JSON where they are JSON. */
/** The difference; null while the documents are read. */
const useDiff = (before: string, after: string): JsonDiff | null => {
  const a = useJsonIndex(before).index
  const b = useJsonIndex(after).index
  return useMemo(() => (a === null || b === null ? null : diffOf(a, b)), [a, b])
}

export const DiffView = ({ before, after, label }: DiffViewProps): ReactNode => {
  const diff = useDiff(before, after)
  return diff === null ? (
    <p className="soft" role="status">
      Reading …
    </p>
  ) : (
    <Difference diff={diff} label={label} />
  )
}

const OnlyTheFirst = (): ReactNode => (
  <p className="soft small num">Only the first {linesMax.toLocaleString('en')} lines of each are compared.</p>
)

const Difference = ({ diff, label }: { diff: JsonDiff; label: string }): ReactNode => {
  const [whole, setWhole] = useState(false)
  const [most, setMost] = useState(linesAtOnce)
  const shown = useMemo(() => (whole ? diff.lines : withContext(diff)), [diff, whole])
  if (diff.added + diff.removed === 0)
    return diff.whole ? (
      <p className="df-none">Both have the same value.</p>
    ) : (
      <>
        <p className="df-none">No difference as far as they were compared.</p>
        <OnlyTheFirst />
      </>
    )
  return (
    <div className="df">
      <p className="df-sum">
        <b className="df-added-word">+{diff.added}</b> <b className="df-removed-word">−{diff.removed}</b>{' '}
        lines
        {diff.shortest ? '' : ' (too different to pair them line by line)'}
        <button type="button" className="link" onClick={() => setWhole(!whole)}>
          {whole ? 'Only what changed' : 'Whole document'}
        </button>
      </p>
      <table aria-label={label}>
        <tbody>
          {shown.slice(0, most).map((line, place) =>
            line.kind === 'left-out' ? (
              <tr key={place} className="df-left-out">
                <td colSpan={4}>{line.count.toLocaleString('en')} equal lines</td>
              </tr>
            ) : (
              <Line key={place} line={line} />
            ),
          )}
        </tbody>
      </table>
      {shown.length > most ? (
        <button type="button" className="btn" onClick={() => setMost(most + linesAtOnce)}>
          {(shown.length - most).toLocaleString('en')} more lines
        </button>
      ) : null}
      {diff.whole ? null : <OnlyTheFirst />}
    </div>
  )
}
