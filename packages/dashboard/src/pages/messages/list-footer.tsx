/** What stands behind the last message: why there is no more, and how to get more. */
import type { ReactNode } from 'react'
import { CodeBlock } from '../../parts/code-block.tsx'
import { wordsOf } from '../../parts/filter-terms.ts'
import { countText } from '../../parts/format.ts'
import { Empty } from '../../parts/states.tsx'
import { useTopic } from '../topics/topic-frame.tsx'
import { pausedText, unjudgedText } from './account.ts'
import { shellWord } from './question.ts'
import type { MessagesPlace } from './use-messages-place.ts'
import { rowsShownMax, type Search } from './use-search.ts'

export interface FooterProps {
  readonly place: MessagesPlace
  readonly search: Search
  readonly follows: boolean
  readonly count: number
  /** The filter cannot be asked; why stands below it. */
  readonly isFilterWrong: boolean
}

const NoMessages = ({ place }: { place: MessagesPlace }): ReactNode => {
  const { data } = useTopic(place.topic)
  const { filter, since } = place.search
  if (data?.messages === '0' || data === undefined) {
    return (
      <Empty title="No messages yet">
        <p>They appear here as soon as something writes them. For instance:</p>
        <CodeBlock text={`echo '{"hello":"world"}' | ./sluice produce ${shellWord(place.topic)}`} />
      </Empty>
    )
  }
  return (
    <Empty title={filter === undefined ? 'No messages there' : 'No message matches'}>
      <p>
        The topic holds {countText(data.messages)} messages
        {since === undefined ? '' : ', none of them in the window that is drawn'}
        {filter === undefined
          ? ''
          : wordsOf(filter) === null
            ? '; none that was searched fulfils the filter'
            : `; none that was searched has “${wordsOf(filter) ?? ''}” in its key or value`}
        .
      </p>
      {filter === undefined || since !== undefined || place.search.offset !== undefined ? null : (
        <p>Only the {place.rangeLabel.toLowerCase()} was searched; a longer time is chosen at the top.</p>
      )}
      <div className="btns">
        {since !== undefined && (
          <button type="button" className="btn" onClick={() => place.setWindow(null)}>
            Take the window away
          </button>
        )}
        {filter !== undefined && (
          <button type="button" className="btn" onClick={() => place.setFilter('')}>
            Take the filter away
          </button>
        )}
      </div>
    </Empty>
  )
}

export const ListFooter = ({ place, search, follows, count, isFilterWrong }: FooterProps): ReactNode => {
  const { account } = search
  if (isFilterWrong)
    return (
      <Empty title="Nothing was searched">
        <p>The filter cannot be read; what is wrong with it stands below it.</p>
        <button type="button" className="btn" onClick={() => place.setFilter('')}>
          Take the filter away
        </button>
      </Empty>
    )
  if (follows) {
    return count === 0 ? (
      <Empty title="Waiting for messages">
        <p>What is written from now on appears here at once.</p>
      </Empty>
    ) : null
  }
  if (search.isAsking)
    return (
      <p className="ms-foot faint" role="status">
        Searching …
      </p>
    )
  if (account === null) return null
  const paused = pausedText(account)
  const unjudged = unjudgedText(account)
  return (
    <div className="ms-foot">
      {unjudged !== null && <p className="ms-unjudged">{unjudged}</p>}
      {count === 0 && account.atEnd && <NoMessages place={place} />}
      {paused !== null && search.canGoOn && !search.lastWasFull && (
        <p>
          {paused}{' '}
          <button type="button" className="btn pri" onClick={search.goOn}>
            Search on
          </button>
        </p>
      )}
      {count >= rowsShownMax && (
        <p className="soft">
          The list ends at {countText(rowsShownMax)} messages: narrow the filter or the time.
        </p>
      )}
      {count > 0 && account.atEnd && <p className="faint">That is all.</p>}
    </div>
  )
}
