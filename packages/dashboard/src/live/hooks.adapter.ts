/**
 * The live feed in components. A state channel feeds the same cache as the entry of the API that it mirrors; without a
 * feed, or while the feed of that channel fails, the entry is polled.
 */

import { channels, endpoints } from 'virtual:endpoints'
import { type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState, useSyncExternalStore } from 'react'
import type { LiveData, LiveParams } from 'sluice/contract'
import { callById } from '../client/call.adapter.ts'
import { queryKeyOf } from '../client/queries.ts'
import { type LiveState, liveConnection } from './connection.adapter.ts'
import type { StateChannel } from './state-channel.ts'

export const useLiveState = (): LiveState =>
  useSyncExternalStore(liveConnection().onState, liveConnection().state)

/** Why a part of the page is not live, as words; null while all of it is. */
export const useLiveProblem = (): string | null =>
  useSyncExternalStore(liveConnection().onState, () => liveConnection().problem()?.error ?? null)

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
const pollFailedEveryMs = 5_000

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
  const [isFailing, setFailing] = useState(false)
  const id = channels[channel] ?? ''
  const given: Readonly<Record<string, unknown>> = { ...params }
  const queryKey = queryKeyOf(id, given)
  const identity = JSON.stringify(queryKey)
  useEffect(() => {
    if (!enabled) return undefined
    setFailing(false)
    return liveConnection().subscribe(channel, given, {
      update: ({ data }) => {
        setFailing(false)
        client.setQueryData(queryKey, data)
      },
      failed: () => setFailing(true),
    })
    // `identity` stands for the parameters, whose object is a new one each time.
  }, [client, channel, identity, enabled])
  return useQuery({
    queryKey,
    queryFn: async ({ signal }) => (await callById(id, inputOf(id, given), signal)) as LiveData<Channel>,
    enabled,
    refetchInterval: frozen ? false : pollEveryMs[state.kind] || (isFailing && pollFailedEveryMs),
    staleTime: state.kind === 'live' && !isFailing ? Number.POSITIVE_INFINITY : 1_000,
  })
}
