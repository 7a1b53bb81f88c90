/** Answers of `session`: signing in and out. */
import { type Answers, type Call, type Principal, WithStatus } from '../../contract/answers.ts'
import type { AnswerOf, Endpoint } from '../../contract/endpoint.ts'
import { permissions } from '../../contract/permissions.ts'
import type { sessionResource } from '../../contract/session.ts'
import type { Callers } from '../callers.ts'
import { cameThroughTls, noSessionCookie, sessionCookie, sessionTokenOf } from '../session-cookie.ts'
import type { Session, Sessions } from '../sessions.ts'

/** Where this server belongs. No secret. */
export interface Environment {
  /** The namespace. */
  readonly name: string
  /** `embedded`, or addresses. */
  readonly kafka: string
  readonly database: string
}

export interface SessionAnswersParts {
  readonly sessions: Sessions
  readonly callers: Callers
  readonly anonymous: 'none' | 'read'
  readonly environment: Environment
  readonly version: string
}

type State = AnswerOf<(typeof sessionResource)['endpoints']['show']>
type AnyCall = Pick<Call<Endpoint>, 'header'>

const cookieFacts = ({ header }: AnyCall): { host: string | undefined; secure: boolean } => ({
  host: header('host'),
  secure: cameThroughTls({ origin: header('origin'), forwardedProto: header('x-forwarded-proto') }),
})

const tokenOf = ({ header }: AnyCall): string | null =>
  sessionTokenOf({ host: header('host'), cookie: header('cookie'), site: header('sec-fetch-site') })

const permissionsOf = ({ permissions: has }: Principal): string[] =>
  has === 'all' ? Object.keys(permissions) : [...has]

export const sessionAnswers = (parts: SessionAnswersParts): Answers<typeof sessionResource> => {
  const { callers, environment, sessions, version } = parts
  const stateOf = (principal: Principal, session: Session | null): State => {
    const mayKnow = principal.permissions === 'all' || principal.permissions.size > 0
    return {
      signed_in: principal.kind !== 'anonymous',
      principal: { name: principal.name, kind: principal.kind },
      permissions: permissionsOf(principal),
      anonymous: parts.anonymous,
      csrf_token: session?.csrfToken ?? null,
      expires_at: session === null ? null : new Date(session.expiresAtMs).toISOString(),
      environment: {
        name: environment.name,
        kafka: mayKnow ? environment.kafka : null,
        database: mayKnow ? environment.database : null,
        version,
      },
    }
  }
  return {
    show: async (call) => {
      // A key counts more than a cookie, as with every other call.
      if (call.principal.kind !== 'anonymous') return stateOf(call.principal, null)
      const token = tokenOf(call)
      const session = token === null ? null : await sessions.find(token)
      return stateOf(session?.principal ?? callers.nobody, session)
    },
    start: async (call) => {
      const { session, token } = await sessions.start(call.body.token, tokenOf(call))
      const { host, secure } = cookieFacts(call)
      return new WithStatus(200, stateOf(session.principal, session), {
        headers: { 'set-cookie': sessionCookie(host, secure, token) },
        actor: session.principal.name,
      })
    },
    end: async (call) => {
      const token = tokenOf(call)
      if (token !== null) await sessions.end(token)
      const { host, secure } = cookieFacts(call)
      return new WithStatus(200, stateOf(callers.nobody, null), {
        // Only what pages stored is cleared: caches hold nothing but files of the page, and clearing them is slow.
        headers: { 'set-cookie': noSessionCookie(host, secure), 'clear-site-data': '"storage"' },
      })
    },
    make_link: async ({ principal }) => {
      const { expiresAtMs, path } = await sessions.makeLink(principal)
      return { path, expires_at: new Date(expiresAtMs).toISOString() }
    },
  }
}
