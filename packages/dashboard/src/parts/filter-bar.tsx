/**
 * Where a filter is typed: words coloured as one types, what is wrong told beside with its place, and on focus what
 * there is to ask for.
 *
 * Enter asks; Escape gives the focus back to the page; the text that is asked and the text that is typed may differ.
 */
import {
  type ChangeEvent,
  type KeyboardEvent,
  type ReactNode,
  type Ref,
  useEffect,
  useId,
  useRef,
  useState,
} from 'react'
import { termsOf, wordsOf } from './filter-terms.ts'
import './filter-bar.css'

export interface FilterProblem {
  readonly text: string
  /** From 1; null where the server gave no place. */
  readonly column: number | null
}

export interface FilterBarProps {
  /** The filter that is asked. */
  readonly filter: string
  readonly onFilter: (filter: string) => void
  readonly problem: FilterProblem | null
  readonly examples: readonly { readonly filter: string; readonly says: string }[]
  readonly inputRef?: Ref<HTMLInputElement>
  /** What the search says of itself, and buttons. */
  readonly children?: ReactNode
}

const Coloured = ({ text, problemAt }: { text: string; problemAt: number | null }): ReactNode =>
  (wordsOf(text) === null ? termsOf(text) : [{ kind: 'text', text, at: 0 }]).map((term) => {
    const wrong = problemAt !== null && problemAt >= term.at && problemAt < term.at + term.text.length
    return (
      <span key={term.at} className={`ft-${term.kind}${wrong ? ' ft-wrong' : ''}`}>
        {term.text}
      </span>
    )
  })

const Help = ({
  id,
  examples,
  onExample,
}: {
  id: string
  examples: FilterBarProps['examples']
  onExample: (filter: string) => void
}): ReactNode => (
  <div className="fb-help" id={id}>
    <dl>
      <dt>words</dt>
      <dd>
        Messages that have them in key or value, whatever the case: Lisbon, order 17, “is &gt; 3” in quotes.
      </dd>
      <dt>event</dt>
      <dd>The value: a field is event.name, a member of a list event.items[0]. Text where it is no JSON.</dd>
      <dt>meta</dt>
      <dd>topic, partition, offset, key, headers, time</dd>
    </dl>
    <ul>
      {examples.map((example) => (
        <li key={example.filter}>
          <button
            type="button"
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => onExample(example.filter)}
          >
            <code>
              <Coloured text={example.filter} problemAt={null} />
            </code>
            <span>{example.says}</span>
          </button>
        </li>
      ))}
    </ul>
    <p>The same language as in pipelines’ filters (CEL), and as in ./sluice consume --filter.</p>
  </div>
)

const classes = (...names: readonly (string | false)[]): string =>
  names.filter((name) => name !== false).join(' ')

interface LineProps extends FilterBarProps {
  readonly typed: string
  readonly onTyped: (typed: string) => void
  readonly describedBy: string
}

/** The input over its own text in colours. */
const Line = ({
  typed,
  onTyped,
  problem,
  describedBy,
  onFilter,
  inputRef,
  examples,
}: LineProps): ReactNode => {
  const [scroll, setScroll] = useState(0)
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (event.key === 'Enter') onFilter(typed.trim())
    else if (event.key === 'Escape') event.currentTarget.blur()
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div className="fb-text">
      <div className="fb-colours" aria-hidden="true">
        <div style={{ transform: `translateX(${-scroll}px)` }}>
          <Coloured
            text={typed}
            problemAt={problem === null || problem.column === null ? null : problem.column - 1}
          />
        </div>
      </div>
      <input
        ref={inputRef}
        className="fb-input"
        value={typed}
        onChange={(event: ChangeEvent<HTMLInputElement>) => onTyped(event.target.value)}
        onScroll={(event) => setScroll(event.currentTarget.scrollLeft)}
        onKeyDown={onKeyDown}
        onKeyUp={(event) => setScroll(event.currentTarget.scrollLeft)}
        placeholder={`Filter: words to find, or an expression such as ${examples.find(({ filter }) => filter.startsWith('event.'))?.filter ?? 'event.amount > 100'}`}
        aria-label="Filter"
        aria-describedby={describedBy}
        aria-invalid={problem !== null}
        maxLength={8_000}
        spellCheck={false}
        autoComplete="off"
        autoCapitalize="off"
      />
    </div>
  )
}

/** The bar: one line of the filter language. */
export const FilterBar = (props: FilterBarProps): ReactNode => {
  const { filter, onFilter, problem, examples, children } = props
  const [typed, setTyped] = useState(filter)
  const [focused, setFocused] = useState(false)
  const box = useRef<HTMLDivElement>(null)
  const id = useId()
  useEffect(() => setTyped(filter), [filter])
  const shownProblem = problem !== null && typed === filter ? problem : null
  const take = (example: string): void => {
    setTyped(example)
    onFilter(example)
  }
  return (
    <div
      ref={box}
      className="fb-box"
      onFocus={() => setFocused(true)}
      onBlur={(event) => !box.current?.contains(event.relatedTarget) && setFocused(false)}
    >
      <div className={classes('fb', shownProblem !== null && 'fb-bad')}>
        <Line
          {...props}
          typed={typed}
          onTyped={setTyped}
          problem={shownProblem}
          describedBy={shownProblem === null ? id : `${id}-problem`}
        />
        {typed !== '' && (
          <button type="button" className="fb-clear" aria-label="Clear the filter" onClick={() => take('')}>
            ×
          </button>
        )}
        {children}
      </div>
      {shownProblem !== null && (
        <p className="fb-problem" id={`${id}-problem`} role="alert">
          {shownProblem.text}
        </p>
      )}
      {focused && typed === '' && <Help id={id} examples={examples} onExample={take} />}
      {focused && typed !== filter && <p className="fb-hint">Enter searches</p>}
    </div>
  )
}
