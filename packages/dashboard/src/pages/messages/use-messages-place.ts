/** Where one is on a Messages page, read from the address, and how to go elsewhere. */
import { useMemo } from 'react'
import { usePathParam, useSearchAll, useSetSearch } from '../../parts/address.adapter.ts'
import type { TimeRange } from '../../parts/brush.ts'
import { useTimeRange } from '../../parts/time-range.ts'
import type { MessageRow } from './message-row.ts'
import {
  type InspectorView,
  inspected,
  type MessagesSearch,
  type Question,
  questionOf,
  readSearch,
} from './question.ts'

export interface MessagesPlace {
  readonly topic: string
  readonly search: MessagesSearch
  readonly range: TimeRange
  readonly rangeLabel: string
  readonly question: Question
  readonly open: { readonly partition: number; readonly offset: string } | null
  readonly setFilter: (filter: string) => void
  readonly setWindow: (window: TimeRange | null) => void
  readonly setStart: (start: {
    order?: 'oldest' | undefined
    partition?: number | undefined
    offset?: string | undefined
  }) => void
  readonly setFollow: (follow: boolean) => void
  readonly inspect: (message: Pick<MessageRow, 'partition' | 'offset'> | null) => void
  readonly setView: (view: InspectorView) => void
}

export const useMessagesPlace = (): MessagesPlace => {
  const topic = usePathParam('name')
  const all = useSearchAll()
  const setSearch = useSetSearch()
  const { fromMs, toMs, label, name } = useTimeRange()
  const search = useMemo(() => readSearch(all), [all])
  const range = { from: fromMs, until: toMs }
  const { filter, since, until, order, partition, offset } = search
  // A range that moves does not ask again and again: the question holds the time at which it was asked.
  const question = useMemo(
    () => questionOf(search, range),
    [topic, filter, since, until, order, partition, offset, name],
  )
  const change = useMemo(
    () => ({
      setFilter: (text: string) => setSearch({ filter: text === '' ? undefined : text }),
      setWindow: (window: TimeRange | null) =>
        setSearch({
          since: window === null ? undefined : new Date(window.from).toISOString(),
          until: window === null ? undefined : new Date(window.until).toISOString(),
          follow: undefined,
          offset: undefined,
        }),
      setStart: (start: Parameters<MessagesPlace['setStart']>[0]) =>
        setSearch({ ...start, follow: undefined }),
      setFollow: (follow: boolean) =>
        setSearch({
          follow: follow ? 'true' : undefined,
          since: undefined,
          until: undefined,
          order: undefined,
          offset: undefined,
        }),
      inspect: (message: Pick<MessageRow, 'partition' | 'offset'> | null) =>
        setSearch({ m: message === null ? undefined : `${message.partition}-${message.offset}` }),
      setView: (view: InspectorView) => setSearch({ view: view === 'tree' ? undefined : view }),
    }),
    [setSearch],
  )
  return { topic, search, range, rangeLabel: label, question, open: inspected(search), ...change }
}
