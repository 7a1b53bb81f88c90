/** One answer for whoever asks at about the same time: calls under way are joined, and the result is kept for a moment. */
import type { Clock } from '../../kernel/clock.ts'

export interface Shared<Value> {
  /** At most as old as it is kept; a failure is not kept. */
  get(): Promise<Value>
  /** Something was changed: what was or is being loaded is not given out any more. */
  forget(): void
}

interface Loading<Value> {
  readonly value: Promise<Value>
  /** When it was there; null while under way. */
  loadedAtMs: number | null
}

/** @param keepMs how long a result is given out after it came */
export const shared = <Value>(clock: Clock, keepMs: number, load: () => Promise<Value>): Shared<Value> => {
  let current: Loading<Value> | null = null
  const start = (): Loading<Value> => {
    const loading: Loading<Value> = { value: load(), loadedAtMs: null }
    loading.value.then(
      () => {
        loading.loadedAtMs = clock.now()
      },
      () => {
        if (current === loading) current = null
      },
    )
    return loading
  }
  const isFresh = ({ loadedAtMs }: Loading<Value>): boolean =>
    loadedAtMs === null || Math.abs(clock.now() - loadedAtMs) < keepMs
  return {
    get: () => {
      if (current === null || !isFresh(current)) current = start()
      return current.value
    },
    forget: () => {
      current = null
    },
  }
}
