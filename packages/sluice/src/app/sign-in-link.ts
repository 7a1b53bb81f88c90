/**
 * The link that signs a person in who sits at the terminal of `sluice up` or `sluice server`. It is made only where a
 * person reads, goes nowhere but to the terminal, and is shown no longer than it works.
 */
import { admin, ensureAdminKey } from '../api/principals.ts'
import { createSessions } from '../api/sessions.ts'
import type { StatusLink } from '../cli/status-view.ts'
import { systemClock } from '../kernel/clock.ts'
import type { Database } from '../store/database.ts'
import { sessionStoreIn } from '../store/sessions.ts'
import { addressOf, type Settings } from './settings.ts'

/** Who listens on every address is reached on this one. */
const reachable: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

export interface TerminalLink {
  /** The link while it works; null as soon as it was used or is too old. */
  current(): Promise<StatusLink | null>
}

/** Makes a link once; the schema must be there. */
export const terminalLink = async (database: Database, settings: Settings): Promise<TerminalLink> => {
  const adminKey = await ensureAdminKey(settings.directory)
  const sessions = createSessions({ store: sessionStoreIn(database), adminKey, clock: systemClock })
  const { expiresAtMs, path, token } = await sessions.makeLink(admin)
  const { host, port } = settings.http
  const url = `http://${addressOf({ host: reachable[host] ?? host, port })}${path}`
  let works = true
  return {
    current: async () => {
      works &&= await sessions.linkHolds(token)
      return works ? { url, expiresAtMs } : null
    },
  }
}
