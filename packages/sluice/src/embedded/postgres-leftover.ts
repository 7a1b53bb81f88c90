/**
 * Deals with what an earlier run left in PostgreSQL's data directory.
 *
 * A postmaster outlives a supervisor that was killed, until its watchdog ends it. It is ended here before a new
 * one starts, but only when it is proven to be the one of this directory: its working directory is the data
 * directory (Linux), or its command line names it. A lock file whose process is somebody else's is removed.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../kernel/clock.ts'
import { fault } from '../kernel/faults/index.ts'
import type { Logger } from '../kernel/logger.ts'
import { type EndingStep, endProcess } from './ending.ts'
import { identityOf } from './process-identity.ts'

/** What `postmaster.pid` says (PostgreSQL: src/include/utils/pidfile.h). */
export interface PostmasterFile {
  readonly pid: number
  readonly ready: boolean
}

/** Fast shutdown, then immediate (the next start recovers), then by force. */
export const postgresEnding: readonly EndingStep[] = [
  { signal: 'SIGINT', waitMs: 20_000 },
  { signal: 'SIGQUIT', waitMs: 5_000 },
  { signal: 'SIGKILL', waitMs: 5_000 },
]

export const readPostmasterFile = (dataFolder: string): PostmasterFile | undefined => {
  try {
    const lines = readFileSync(join(dataFolder, 'postmaster.pid'), 'utf8').split('\n')
    return { pid: Number(lines[0]), ready: lines[7]?.trim() === 'ready' }
  } catch {
    return undefined
  }
}

const commandLineOf = (pid: number): string | undefined => {
  try {
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' })
  } catch {
    return undefined
  }
}

/** Tells whether the process is the postmaster of this directory; undefined if that cannot be found out. */
const isPostmasterOf = (pid: number, dataFolder: string): boolean | undefined => {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(dataFolder)
  } catch (error) {
    if (process.platform === 'linux') {
      // Not permitted: the process belongs to another user, so it is none that we started.
      return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? false : undefined
    }
  }
  return commandLineOf(pid)?.includes(dataFolder)
}

/** Ends a postmaster that was left running on `dataFolder`, and removes a lock file that nobody holds. */
export const endLeftPostmaster = async (dataFolder: string, logger: Logger, clock: Clock): Promise<void> => {
  const left = readPostmasterFile(dataFolder)
  if (left === undefined) return
  const identity = identityOf(left.pid)
  // PostgreSQL removes the file itself when the process is gone.
  if (identity === undefined) return
  const ours = isPostmasterOf(left.pid, dataFolder)
  if (ours === undefined) throw fault('DIRECTORY_IN_USE', { directory: dataFolder, pid: left.pid })
  if (!ours) {
    logger.warn(`Process ${left.pid} has the number of an earlier PostgreSQL but is another program.`)
    rmSync(join(dataFolder, 'postmaster.pid'), { force: true })
    return
  }
  logger.warn(`An earlier run left PostgreSQL (process ${left.pid}) running; ending it.`)
  if (!(await endProcess({ pid: left.pid, identity }, postgresEnding, clock))) {
    throw fault('LEFTOVER_SURVIVES', { part: 'PostgreSQL', pid: left.pid })
  }
}
