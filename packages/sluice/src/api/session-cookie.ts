/** The cookie in which a browser keeps its session. */
import { sessionLivesMs } from './sessions.ts'

/**
 * Cookies do not tell ports apart, so the name does: two servers on one machine do not sign each other's people out.
 * @param host the Host header
 */
const nameFor = (host: string | undefined): string => {
  const port = /:(\d{1,5})$/.exec(host ?? '')?.[1]
  return port === undefined ? 'sluice_session' : `sluice_session_${port}`
}

export interface CookieHeaders {
  readonly host: string | undefined
  readonly cookie: string | undefined
  /** `Sec-Fetch-Site`. */
  readonly site: string | undefined
}

/** Pages of other ports of this machine are the same site: their browser sends the cookie, and says whose page asks. */
const otherPages: readonly (string | undefined)[] = ['cross-site', 'same-site']

/** The token in the cookie; null where there is none, where several claim to be it, or another page had it sent. */
export const sessionTokenOf = ({ cookie, host, site }: CookieHeaders): string | null => {
  if (otherPages.includes(site)) return null
  const name = nameFor(host)
  const values = (cookie ?? '')
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.startsWith(`${name}=`))
    .map((part) => part.slice(name.length + 1))
  const [value, other] = values
  return value === undefined || other !== undefined ? null : value
}

/** Whether the browser reached the server, or a proxy before it, through TLS. */
export const cameThroughTls = (headers: {
  readonly origin: string | undefined
  readonly forwardedProto: string | undefined
}): boolean =>
  headers.origin?.startsWith('https://') === true || headers.forwardedProto?.split(',')[0]?.trim() === 'https'

const cookieOf = (host: string | undefined, secure: boolean, value: string, maxAgeSeconds: number): string =>
  [
    `${nameFor(host)}=${value}`,
    'Path=/',
    `Max-Age=${maxAgeSeconds}`,
    'HttpOnly',
    'SameSite=Strict',
    ...(secure ? ['Secure'] : []),
  ].join('; ')

/** `Set-Cookie` that keeps a session. No script can read it, and no other site's page can have it sent. */
export const sessionCookie = (host: string | undefined, secure: boolean, token: string): string =>
  cookieOf(host, secure, token, sessionLivesMs / 1_000)

/** `Set-Cookie` that lets go of it. */
export const noSessionCookie = (host: string | undefined, secure: boolean): string =>
  cookieOf(host, secure, '', 0)
