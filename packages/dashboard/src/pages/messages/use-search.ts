/**
 * The search behind the list: pages that follow one another, and an honest account of what was looked at.
 *
 * What was found stays as it is until somebody asks anew: a list under the eyes of a reader does not move.
 */
import { useInfiniteQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { type Answer, call } from '../../client/call.adapter.ts'
import type { MessageRow } from './message-row.ts'
import type { Question } from './question.ts'

type Page = Answer<'messages', 'read'>

const pageRows = 200
/** Of each message a list shows one line; the inspector asks for the rest. */
const previewBytes = 2_048
/** A longer list is of no use to anybody; a narrower question is. */
export const rowsShownMax = 20_000

/** What a search says of itself. */
export interface SearchAccount {
  readonly scanned: number
  readonly matched: number
  readonly unjudged: number
  readonly unjudgedExample: string | null
  /** Offsets not yet looked at; null where that is not known. */
  readonly remaining: string | null
  readonly elapsedMs: number
  readonly atEnd: boolean
}

const accountOf = (pages: readonly Page[]): SearchAccount => {
  const last = pages.at(-1)
  const example = pages.find((page) => page.unjudged_example !== null)?.unjudged_example
  const sum = (of: (page: Page) => number) => pages.reduce((total, page) => total + of(page), 0)
  return {
    scanned: sum((page) => page.scanned),
    matched: sum((page) => page.matched),
    unjudged: sum((page) => page.unjudged),
    unjudgedExample:
      example === undefined || example === null
        ? null
        : `${example.partition} : ${example.offset}: ${example.problem}`,
    remaining: last?.remaining ?? null,
    elapsedMs: sum((page) => page.elapsed_ms),
    atEnd: last?.at_end ?? false,
  }
}

/** Asks, and asks on. `question` null: nothing is asked yet. */
export const useSearch = (topic: string, question: Question | null) => {
  const asked = useInfiniteQuery({
    queryKey: ['messages.pages', topic, question],
    enabled: question !== null,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      call(
        'messages',
        'read',
        {
          params: { name: topic },
          query: {
            ...question,
            ...(pageParam === null ? {} : { from: pageParam }),
            limit: pageRows,
            preview_bytes: previewBytes,
          },
        },
        signal,
      ),
    getNextPageParam: (last, pages) =>
      last.at_end || pages.length * pageRows >= rowsShownMax ? null : last.next,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  })
  const pages = asked.data?.pages
  const rows = useMemo((): readonly MessageRow[] => pages?.flatMap((page) => page.data) ?? [], [pages])
  const account = useMemo(() => (pages === undefined ? null : accountOf(pages)), [pages])
  return {
    rows,
    account,
    error: asked.error,
    isAsking: asked.isFetching,
    isFirst: asked.isPending,
    /** The last page was as full as it may be: going on costs little. */
    lastWasFull: (pages?.at(-1)?.data.length ?? 0) >= pageRows,
    canGoOn: asked.hasNextPage,
    goOn: () => void asked.fetchNextPage(),
    askAnew: () => void asked.refetch(),
    followFrom: pages?.at(0)?.follow_from ?? null,
  }
}

export type Search = ReturnType<typeof useSearch>
