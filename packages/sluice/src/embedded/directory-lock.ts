/**
 * One Sluice per data directory.
 *
 * - A second start on the same directory is refused and told who has it.
 * - After a SIGKILL or power cut the next start takes the directory over, ends the processes that the dead one
 *   left behind, and says so.
 * - The lock file names its owner so that a number that was given to another process does not deceive.
 */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../kernel/clock.ts'
import { fault } from '../kernel/faults/index.ts'
import type { Logger } from '../kernel/logger.ts'
import { endProcess, politeEnding, waitUntilGone } from './ending.ts'
import { identityOf, isSameProcess, type ProcessName } from './process-identity.ts'

/** How long a process that lost its parent may take to notice by itself. */
const ownEndingMs = 3_000

export interface DirectoryLock {
  readonly directory: string
  /** Notes a child, so that the next start can end it should we not be able to. */
  note(name: string, pid: number): void
  /** Forgets a child that ended. */
  forget(name: string, pid: number): void
  /** Gives the directory back. Harmless when called twice. */
  release(): void
}

interface Content {
  readonly owner: ProcessName
  readonly children: readonly (ProcessName & { readonly name: string })[]
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isProcessName = (value: unknown): value is ProcessName =>
  isRecord(value) && typeof value['pid'] === 'number' && typeof value['identity'] === 'string'

const isContent = (value: unknown): value is Content =>
  isRecord(value) &&
  isProcessName(value['owner']) &&
  Array.isArray(value['children']) &&
  value['children'].every(
    (child) => isProcessName(child) && 'name' in child && typeof child.name === 'string',
  )

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code

/** Reads a lock: its text, and what it says; undefined if there is none. A damaged one belongs to nobody. */
const readLock = (file: string): { text: string; content: Content | undefined } | undefined => {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
  try {
    const value: unknown = JSON.parse(text)
    return { text, content: isContent(value) ? value : undefined }
  } catch {
    return { text, content: undefined }
  }
}

/** Creates the lock with its content in one step; false if there is one. */
const createLock = (file: string, content: Content): boolean => {
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, JSON.stringify(content), { mode: 0o600 })
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

/** Removes the lock of a dead owner, but never one that a third start took in the meantime. */
const removeStale = (file: string, text: string): void => {
  const aside = `${file}.stale.${process.pid}`
  try {
    renameSync(file, aside)
    if (readFileSync(aside, 'utf8') !== text) linkSync(aside, file)
  } catch (error) {
    if (!hasCode(error, 'ENOENT') && !hasCode(error, 'EEXIST')) throw error
  } finally {
    rmSync(aside, { force: true })
  }
}

const endLeftovers = async (left: Content, logger: Logger, clock: Clock): Promise<void> => {
  logger.warn(`The last run (process ${left.owner.pid}) did not stop properly; cleaning up after it.`)
  for (const child of left.children) {
    if (!isSameProcess(child)) continue
    if (await waitUntilGone(child, ownEndingMs, clock)) continue
    logger.warn(`Ending ${child.name} (process ${child.pid}), which it left running.`)
    if (!(await endProcess(child, politeEnding, clock))) {
      throw fault('LEFTOVER_SURVIVES', { part: child.name, pid: child.pid })
    }
  }
}

/**
 * Takes a data directory, making it if need be.
 *
 * Throws DIRECTORY_IN_USE if a living Sluice has it, LEFTOVER_SURVIVES if what a dead one left cannot be ended.
 */
export const lockDirectory = async (
  directory: string,
  { logger, clock }: { readonly logger: Logger; readonly clock: Clock },
): Promise<DirectoryLock> => {
  // Others may pass through for root only: PostgreSQL then runs as another user and has to reach its folder.
  mkdirSync(directory, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 })
  const file = join(directory, 'sluice.lock')
  const owner: ProcessName = { pid: process.pid, identity: identityOf(process.pid) ?? 'unknown' }
  let content: Content = { owner, children: [] }
  let left: Content | undefined
  while (!createLock(file, content)) {
    const lock = readLock(file)
    if (lock === undefined) continue
    if (lock.content !== undefined && isSameProcess(lock.content.owner)) {
      throw fault('DIRECTORY_IN_USE', { directory, pid: lock.content.owner.pid })
    }
    left = lock.content
    removeStale(file, lock.text)
  }
  const write = (children: Content['children']): void => {
    content = { owner, children }
    writeFileSync(`${file}.new`, JSON.stringify(content), { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }
  if (left !== undefined) {
    // Until they are gone they stay noted: should this start fail, the next one ends them.
    write(left.children)
    await endLeftovers(left, logger, clock)
    write([])
  }
  let released = false
  return {
    directory,
    note: (name, pid) => {
      const identity = identityOf(pid)
      if (identity !== undefined && !released) write([...content.children, { name, pid, identity }])
    },
    forget: (name, pid) => {
      if (!released) write(content.children.filter((child) => child.name !== name || child.pid !== pid))
    },
    release: () => {
      if (!released) rmSync(file, { force: true })
      released = true
    },
  }
}
