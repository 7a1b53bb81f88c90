/**
 * Tells one process from a later one that was given the same number.
 *
 * A process id alone proves nothing after a crash: numbers are used again. Number, boot and start time together
 * name one process for good. Where the platform does not tell the start time (Windows), the number has to do.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const readText = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** Tells whether a process with this number runs, be it ours or somebody else's. */
const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

const linuxIdentity = (pid: number): string | undefined => {
  // The name in brackets may hold spaces and brackets; what follows the last bracket is fixed (proc(5)).
  const stat = readText(`/proc/${pid}/stat`)
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, startTicks] = [fields?.[0], fields?.[19]]
  if (state === undefined || startTicks === undefined || state === 'Z' || state === 'X') return undefined
  return `${readText('/proc/sys/kernel/random/boot_id')?.trim() ?? 'boot'}/${startTicks}`
}

const otherIdentity = (pid: number): string | undefined => {
  if (!isRunning(pid)) return undefined
  if (process.platform === 'win32') return 'running'
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined
  } catch {
    return undefined
  }
}

/** Returns what tells this process from any other of the same number; undefined if it does not run. */
export const identityOf = (pid: number): string | undefined => {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined
  return process.platform === 'linux' ? linuxIdentity(pid) : otherIdentity(pid)
}

/** A process, named so that it can be found again after a crash of ours. */
export interface ProcessName {
  readonly pid: number
  readonly identity: string
}

export const isSameProcess = (name: ProcessName): boolean => identityOf(name.pid) === name.identity
