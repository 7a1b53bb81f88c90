/**
 * Links that sign in once, and the sessions they become.
 *
 * Tokens are 256 random bits. What is stored is their HMAC under the admin key: the tables sign nobody in, and a new
 * admin key ends every session and link of the old one. A session slides while it is used, up to a bound.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Principal } from '../contract/answers.ts'
import type { Clock } from '../kernel/clock.ts'
import { fault } from '../kernel/faults/index.ts'
import { limits } from '../kernel/limits.ts'
import type { SessionStore, StoredSession } from '../store/sessions.ts'
import { admin } from './principals.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

export const linkLivesMs = 10 * minuteMs
/** A session that is not used for so long ends. */
export const idleMs = 12 * hourMs
/** However it is used, a session ends then. */
export const sessionLivesMs = 7 * 24 * hourMs

/** So long the store is not asked again, so that a page with many calls costs one query. */
const freshMs = 5_000
/** So long a session that was known goes on while the store does not answer: one looks when something is down. */
const graceMs = 5 * minuteMs
/** Use is noted at most so often. */
const notedEveryMs = minuteMs

const tokenPattern = /^[A-Za-z0-9_-]{43}$/

export interface Session {
  readonly principal: Principal
  readonly expiresAtMs: number
  /** What calls that change something must bring. */
  readonly csrfToken: string
}

export interface SignInLink {
  /** Behind the address of the server. The token is in the fragment: browsers send it to nobody. Secret. */
  readonly path: string
  readonly token: string
  readonly expiresAtMs: number
}

export interface Sessions {
  /** @param principal who is signed in by it */
  makeLink(principal: Principal): Promise<SignInLink>
  /** Whether a link still signs in. */
  linkHolds(token: string): Promise<boolean>
  /**
   * Spends a link. The session has a new token whatever the caller had before, and that one ends.
   * @throws fault SIGN_IN_REFUSED
   */
  start(
    linkToken: string,
    before: string | null,
  ): Promise<{ readonly token: string; readonly session: Session }>
  /** The session of a token, kept alive by being asked for; null where there is none. */
  find(token: string): Promise<Session | null>
  end(token: string): Promise<void>
}

export interface SessionParts {
  readonly store: SessionStore
  readonly adminKey: string
  readonly clock: Clock
}

/** Whether two texts are equal, in a time that does not tell where they differ. */
export const equalInConstantTime = (one: string, other: string): boolean => {
  const digest = (text: string): Buffer => createHmac('sha256', 'equal').update(text).digest()
  return timingSafeEqual(digest(one), digest(other))
}

const principalNamed = (name: string): Principal | null => (name === admin.name ? admin : null)

const holds = (session: StoredSession, nowMs: number): boolean =>
  nowMs < session.expiresAtMs && nowMs < session.endsAtMs

interface Known {
  readonly session: StoredSession
  /** When the store told of it; when it was asked last. */
  readonly toldAtMs: number
  readonly askedAtMs: number
}

interface KnownSessions {
  /** The stored session as it is, or was a moment ago; notes that it was used. */
  look(hash: string): Promise<StoredSession | null>
  forget(hash: string): void
}

/** Remembers sessions that were asked for, so that neither each call nor a database that is down is felt. */
const knownSessions = (store: SessionStore, clock: Clock): KnownSessions => {
  const known = new Map<string, Known>()
  // Counts what ended: who asked before must not remember afterwards.
  let endings = 0
  const remember = (entry: Known): void => {
    known.delete(entry.session.hash)
    known.set(entry.session.hash, entry)
    const [oldest] = known.keys()
    if (known.size > limits.sessionsMax && oldest !== undefined) known.delete(oldest)
  }
  const noted = async (session: StoredSession, now: number): Promise<StoredSession> => {
    if (!holds(session, now) || now - session.seenAtMs < notedEveryMs) return session
    const expiresAtMs = Math.min(now + idleMs, session.endsAtMs)
    await store.touch(session.hash, now, expiresAtMs)
    return { ...session, seenAtMs: now, expiresAtMs }
  }
  return {
    look: async (hash) => {
      const had = known.get(hash)
      const now = clock.now()
      if (had !== undefined && now - had.askedAtMs < freshMs) return had.session
      const before = endings
      try {
        const found = await store.find(hash)
        if (found === null) {
          known.delete(hash)
          return null
        }
        const session = await noted(found, now)
        if (before === endings) remember({ session, toldAtMs: now, askedAtMs: now })
        return session
      } catch (error) {
        if (had === undefined || !known.has(hash) || now - had.toldAtMs >= graceMs) throw error
        remember({ ...had, askedAtMs: now })
        return had.session
      }
    },
    forget: (hash) => {
      endings += 1
      known.delete(hash)
    },
  }
}

const newToken = (): string => randomBytes(32).toString('base64url')

export const createSessions = ({ store, adminKey, clock }: SessionParts): Sessions => {
  const known = knownSessions(store, clock)
  const hashOf = (kind: 'link' | 'session' | 'csrf', token: string): string =>
    createHmac('sha256', adminKey).update(`${kind}:${token}`).digest('base64url')
  const sessionOf = (token: string, { principal: name, expiresAtMs }: StoredSession): Session | null => {
    const principal = principalNamed(name)
    return principal === null ? null : { principal, expiresAtMs, csrfToken: hashOf('csrf', token) }
  }
  return {
    makeLink: async (principal) => {
      const token = newToken()
      const createdAtMs = clock.now()
      const expiresAtMs = createdAtMs + linkLivesMs
      const link = { hash: hashOf('link', token), principal: principal.name, createdAtMs, expiresAtMs }
      await store.addLink(link, limits.signInLinksMax)
      return { path: `/signin#${token}`, token, expiresAtMs }
    },
    linkHolds: (token) => store.hasLink(hashOf('link', token), clock.now()),
    start: async (linkToken, before) => {
      const refused = fault('SIGN_IN_REFUSED', { minutes: linkLivesMs / minuteMs })
      if (!tokenPattern.test(linkToken)) throw refused
      const token = newToken()
      const now = clock.now()
      const made = {
        hash: hashOf('session', token),
        createdAtMs: now,
        seenAtMs: now,
        expiresAtMs: now + idleMs,
        endsAtMs: now + sessionLivesMs,
      }
      const replaces = before === null ? null : hashOf('session', before)
      const links = { linkHash: hashOf('link', linkToken), replaces }
      const name = await store.exchange({ ...made, ...links }, now, limits.sessionsMax)
      if (replaces !== null && name !== null) known.forget(replaces)
      const session = name === null ? null : sessionOf(token, { ...made, principal: name })
      if (session === null) throw refused
      return { token, session }
    },
    find: async (token) => {
      if (!tokenPattern.test(token)) return null
      const found = await known.look(hashOf('session', token))
      if (found === null || !holds(found, clock.now())) return null
      return sessionOf(token, found)
    },
    end: async (token) => {
      const hash = hashOf('session', token)
      await store.remove(hash)
      known.forget(hash)
    },
  }
}
