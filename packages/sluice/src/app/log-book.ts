/** The log as the API sees it: search, and a tail that asks the store only while somebody listens. */
import type { LogBook, LogRow, LogTail } from '../api/ports.ts'
import type { Configuration } from '../config/configuration.ts'
import type { Clock } from '../kernel/clock.ts'
import type { LogLineStore } from '../store/log-lines.ts'

const dayMs = 86_400_000
const lookEveryMs = 500
const linesAtOnce = 500
const seenMax = 4 * linesAtOnce

export const logBookOf = (store: LogLineStore, { log }: Configuration): LogBook => ({
  kept: { days: log.keepMs / dayMs, sizeBytes: log.keepBytes },
  read: (query) => store.read(query),
  components: () => store.components(),
})

type Listener = Parameters<LogTail['subscribe']>[0]

/** Which of the last lines are new: numbers are given before lines can be seen, so they arrive out of order. */
const createNews = () => {
  let seen = new Set<number>()
  let highest: number | null = null
  return (
    newestFirst: readonly LogRow[],
  ): { readonly lines: readonly LogRow[]; readonly dropped: number } => {
    const fresh = newestFirst.filter(({ id }) => !seen.has(id)).toReversed()
    const before = highest
    for (const { id } of fresh) {
      seen.add(id)
      highest = Math.max(highest ?? 0, id)
    }
    if (seen.size > seenMax) seen = new Set([...seen].slice(-seenMax / 2))
    // What was there before anybody listened is no news.
    if (before === null) {
      highest ??= 0
      return { lines: [], dropped: 0 }
    }
    const isAllNew = fresh.length === linesAtOnce
    const first = fresh[0]?.id ?? before
    return { lines: fresh, dropped: isAllNew ? Math.max(0, first - before - 1) : 0 }
  }
}

/** Ends with `signal`. While the store does not answer, nothing is told; then what was missed is. */
export const logTailOf = (store: Pick<LogLineStore, 'last'>, clock: Clock, signal: AbortSignal): LogTail => {
  const listeners = new Set<Listener>()
  let looking = false
  const look = async (): Promise<void> => {
    if (looking) return
    looking = true
    const newsOf = createNews()
    while (listeners.size > 0 && !signal.aborted) {
      try {
        const { lines, dropped } = newsOf(await store.last(linesAtOnce))
        if (lines.length > 0) for (const listener of listeners) listener(lines, dropped)
      } catch {
        // The feed says so by itself: nothing comes.
      }
      await clock.sleep(lookEveryMs, signal)
    }
    looking = false
  }
  return {
    subscribe: (listener) => {
      listeners.add(listener)
      look().catch(() => undefined)
      return () => {
        listeners.delete(listener)
      }
    },
  }
}
