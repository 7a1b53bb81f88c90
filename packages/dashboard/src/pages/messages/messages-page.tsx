/**
 * Messages of a topic: asked for with a filter, seen over time, read one by one, followed live, written by hand.
 *
 * Everything one sees is in the address: a link shows the same question and the same message.
 */
import { type ReactNode, useCallback, useMemo, useRef, useState } from 'react'
import { useMay } from '../../client/session.ts'
import { Chip } from '../../parts/chip.tsx'
import { narrowed } from '../../parts/filter-terms.ts'
import { countText, momentText } from '../../parts/format.ts'
import { type KeyAction, useKeys } from '../../parts/keys.ts'
import { Failure } from '../../parts/states.tsx'
import { TopicFrame, useTopic } from '../topics/topic-frame.tsx'
import { type Draft, emptyDraft } from './draft.ts'
import { isFilterFault } from './filter-fault.ts'
import { Inspector } from './inspector.tsx'
import { ListFooter } from './list-footer.tsx'
import { MessageList, RowsSkeleton } from './message-list.tsx'
import { type MessageRow, placeOf } from './message-row.ts'
import { ProduceDrawer } from './produce-drawer.tsx'
import { QueryBar } from './query-bar.tsx'
import { StartBar } from './start-bar.tsx'
import { TimeBar } from './time-bar.tsx'
import { type MessagesPlace, useMessagesPlace } from './use-messages-place.ts'
import { type Search, useSearch } from './use-search.ts'
import { useTail } from './use-tail.ts'
import './messages.css'

/** What the list shows: what was searched, or what comes. */
interface Rows {
  readonly count: number
  readonly rowAt: (place: number) => MessageRow | undefined
}

const useRows = (place: MessagesPlace, search: Search) => {
  const { topic, search: address } = place
  const follows = address.follow === true
  const { filter, partition } = address
  const from = search.followFrom
  const params = useMemo(
    () =>
      follows
        ? {
            topic,
            ...(filter === undefined ? {} : { filter }),
            ...(partition === undefined ? {} : { partition }),
            // Where the list ends, so that nothing lies between it and what comes. Asked once, when following began.
            ...(from === null ? {} : { from }),
          }
        : null,
    [follows, topic, filter, partition, from === null],
  )
  const { tail, problem, missing, setPaused } = useTail(params, search.rows)
  const rows: Rows = follows
    ? { count: tail.length, rowAt: (at) => tail.newest(at) }
    : { count: search.rows.length, rowAt: (at) => search.rows[at] }
  return { rows, tail, problem, missing, setPaused, follows }
}

/** The row that is inspected, and its neighbours. */
const placeIn = (rows: Rows, name: string | null): number => {
  if (name === null) return -1
  for (let at = 0; at < rows.count; at += 1) {
    const row = rows.rowAt(at)
    if (row !== undefined && placeOf(row) === name) return at
  }
  return -1
}

/** The next older row with the same key in the same partition, where the list has it. */
const earlierIn = (rows: Rows, at: number): MessageRow | null => {
  const row = rows.rowAt(at)
  if (row === undefined || row.key === null) return null
  for (let place = 0; place < Math.min(rows.count, 5_000); place += 1) {
    const other = rows.rowAt((at + 1 + place) % rows.count)
    if (other === undefined || other === row) continue
    if (
      other.key === row.key &&
      other.partition === row.partition &&
      BigInt(other.offset) < BigInt(row.offset)
    )
      return other
  }
  return null
}

interface Moves {
  readonly step: (by: 1 | -1) => void
  readonly focusFilter: () => void
  readonly toggleFollow: () => void
  readonly askAnew: () => void
  readonly close: () => void
  readonly focusInspector: () => void
}

const useMessageKeys = (moves: Moves): void => {
  const current = useRef(moves)
  current.current = moves
  const actions = useMemo(
    (): readonly KeyAction[] => [
      { keys: 'j', says: 'Next message', run: () => current.current.step(1) },
      { keys: 'k', says: 'Message before', run: () => current.current.step(-1) },
      { keys: 'Enter', says: 'Into the message', run: () => current.current.focusInspector() },
      { keys: 'Escape', says: 'Close the message', run: () => current.current.close() },
      { keys: '/', says: 'Filter', run: () => current.current.focusFilter() },
      { keys: 'f', says: 'Follow, or stop following', run: () => current.current.toggleFollow() },
      { keys: 'r', says: 'Search again', run: () => current.current.askAnew() },
    ],
    [],
  )
  useKeys(actions)
}

const TailBar = ({
  tail,
  problem,
  missing,
  onResume,
}: {
  tail: ReturnType<typeof useTail>['tail']
  problem: ReturnType<typeof useTail>['problem']
  missing: number
  onResume: () => void
}): ReactNode => {
  const { waiting, dropped, forgotten } = tail.counts
  return (
    <div className="ms-tail num" role="status">
      {problem === null ? (
        <Chip tone={tail.paused ? 'id' : 'ok'}>{tail.paused ? 'Held' : 'Following'}</Chip>
      ) : (
        <Chip tone="wn">
          {problem.error} {problem.fix}
        </Chip>
      )}
      {tail.paused && (
        <button type="button" className="btn pri" onClick={onResume}>
          {waiting === 0 ? 'Go on' : `${countText(waiting)} new: show`}
        </button>
      )}
      {dropped > 0 && (
        <span
          className="ms-dropped"
          title="They came faster than a page can show. They are in the topic: search for them."
        >
          {countText(dropped)} left out of this view
        </span>
      )}
      {missing > 0 && (
        <span
          className="ms-dropped"
          title="The connection was lost meanwhile. They are in the topic: search for them."
        >
          up to {countText(missing)} missing after a break
        </span>
      )}
      {forgotten > 0 && <span className="faint">the last {countText(tail.length)} are kept here</span>}
    </div>
  )
}

