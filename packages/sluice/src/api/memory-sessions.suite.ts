/** Links and sessions in memory, for tests: what the store promises, without a database. */
import type { SessionStore, StoredLink, StoredSession } from '../store/sessions.ts'

const newest = <Kept>(kept: Map<string, Kept>, most: number, atMs: (row: Kept) => number): void => {
  for (const [hash] of [...kept].toSorted(([, a], [, b]) => atMs(b) - atMs(a)).slice(most)) kept.delete(hash)
}

export interface MemorySessions extends SessionStore {
  readonly links: ReadonlyMap<string, StoredLink>
  readonly sessions: ReadonlyMap<string, StoredSession>
}

export const memorySessions = (): MemorySessions => {
  const links = new Map<string, StoredLink>()
  const sessions = new Map<string, StoredSession>()
  const linkOf = (hash: string, nowMs: number): StoredLink | null => {
    const link = links.get(hash)
    return link !== undefined && link.expiresAtMs > nowMs ? link : null
  }
  return {
    links,
    sessions,
    addLink: async (link, most) => {
      links.set(link.hash, link)
      newest(links, most, ({ createdAtMs }) => createdAtMs)
    },
    hasLink: async (hash, nowMs) => linkOf(hash, nowMs) !== null,
    exchange: async ({ linkHash, replaces, ...session }, nowMs, most) => {
      const link = linkOf(linkHash, nowMs)
      if (link === null) return null
      links.delete(linkHash)
      if (replaces !== null) sessions.delete(replaces)
      sessions.set(session.hash, { ...session, principal: link.principal })
      newest(sessions, most, ({ seenAtMs }) => seenAtMs)
      return link.principal
    },
    find: async (hash) => sessions.get(hash) ?? null,
    touch: async (hash, seenAtMs, expiresAtMs) => {
      const session = sessions.get(hash)
      if (session !== undefined) sessions.set(hash, { ...session, seenAtMs, expiresAtMs })
    },
    remove: async (hash) => {
      sessions.delete(hash)
    },
  }
}
