/** Where the list starts, of which partition; the same as a command; what is shown as a file. */
import { type ReactNode, useState } from 'react'
import { CodeBlock } from '../../parts/code-block.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { countText, momentText } from '../../parts/format.ts'
import { useTopic } from '../topics/topic-frame.tsx'
import { linesOf, type MessageRow } from './message-row.ts'
import { commandOf, curlOf } from './question.ts'
import type { MessagesPlace } from './use-messages-place.ts'

interface ShownRows {
  readonly count: number
  readonly rowAt: (place: number) => MessageRow | undefined
}

/** Hands what is shown to the browser as a file, one JSON document a line. */
const save = (topic: string, rows: ShownRows): void => {
  const all = Array.from({ length: rows.count }, (_, at) => rows.rowAt(at)).filter((row) => row !== undefined)
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([linesOf(all)], { type: 'application/x-ndjson' }))
  link.download = `${topic}.ndjson`
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}

const Commands = ({ place, close }: { place: MessagesPlace; close: () => void }): ReactNode => (
  <Dialog title="The same from a terminal" close={close} wide>
    <CodeBlock text={commandOf(place.topic, place.search, place.question)} />
    <CodeBlock text={curlOf(location.origin, place.topic, place.question)} />
  </Dialog>
)

const startOf = ({ search }: MessagesPlace): string =>
  search.offset !== undefined ? 'offset' : search.order === 'oldest' ? 'oldest' : 'newest'

const OffsetField = ({ place }: { place: MessagesPlace }): ReactNode => {
  const [typed, setTyped] = useState(place.search.offset ?? '')
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (/^\d{1,19}$/.test(typed)) place.setStart({ order: undefined, offset: typed })
      }}
    >
      <input
        className="input num mono"
        inputMode="numeric"
        aria-label="Offset to start at"
        placeholder="offset"
        value={typed}
        onChange={(event) => setTyped(event.target.value.replaceAll(/\D/g, '').slice(0, 19))}
      />
    </form>
  )
}

const Start = ({ place }: { place: MessagesPlace }): ReactNode => {
  const [asksOffset, setAsksOffset] = useState(place.search.offset !== undefined)
  const take = (start: string): void => {
    setAsksOffset(start === 'offset')
    if (start !== 'offset')
      place.setStart({ order: start === 'oldest' ? 'oldest' : undefined, offset: undefined })
  }
  return (
    <>
      <select
        className="input"
        aria-label="Where the list starts"
        value={asksOffset ? 'offset' : startOf(place)}
        onChange={(event) => take(event.target.value)}
      >
        <option value="newest">Newest first</option>
        <option value="oldest">Oldest first</option>
        <option value="offset">From an offset</option>
      </select>
      {asksOffset && <OffsetField place={place} />}
    </>
  )
}

const Partition = ({ place }: { place: MessagesPlace }): ReactNode => {
  const { data } = useTopic(place.topic)
  const count = Math.min(data?.partitions ?? 0, 1_000)
  return (
    <select
      className="input"
      aria-label="Partition"
      value={place.search.partition ?? ''}
      onChange={(event) =>
        place.setStart({ partition: event.target.value === '' ? undefined : Number(event.target.value) })
      }
    >
      <option value="">All partitions</option>
      {Array.from({ length: count }, (_, partition) => (
        <option key={partition} value={partition}>
          Partition {partition}
        </option>
      ))}
    </select>
  )
}

const Window = ({ place }: { place: MessagesPlace }): ReactNode =>
  place.search.since === undefined || place.search.until === undefined ? null : (
    <button
      type="button"
      className="btn num"
      title="Take the window away"
      onClick={() => place.setWindow(null)}
    >
      {momentText(place.search.since)} – {momentText(place.search.until)} ×
    </button>
  )

export const StartBar = ({ place, rows }: { place: MessagesPlace; rows: ShownRows }): ReactNode => {
  const [showsCommands, setShowsCommands] = useState(false)
  return (
    <div className="ms-start">
      <Start place={place} />
      <Partition place={place} />
      <Window place={place} />
      <span className="ms-start-end">
        <button type="button" className="btn bare" onClick={() => setShowsCommands(true)}>
          As a command
        </button>
        <button
          type="button"
          className="btn bare num"
          disabled={rows.count === 0}
          title="One JSON document a line (NDJSON); of long values what the list holds"
          onClick={() => save(place.topic, rows)}
        >
          Export {countText(rows.count)} shown
        </button>
      </span>
      {showsCommands && <Commands place={place} close={() => setShowsCommands(false)} />}
    </div>
  )
}
