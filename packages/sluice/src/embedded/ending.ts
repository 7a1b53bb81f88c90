/** Ends processes: politely first, with a deadline, and surely in the end. */
import type { Clock } from '../kernel/clock.ts'
import { isSameProcess, type ProcessName } from './process-identity.ts'

/** A signal, and how long its receiver may take before the next one is sent. */
export interface EndingStep {
  readonly signal: NodeJS.Signals
  readonly waitMs: number
}

/** What fits most processes: asked to stop, then killed. */
export const politeEnding: readonly EndingStep[] = [
  { signal: 'SIGTERM', waitMs: 10_000 },
  { signal: 'SIGKILL', waitMs: 5_000 },
]

const pollMs = 20

/** Sends a signal; whoever is gone already needs none. */
export const sendSignal = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** Waits until a process is gone; false if it still runs after `waitMs`. */
export const waitUntilGone = async (name: ProcessName, waitMs: number, clock: Clock): Promise<boolean> => {
  const until = clock.now() + waitMs
  while (isSameProcess(name)) {
    if (clock.now() >= until) return false
    await clock.sleep(pollMs)
  }
  return true
}

/** Ends a process that is no child of ours; false if it survives every step. */
export const endProcess = async (
  name: ProcessName,
  steps: readonly EndingStep[],
  clock: Clock,
): Promise<boolean> => {
  for (const { signal, waitMs } of steps) {
    if (!isSameProcess(name)) return true
    sendSignal(name.pid, signal)
    if (await waitUntilGone(name, waitMs, clock)) return true
  }
  return false
}
