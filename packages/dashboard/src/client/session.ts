/** Who is signed in, and what they may do. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type Answer, call, setCsrfToken } from './call.adapter.ts'

export type Session = Answer<'session', 'show'>

const sessionKey = ['session'] as const

/** Every changing call carries the token of the session. */
const taken = (session: Session): Session => {
  setCsrfToken(session.csrf_token)
  return session
}

export const useSession = () =>
  useQuery({
    queryKey: sessionKey,
    queryFn: async ({ signal }) => taken(await call('session', 'show', {}, signal)),
    staleTime: 30_000,
    refetchInterval: 60_000,
  })

/** Whether the one who looks may do that; false until it is known. */
export const useMay = (permission: string): boolean =>
  useSession().data?.permissions.includes(permission) ?? false

export const useSignIn = () => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async (token: string) => taken(await call('session', 'start', { body: { token } })),
    onSuccess: async (session) => {
      client.setQueryData(sessionKey, session)
      await client.invalidateQueries()
    },
  })
}

export const useSignOut = () => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async () => taken(await call('session', 'end')),
    onSuccess: async (session) => {
      client.clear()
      client.setQueryData(sessionKey, session)
    },
  })
}
