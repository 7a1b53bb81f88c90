/** The disk as the file sink needs it: append, sync, cut off, put aside, and the claim to be a file's only writer. */
import { existsSync } from 'node:fs'
import { mkdir, open, readFile, rename, stat, unlink, utimes } from 'node:fs/promises'
import { dirname } from 'node:path'
import { readRange } from './bytes.ts'

export interface AppendFile {
  readonly size: number
  /** When the file was made, as well as the disk knows. */
  readonly bornMs: number
  read(from: number, length: number): Promise<Buffer>
  append(bytes: Buffer): Promise<void>
  truncate(size: number): Promise<void>
  /** Resolves when everything is on the disk, also after a power cut. */
  sync(): Promise<void>
  close(): Promise<void>
}

export interface AppendDisk {
  /** Opens a file, made when it is missing, together with its folder. */
  open(path: string): Promise<AppendFile>
  exists(path: string): boolean
  /** Gives a file another name, durably. */
  rename(from: string, to: string): Promise<void>
  /** Takes the claim on a path; false where a living process holds it. */
  claim(path: string): Promise<boolean>
  /** Tells others that the claim is alive. */
  renew(path: string): Promise<void>
  release(path: string): Promise<void>
}

/** A claim of another machine that was not renewed for so long is dead. */
const foreignClaimMs = 60_000

/** Makes the names in a folder durable. Windows cannot open folders, and keeps names by itself. */
const syncFolder = async (path: string): Promise<void> => {
  if (process.platform === 'win32') return
  await using folder = await open(dirname(path), 'r')
  await folder.sync()
}

const openAppend = async (path: string): Promise<AppendFile> => {
  await mkdir(dirname(path), { recursive: true })
  const isNew = !existsSync(path)
  const file = await open(path, 'a+')
  if (isNew) await syncFolder(path)
  const { size, birthtimeMs, mtimeMs } = await file.stat()
  return {
    size,
    bornMs: birthtimeMs > 0 ? birthtimeMs : mtimeMs,
    read: (from, length) => readRange(file, from, length),
    append: async (bytes) => {
      for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten
    },
    truncate: (to) => file.truncate(to),
    sync: () => file.datasync(),
    close: () => file.close(),
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return hasCode(error, 'EPERM')
  }
}

/** The disk of this machine. */
export const machineDisk = (hostName: string): AppendDisk => {
  const lockOf = (path: string): string => `${path}.lock`
  const ours = `${hostName}\n${process.pid}\n`

  const take = async (path: string): Promise<boolean> => {
    try {
      await using lock = await open(lockOf(path), 'wx')
      await lock.writeFile(ours)
      held.add(path)
      return true
    } catch (error) {
      if (hasCode(error, 'EEXIST')) return false
      throw error
    }
  }

  /** The text of a claim whose holder is gone; null where it may be alive. */
  const deadClaim = async (path: string): Promise<string | null> => {
    const text = await readFile(lockOf(path), 'utf8')
    const [host, pid] = text.split('\n')
    const ageMs = Date.now() - (await stat(lockOf(path))).mtimeMs
    if (host !== hostName) return ageMs > foreignClaimMs ? text : null
    // The same process number may be that of an earlier life, as is usual in containers.
    const own = Number(pid) === process.pid
    return (own ? held.has(path) : isAlive(Number(pid))) ? null : text
  }

  return {
    open: openAppend,
    exists: existsSync,
    rename: async (from, to) => {
      await rename(from, to)
      await syncFolder(to)
    },
    claim: async (path) => {
      await mkdir(dirname(path), { recursive: true })
      if (await take(path)) return true
      const dead = await deadClaim(path).catch(() => null)
      if (dead === null) return false
      const aside = `${lockOf(path)}.${process.pid}`
      await rename(lockOf(path), aside).catch(() => undefined)
      // Somebody else may have been faster, and what we moved is their living claim: it goes back.
      const moved = await readFile(aside, 'utf8').catch(() => null)
      if (moved !== null && moved !== dead) await rename(aside, lockOf(path))
      else if (moved !== null) await unlink(aside)
      return moved === dead && (await take(path))
    },
    renew: async (path) => {
      const now = new Date()
      await utimes(lockOf(path), now, now)
    },
    release: async (path) => {
      held.delete(path)
      await unlink(lockOf(path)).catch(() => undefined)
    },
  }
}

/** Claims that this process holds now. */
const held = new Set<string>()
