/** Who is signed in, and what they may do. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { callById, setCsrfToken } from './call.adapter.ts'

export interface Session {
  readonly signedIn: boolean
  readonly name: string
  readonly permissions: ReadonlySet<string>
  /** What somebody who is not signed in may do. */
  readonly anonymous: 'none' | 'read'
  readonly expiresAt: string | null
  readonly environment: {
    readonly name: string
    readonly kafka: string | null
    readonly database: string | null
    readonly version: string
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)

const sessionOf = (body: unknown): Session => {
  const told = isRecord(body) ? body : {}
  const principal = isRecord(told['principal']) ? told['principal'] : {}
  const environment = isRecord(told['environment']) ? told['environment'] : {}
  setCsrfToken(textOf(told['csrf_token']))
  return {
    signedIn: told['signed_in'] === true,
    name: textOf(principal['name']) ?? 'nobody',
    permissions: new Set(Array.isArray(told['permissions']) ? told['permissions'].map(String) : []),
    anonymous: told['anonymous'] === 'read' ? 'read' : 'none',
    expiresAt: textOf(told['expires_at']),
    environment: {
      name: textOf(environment['name']) ?? '–',
      kafka: textOf(environment['kafka']),
      database: textOf(environment['database']),
      version: textOf(environment['version']) ?? '–',
    },
  }
}

const sessionKey = ['session'] as const

export const useSession = () =>
  useQuery({
    queryKey: sessionKey,
    queryFn: async ({ signal }) => sessionOf(await callById('session.show', {}, signal)),
    staleTime: 30_000,
    refetchInterval: 60_000,
  })

/** Whether the one who looks may do that; false until it is known. */
export const useMay = (permission: string): boolean => useSession().data?.permissions.has(permission) ?? false

export const useSignIn = () => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async (token: string) => sessionOf(await callById('session.start', { body: { token } })),
    onSuccess: async (session) => {
      client.setQueryData(sessionKey, session)
      await client.invalidateQueries()
    },
  })
}

export const useSignOut = () => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async () => sessionOf(await callById('session.end')),
    onSuccess: async (session) => {
      client.clear()
      client.setQueryData(sessionKey, session)
    },
  })
}
