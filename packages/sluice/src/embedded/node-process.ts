/** Starts Node programs of ours as children that end when we end. */
import { spawn } from 'node:child_process'
import type { Clock } from '../kernel/clock.ts'
import { fault } from '../kernel/faults/index.ts'
import type { ProcessPlan } from './process.ts'

/** How a part that is a Node program of ours is started. */
export interface NodeProcess {
  readonly name: string
  /** Path of the main file. */
  readonly file: string
  readonly args: readonly string[]
  /** Options of Node itself. */
  readonly nodeOptions?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  /** The line that tells that it is ready. */
  readonly readyLine: RegExp
  readonly readyWithinMs?: number
  readonly line?: (line: string) => void
  /** A line as it is told when the start fails; null for what explains nothing. */
  readonly told?: (line: string) => string | null
}

const guardFile = new URL(
  `./end-with-parent${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`,
  import.meta.url,
)

/** The plan for a Node program: ends when we end, is ready when it says so. */
export const nodeProcessPlan = (part: NodeProcess, clock: Clock): ProcessPlan => {
  let announced = Promise.withResolvers<void>()
  return {
    name: part.name,
    spawn: () => {
      announced = Promise.withResolvers<void>()
      return spawn(
        process.execPath,
        [...(part.nodeOptions ?? []), '--import', guardFile.href, part.file, ...part.args],
        {
          env: { ...process.env, ...part.env },
          stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
          detached: true,
          windowsHide: true,
        },
      )
    },
    ready: async (_child, signal) => {
      const withinMs = part.readyWithinMs ?? 30_000
      const late = clock.sleep(withinMs, signal).then(() => {
        if (signal.aborted) return
        throw fault('PART_NOT_STARTED', { part: part.name, problem: `it was not ready after ${withinMs} ms` })
      })
      await Promise.race([announced.promise, late])
    },
    line: (line) => {
      if (part.readyLine.test(line)) announced.resolve()
      part.line?.(line)
    },
    ...(part.told === undefined ? {} : { told: part.told }),
  }
}
