/** The time, again and again: for words such as `3 s ago`. One timer for each pace, however many ask. */
import { useSyncExternalStore } from 'react'

interface Pace {
  now: number
  readonly listeners: Set<() => void>
  timer: ReturnType<typeof setInterval> | undefined
}

const paces = new Map<number, Pace>()

const paceOf = (everyMs: number): Pace => {
  const known = paces.get(everyMs)
  if (known !== undefined) return known
  const made: Pace = { now: Date.now(), listeners: new Set(), timer: undefined }
  paces.set(everyMs, made)
  return made
}

/** Milliseconds since the epoch, renewed every `everyMs`. */
export const useNow = (everyMs: number): number => {
  const pace = paceOf(everyMs)
  return useSyncExternalStore(
    (listener) => {
      pace.listeners.add(listener)
      pace.timer ??= setInterval(() => {
        pace.now = Date.now()
        for (const one of pace.listeners) one()
      }, everyMs)
      return () => {
        pace.listeners.delete(listener)
        if (pace.listeners.size > 0) return
        clearInterval(pace.timer)
        pace.timer = undefined
      }
    },
    () => pace.now,
  )
}
