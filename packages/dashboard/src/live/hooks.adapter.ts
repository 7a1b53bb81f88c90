/**
 * The live feed in components. A state channel feeds the same cache as the entry of the API that it mirrors; without a
 * feed the entry is polled. Rows come in a ring, once a frame.
 */

import { channels, endpoints } from 'virtual:endpoints'
import { type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import type { LiveChannel, LiveData, LiveParams } from 'sluice/contract'
import { callById } from '../client/call.adapter.ts'
import { queryKeyOf } from '../client/queries.ts'
import { type LiveState, liveConnection } from './connection.adapter.ts'
import { createRing } from './ring.ts'

type StateChannel = Exclude<LiveChannel, 'messages'>

export const useLiveState = (): LiveState =>
  useSyncExternalStore(liveConnection().onState, liveConnection().state)

/** Since when the page is held as it is, by the one who looks; null while it moves. */
export const useFrozenSince = (): number | null =>
  useSyncExternalStore(liveConnection().onState, liveConnection().frozenSinceMs)

/** Parameters of the path apart from those of the query. */
const inputOf = (id: string, params: Readonly<Record<string, unknown>>) => {
  const path = endpoints[id]?.[1] ?? ''
  const inPath = Object.entries(params).filter(([name]) => path.includes(`{${name}}`))
  const others = Object.entries(params).filter(([name]) => !path.includes(`{${name}}`))
  return { params: Object.fromEntries(inPath), query: Object.fromEntries(others) }
}

const pollEveryMs = { connecting: false, live: false, lost: 5_000, polling: 2_000 } as const

/** What a channel shows, now and whenever it changes. */
export const useLive = <Channel extends StateChannel>(
  channel: Channel,
  params: Readonly<LiveParams<Channel>>,
  options: { readonly enabled?: boolean } = {},
): UseQueryResult<LiveData<Channel>> => {
  const client = useQueryClient()
  const state = useLiveState()
  const frozen = useFrozenSince() !== null
  const enabled = options.enabled ?? true
  const id = channels[channel] ?? ''
  const given: Readonly<Record<string, unknown>> = { ...params }
  const queryKey = queryKeyOf(id, given)
  const identity = JSON.stringify(queryKey)
  useEffect(() => {
    if (!enabled) return undefined
    return liveConnection().subscribe(channel, given, {
      update: ({ data }) => client.setQueryData(queryKey, data),
    })
    // `identity` stands for the parameters, whose object is a new one each time.
  }, [client, channel, identity, enabled])
  return useQuery({
    queryKey,
    queryFn: async ({ signal }) => (await callById(id, inputOf(id, given), signal)) as LiveData<Channel>,
    enabled,
    refetchInterval: frozen ? false : pollEveryMs[state.kind],
    staleTime: state.kind === 'live' ? Number.POSITIVE_INFINITY : 1_000,
  })
}

export interface LiveRows<Row> {
  /** Oldest first. */
  readonly rows: readonly Row[]
  /** Rows that the server left out because this tab or the line was slow. */
  readonly dropped: number
  /** Rows that were seen and made room for newer ones. */
  readonly fallen: number
  readonly problem: { readonly error: string; readonly fix: string } | null
  readonly clear: () => void
}

/** New messages of a topic as they come: at most `capacity` are kept, and drawn at most once a frame. */
export const useLiveMessages = (
  params: Readonly<LiveParams<'messages'>>,
  options: { readonly capacity: number; readonly paused: boolean; readonly enabled?: boolean },
): LiveRows<LiveData<'messages'>[number]> => {
  const { capacity, paused } = options
  const enabled = options.enabled ?? true
  const ring = useRef(createRing<LiveData<'messages'>[number]>(capacity))
  const [shown, setShown] = useState<Omit<LiveRows<LiveData<'messages'>[number]>, 'clear'>>({
    rows: [],
    dropped: 0,
    fallen: 0,
    problem: null,
  })
  const identity = JSON.stringify(params)
  useEffect(() => {
    if (!enabled) return undefined
    ring.current.clear()
    setShown({ rows: [], dropped: 0, fallen: 0, problem: null })
    let dropped = 0
    let frame = 0
    const draw = (): void => {
      frame = 0
      setShown({ rows: ring.current.rows(), dropped, fallen: ring.current.fallen(), problem: null })
    }
    const stop = liveConnection().subscribe(
      'messages',
      { ...params },
      {
        update: (update) => {
          ring.current.push(update.data as LiveData<'messages'>)
          dropped += update.dropped
          frame ||= requestAnimationFrame(draw)
        },
        failed: ({ error, fix }) => setShown((before) => ({ ...before, problem: { error, fix } })),
      },
    )
    return () => {
      stop()
      cancelAnimationFrame(frame)
    }
    // `identity` stands for the parameters, whose object is a new one each time.
  }, [identity, enabled])
  useEffect(() => {
    if (enabled) liveConnection().hold('messages', { ...params }, paused)
  }, [identity, enabled, paused])
  return {
    ...shown,
    clear: () => {
      ring.current.clear()
      setShown({ rows: [], dropped: 0, fallen: 0, problem: null })
    },
  }
}