const useProduce = () => {
  const [draft, setDraft] = useState<Draft | null>(null)
  return { draft, open: (begin: Draft) => setDraft(begin), close: () => setDraft(null) }
}

interface ListAreaProps {
  readonly place: MessagesPlace
  readonly search: Search
  readonly rows: Rows
  readonly follows: boolean
  readonly selected: string | null
  readonly inspect: (message: MessageRow) => void
  readonly setPaused: (paused: boolean) => void
  readonly isFilterWrong: boolean
}

const ListArea = (props: ListAreaProps): ReactNode => {
  const { place, search, rows, follows, selected, inspect, setPaused, isFilterWrong } = props
  return (
    <div className="ms-list">
      {search.error !== null && !isFilterWrong && rows.count === 0 ? (
        <Failure error={search.error} retry={search.askAnew} />
      ) : search.isFirst && !follows ? (
        <RowsSkeleton />
      ) : (
        <MessageList
          count={rows.count}
          rowAt={rows.rowAt}
          selected={selected}
          onSelect={inspect}
          filter={place.search.filter ?? ''}
          onEnd={() => !follows && search.canGoOn && search.lastWasFull && !search.isAsking && search.goOn()}
          onScrolled={(away) => follows && away && setPaused(true)}
          label={`Messages of ${place.topic}`}
          footer={<ListFooter {...{ place, search, follows, isFilterWrong }} count={rows.count} />}
        />
      )}
    </div>
  )
}

/** The message that is open, and going from one to the next. */
const useInspecting = (place: MessagesPlace, rows: Rows, setPaused: (paused: boolean) => void) => {
  const selected = place.open === null ? null : `${place.open.partition}/${place.open.offset}`
  const at = placeIn(rows, selected)
  const inspect = useCallback(
    (message: MessageRow) => {
      setPaused(true)
      place.inspect(message)
    },
    [place, setPaused],
  )
  const step = (by: 1 | -1): void => {
    const next = rows.rowAt(at === -1 ? 0 : Math.max(0, at + by))
    if (next !== undefined) inspect(next)
  }
  const resume = (): void => {
    place.inspect(null)
    setPaused(false)
  }
  return { selected, at, inspect, step, resume }
}

/** The list with all that leads to it. */
const Messages = ({ place }: { place: MessagesPlace }): ReactNode => {
  const { topic, search: address, open } = place
  const search = useSearch(topic, place.question)
  const { rows, tail, problem, missing, setPaused, follows } = useRows(place, search)
  const mayWrite = useMay('messages:write')
  const produce = useProduce()
  const input = useRef<HTMLInputElement>(null)
  const { selected, at, inspect, step, resume } = useInspecting(place, rows, setPaused)
  useMessageKeys({
    step,
    focusFilter: () => input.current?.focus(),
    toggleFollow: () => place.setFollow(!follows),
    askAnew: search.askAnew,
    close: () => (open === null ? setPaused(false) : place.inspect(null)),
    focusInspector: () => document.getElementById('inspector')?.focus(),
  })
  const filterFault = isFilterFault(search.error) ? search.error : null
  return (
    <div className={open === null ? 'ms' : 'ms ms-open'}>
      <div className="ms-top">
        <QueryBar
          place={place}
          search={search}
          fault={filterFault}
          inputRef={input}
          follows={follows}
          onProduce={mayWrite ? () => produce.open(emptyDraft) : null}
        />
        <TimeBar place={place} />
        <StartBar place={place} rows={rows} />
      </div>
      {follows && <TailBar {...{ tail, problem, missing }} onResume={resume} />}
      <div className="ms-split">
        <ListArea
          {...{ place, search, rows, follows, selected, inspect, setPaused }}
          isFilterWrong={filterFault !== null}
        />
        {open !== null && (
          <Inspector
            place={{ topic, ...open }}
            view={address.view ?? 'tree'}
            onView={place.setView}
            onClose={() => place.inspect(null)}
            onFilter={(condition) => place.setFilter(narrowed(address.filter ?? '', condition))}
            earlierRow={at === -1 ? null : earlierIn(rows, at)}
            onStep={step}
            onAgain={mayWrite ? produce.open : null}
          />
        )}
      </div>
      {produce.draft !== null && (
        <ProduceDrawer topic={topic} begin={produce.draft} close={produce.close} done={search.askAnew} />
      )}
    </div>
  )
}

const MessagesPage = (): ReactNode => {
  const place = useMessagesPlace()
  const { data } = useTopic(place.topic)
  const newest = data?.last_write_at
  return (
    <TopicFrame name={place.topic} tab="messages" fill>
      <Messages key={place.topic} place={place} />
      {newest === null || newest === undefined ? null : (
        <span className="hidden-text">Last write {momentText(newest)}</span>
      )}
    </TopicFrame>
  )
}

export default MessagesPage
