/** The address as state: its parameters, its search, and how to change them. */
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useCallback } from 'react'

/** A parameter of the path, decoded. */
export const usePathParam = (name: string): string => {
  const params = useParams({ strict: false }) as Readonly<Record<string, string | undefined>>
  return params[name] ?? ''
}

/** The whole search of the address. */
export const useSearchAll = (): Readonly<Record<string, string | undefined>> =>
  useSearch({ strict: false }) as Readonly<Record<string, string | undefined>>

export type SetSearch = (
  change: Readonly<Record<string, string | number | undefined>>,
  options?: { readonly replace?: boolean },
) => void

/** Changes parts of the search; undefined removes one. By default without a new entry in the history. */
export const useSetSearch = (): SetSearch => {
  const navigate = useNavigate()
  return useCallback(
    (change, options) => {
      void navigate({
        to: '.',
        replace: options?.replace ?? true,
        resetScroll: false,
        search: (before: Readonly<Record<string, unknown>>) => ({ ...before, ...change }),
      } as Parameters<typeof navigate>[0])
    },
    [navigate],
  )
}

/** One text of the search, and how to change it. `preset` stands for nothing in the address. */
export const useSearchText = (
  name: string,
  preset = '',
): readonly [text: string, set: (text: string) => void] => {
  const text = useSearchAll()[name] ?? preset
  const setSearch = useSetSearch()
  const set = useCallback(
    (next: string) => setSearch({ [name]: next === preset ? undefined : next }),
    [setSearch, name, preset],
  )
  return [text, set]
}

export type GoTo = (to: string, params?: Readonly<Record<string, string>>, search?: object) => void

/** Goes to a path of the list of routes. */
export const useGoTo = (): GoTo => {
  const navigate = useNavigate()
  return useCallback(
    (to, params = {}, search = {}) => {
      const there: unknown = { to, params, search }
      void navigate(there as Parameters<typeof navigate>[0])
    },
    [navigate],
  )
}
