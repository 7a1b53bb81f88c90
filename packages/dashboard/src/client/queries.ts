/** The API in components: `useAnswer` for what is shown, `useChange` for what is done. */

import type { UseMutationResult, UseQueryResult } from '@tanstack/react-query'
import {
  keepPreviousData,
  QueryClient,
  useMutation,
  useQueries,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query'
import { ApiError } from './api-error.ts'
import { type Answer, type CallInput, call, type KeyOf, type ResourceName } from './call.adapter.ts'

/** The key under which an answer is kept: the same for pages and for the live feed. */
export const queryKeyOf = (id: string, params: object = {}, query: object = {}): readonly unknown[] => [
  id,
  Object.fromEntries(Object.entries({ ...params, ...query }).filter(([, value]) => value !== undefined)),
]

export const createQueryClient = (): QueryClient =>
  new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 2_000,
        gcTime: 120_000,
        // What was refused stays refused; what nobody answered is tried again.
        retry: (failures, error) =>
          failures < 2 && (!(error instanceof ApiError) || error.status === null || error.status >= 500),
        refetchOnWindowFocus: true,
      },
      mutations: { retry: false },
    },
  })

export interface AnswerOptions<Data> {
  /** Ask again so often, by what is known already; for what no channel of the live feed brings. 0: not again. */
  readonly everyMs?: number | ((known: Data | undefined) => number)
  readonly enabled?: boolean
  /** Goes on showing the answer to the question before while the next one is asked. */
  readonly keepPrevious?: boolean
}

/** What an entry answers, kept and shared; `error` is an `ApiError`. */
export const useAnswer = <Resource extends ResourceName, Key extends KeyOf<Resource>>(
  resource: Resource,
  key: Key,
  input: Pick<CallInput<Resource, Key>, 'params' | 'query'> = {},
  { enabled = true, everyMs = 0, keepPrevious }: AnswerOptions<Answer<Resource, Key>> = {},
): UseQueryResult<Answer<Resource, Key>> =>
  useQuery<Answer<Resource, Key>>({
    queryKey: queryKeyOf(`${resource}.${key}`, input.params, input.query),
    queryFn: ({ signal }) => call(resource, key, input, signal),
    enabled,
    refetchInterval: ({ state }) => (typeof everyMs === 'number' ? everyMs : everyMs(state.data)) || false,
    ...(keepPrevious === true ? { placeholderData: keepPreviousData } : {}),
  })

const dataOfAll = <Data>(results: readonly { readonly data: Data | undefined }[]): (Data | undefined)[] =>
  results.map(({ data }) => data)

/** The same entry for several inputs at once, in their order; undefined where an answer is not there yet. */
export const useAnswers = <Resource extends ResourceName, Key extends KeyOf<Resource>>(
  resource: Resource,
  key: Key,
  inputs: readonly Pick<CallInput<Resource, Key>, 'params' | 'query'>[],
): readonly (Answer<Resource, Key> | undefined)[] =>
  useQueries({
    queries: inputs.map((input) => ({
      queryKey: queryKeyOf(`${resource}.${key}`, input.params, input.query),
      queryFn: ({ signal }: { signal: AbortSignal }) => call(resource, key, input, signal),
    })),
    combine: dataOfAll,
  })

/** A call that changes something; afterwards everything that is shown is asked for again. */
export const useChange = <Resource extends ResourceName, Key extends KeyOf<Resource>>(
  resource: Resource,
  key: Key,
): UseMutationResult<Answer<Resource, Key>, Error, CallInput<Resource, Key>> => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (input: CallInput<Resource, Key>) => call(resource, key, input),
    onSettled: () => client.invalidateQueries(),
  })
}
