/** Messages over time, with the window that seeks. */
import { type ReactNode, useState } from 'react'
import { call } from '../../client/call.adapter.ts'
import { countText, momentText } from '../../parts/format.ts'
import { Histogram } from '../../parts/histogram.tsx'
import { Failure, Skeleton } from '../../parts/states.tsx'
import { useSetTimeRange } from '../../parts/time-range.ts'
import { sayFailed } from '../../parts/toast.tsx'
import { useTopic } from '../topics/topic-frame.tsx'
import { isFilterFault } from './filter-fault.ts'
import { windowOf } from './question.ts'
import { useHistogram } from './use-histogram.ts'
import type { MessagesPlace } from './use-messages-place.ts'

const two = (value: number): string => String(value).padStart(2, '0')

/** Seconds only where they tell ticks apart. */
const timeFormat =
  (lengthMs: number) =>
  (time: number): string => {
    const date = new Date(time)
    const clock = `${two(date.getHours())}:${two(date.getMinutes())}`
    if (lengthMs <= 600_000) return `${clock}:${two(date.getSeconds())}`
    return lengthMs > 86_400_000 ? momentText(time) : clock
  }

/** Widens the range of the page to everything that is kept. */
const ShowEverything = ({ topic }: { topic: string }): ReactNode => {
  const { between } = useSetTimeRange()
  const [busy, setBusy] = useState(false)
  const widen = async (): Promise<void> => {
    setBusy(true)
    try {
      const all = await call('messages', 'histogram', { params: { name: topic }, query: { buckets: 1 } })
      between(Date.parse(all.from) - 1_000, Date.parse(all.until) + 1_000)
    } catch (error) {
      sayFailed(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <button type="button" className="btn" disabled={busy} onClick={() => void widen()}>
      Show all time
    </button>
  )
}

export const TimeBar = ({ place }: { place: MessagesPlace }): ReactNode => {
  const { topic, search, range } = place
  const { data: known } = useTopic(topic)
  const narrow = matchMedia('(max-width: 760px)').matches
  const { shown, answer, error, refetch } = useHistogram(topic, range, search, narrow ? 40 : 120)
  if (shown === null) {
    // What is wrong with a filter is told where it is typed.
    if (isFilterFault(error)) return <div className="ms-time ms-time-none" />
    return error === null ? <Skeleton height={70} /> : <Failure error={error} retry={() => void refetch()} />
  }
  const format = timeFormat(shown.range.until - shown.range.from)
  return (
    <div className="ms-time">
      <Histogram
        buckets={shown.buckets}
        range={shown.range}
        window={windowOf(search)}
        onWindow={place.setWindow}
        filtered={search.filter !== undefined}
        formatTime={format}
        label="Messages over time. Arrow keys move the window, with Shift its end; Escape takes it away."
      />
      {answer?.total === 0 && known?.messages !== '0' && (
        <p className="ms-nothing">
          Nothing was written{' '}
          {place.rangeLabel.startsWith('Last') ? `in the ${place.rangeLabel.toLowerCase()}` : 'in this time'}.{' '}
          <ShowEverything topic={topic} />
        </p>
      )}
      {search.filter !== undefined && answer?.complete === false && (
        <p className="ms-partly num">
          Searched {countText(answer.scanned)} of {countText(answer.total)}: hatched bars were not looked at.
        </p>
      )}
    </div>
  )
}
