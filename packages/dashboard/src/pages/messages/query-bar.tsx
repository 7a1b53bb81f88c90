/** The filter, what the search says of itself, and what can be done beside searching. */
import { type ReactNode, type Ref, useMemo } from 'react'
import { ApiError } from '../../client/api-error.ts'
import { exactText } from '../../parts/exact-text.ts'
import { FilterBar, type FilterProblem } from '../../parts/filter-bar.tsx'
import { accountText, unjudgedText } from './account.ts'
import type { MessageRow } from './message-row.ts'
import type { MessagesPlace } from './use-messages-place.ts'
import type { Search } from './use-search.ts'

/** Where the fault says that the expression goes wrong; faults tell columns from 1. */
const problemOf = (fault: Error | null): FilterProblem | null => {
  if (fault === null) return null
  const text = fault instanceof ApiError ? fault.facts.what : fault.message
  const place = /(?:at|column|character|col) (\d+)(?::(\d+))?/i.exec(text)
  const column = place === null ? null : Number(place[2] ?? place[1])
  return { text, column }
}

const isNumber = (text: string): boolean => /^-?\d+(\.\d+)?$/.test(text)

/** Examples made of what the topic really holds. */
const examplesOf = (row: MessageRow | undefined): readonly { filter: string; says: string }[] => {
  const fixed = [
    { filter: 'meta.partition == 0', says: 'of one partition' },
    { filter: 'has(event.error)', says: 'that have a field' },
  ]
  const keyed =
    row !== undefined && row.key !== null && row.key_encoding === 'utf8'
      ? [{ filter: `meta.key == ${JSON.stringify(row.key)}`, says: 'of one key' }]
      : []
  if (row === undefined || typeof row.value !== 'object' || row.value === null || Array.isArray(row.value))
    return [...keyed, ...fixed]
  const fields = Object.entries(row.value).filter(([name]) => /^[A-Za-z_]\w*$/.test(name))
  // Nobody looks for numbers that only name something.
  const measures = fields.filter(([name]) => !/(^|_)id$|Id$/.test(name))
  const numbers = (measures.length === 0 ? fields : measures).flatMap(([name, value]) => {
    const text = exactText(value)
    return isNumber(text) ? [{ filter: `event.${name} > ${text}`, says: 'above a value' }] : []
  })
  const texts = fields.flatMap(([name, value]) =>
    typeof value === 'string' && value.length <= 40
      ? [{ filter: `event.${name} == ${JSON.stringify(value)}`, says: 'equal to a text' }]
      : [],
  )
  return [...numbers.slice(0, 1), ...texts.slice(0, 1), ...keyed, ...fixed]
}

export interface QueryBarProps {
  readonly place: MessagesPlace
  readonly search: Search
  readonly fault: Error | null
  readonly inputRef: Ref<HTMLInputElement>
  readonly follows: boolean
  /** null: one may not. */
  readonly onProduce: (() => void) | null
}

const Account = ({ place, search, follows }: QueryBarProps): ReactNode => {
  const { account } = search
  if (follows || account === null) return null
  const filtered = place.search.filter !== undefined
  const where =
    place.search.since !== undefined
      ? 'in the window'
      : place.search.offset !== undefined || place.search.order === 'oldest'
        ? 'from there on'
        : filtered
          ? `in the ${place.rangeLabel.toLowerCase()}`
          : 'newest first'
  return (
    <em className="ms-account num" title={unjudgedText(account) ?? undefined}>
      {search.isAsking ? 'Searching … ' : ''}
      {accountText(account, filtered, where)}
      {account.unjudged > 0 ? ' *' : ''}
    </em>
  )
}

export const QueryBar = (props: QueryBarProps): ReactNode => {
  const { place, search, fault, inputRef, follows, onProduce } = props
  const first = search.rows[0]
  const examples = useMemo(() => examplesOf(first), [first])
  return (
    <FilterBar
      filter={place.search.filter ?? ''}
      onFilter={place.setFilter}
      problem={problemOf(fault)}
      examples={examples}
      inputRef={inputRef}
    >
      <Account {...props} />
      <button
        type="button"
        className={follows ? 'btn pri' : 'btn'}
        aria-pressed={follows}
        title="Show messages as they come (f)"
        onClick={() => place.setFollow(!follows)}
      >
        {follows ? 'Following' : 'Follow'}
      </button>
      <button
        type="button"
        className="btn"
        disabled={onProduce === null}
        title={
          onProduce === null
            ? 'You may read messages here, not write them (messages:write).'
            : 'Write a message'
        }
        onClick={onProduce ?? undefined}
      >
        Produce
      </button>
    </FilterBar>
  )
}
