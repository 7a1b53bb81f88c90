/** The difference of two documents, one below the other as in a review; equal stretches fold away. */
import { type ReactNode, useMemo, useState } from 'react'
import { type DiffLine, diffJson, withContext } from './diff.ts'
import './json.css'

const signs = { same: ' ', added: '+', removed: '−' } as const
const words = { same: '', added: 'added', removed: 'removed' } as const
const linesShownMax = 4_000

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
export const DiffView = ({ before, after, label }: DiffViewProps): ReactNode => {
  const diff = useMemo(() => diffJson(before, after), [before, after])
  const [whole, setWhole] = useState(false)
  const shown = useMemo(() => (whole ? diff.lines : withContext(diff)), [diff, whole])
  if (diff.added + diff.removed === 0) return <p className="df-none">Both have the same value.</p>
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
          {shown.slice(0, linesShownMax).map((line, place) =>
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
    </div>
  )
}
