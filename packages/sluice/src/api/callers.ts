/** Who calls: by key, by session, or nobody. One answer for calls and for WebSockets. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Principal } from '../contract/answers.ts'
import { anonymousReading } from '../contract/permissions.ts'
import { fault } from '../kernel/faults/index.ts'
import { type NamesAllowed, originHost, requestFault } from './guard.ts'
import { type Authenticate, anonymous } from './principals.ts'
import { sessionTokenOf } from './session-cookie.ts'
import { equalInConstantTime, type Sessions } from './sessions.ts'

export interface CallerParts {
  readonly authenticate: Authenticate
  readonly sessions: Sessions
  /** What somebody who is not signed in may do. */
  readonly anonymous: 'none' | 'read'
  readonly keyFile: string
  readonly names: NamesAllowed
}

export interface CallOf {
  readonly method: string
  readonly headers: IncomingHttpHeaders
}

export interface Callers {
  /** Who is not signed in, with what such a one may do here. */
  readonly nobody: Principal
  /** @throws fault UNAUTHENTICATED for a key that is none, CSRF_REFUSED */
  of(call: CallOf): Promise<Principal>
  /**
   * Who asks for a WebSocket; ask again now and then, as a socket may outlive its session. Checks Host and Origin too, so
   * it may be asked where no hook of the server ran. A session counts only for a page of this very server: a socket can
   * bring no token against forged calls.
   * @throws fault HOST_REFUSED, ORIGIN_REFUSED, UNAUTHENTICATED
   */
  ofSocket(request: Pick<CallOf, 'headers'>): Promise<Principal>
}

const safeMethods: readonly string[] = ['GET', 'HEAD', 'OPTIONS']

const alone = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : value?.[0]

export const createCallers = (parts: CallerParts): Callers => {
  const { authenticate, keyFile, names, sessions } = parts
  const nobody: Principal =
    parts.anonymous === 'read' ? { ...anonymous, permissions: anonymousReading } : anonymous
  const byKey = (authorization: string): Principal => {
    const principal = authenticate(authorization)
    if (principal === null) throw fault('UNAUTHENTICATED', { keyFile })
    return principal
  }
  const tokenOf = (headers: IncomingHttpHeaders): string | null =>
    sessionTokenOf({
      host: headers.host,
      cookie: headers.cookie,
      site: alone(headers['sec-fetch-site']),
    })
  return {
    nobody,
    of: async ({ headers, method }) => {
      if (headers.authorization !== undefined) return byKey(headers.authorization)
      const token = tokenOf(headers)
      if (token === null) return nobody
      const session = await sessions.find(token)
      if (session === null) return nobody
      if (!safeMethods.includes(method)) {
        const given = alone(headers['x-csrf-token']) ?? ''
        if (!equalInConstantTime(given, session.csrfToken)) throw fault('CSRF_REFUSED', {})
      }
      return session.principal
    },
    ofSocket: async ({ headers }) => {
      const { authorization, host, origin } = headers
      const refused = requestFault({ host, origin }, names)
      if (refused !== null) throw refused
      if (authorization !== undefined) return byKey(authorization)
      // The Origin of a socket says exactly whose page asks; what browsers put into Sec-Fetch-Site here differs.
      const isOwnPage = origin !== undefined && originHost(origin) === host?.toLowerCase()
      const token = isOwnPage ? sessionTokenOf({ host, cookie: headers.cookie, site: undefined }) : null
      const session = token === null ? null : await sessions.find(token)
      if (session !== null) return session.principal
      if (parts.anonymous === 'none') throw fault('UNAUTHENTICATED', { keyFile })
      return nobody
    },
  }
}
