/**
 * One broker per data directory. The lock is a local socket named after the directory, which the operating system frees
 * when its process ends, however it ends: nothing stale is left behind.
 */
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'

/** Gives the directory free. */
export type Unlock = () => Promise<void>

const socketName = (directory: string): string => {
  // The folder's own identity, so that two paths to one folder are one lock.
  const { dev, ino } = fs.statSync(directory, { bigint: true })
  const name = `sluice-broker-${createHash('sha256').update(`${dev}:${ino}`).digest('hex').slice(0, 32)}`
  if (process.platform === 'linux') return `\0${name}`
  if (process.platform === 'win32') return `\\\\.\\pipe\\${name}`
  return path.join(os.tmpdir(), `${name}.sock`)
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code

const listen = (name: string): Promise<net.Server> =>
  new Promise((resolve, reject) => {
    const server = net.createServer((socket) => {
      socket.on('error', () => socket.destroy())
      socket.end(`${process.pid}\n`)
    })
    server.once('error', reject)
    server.listen(name, () => {
      server.unref()
      resolve(server)
    })
  })

/** The process that holds the lock, as it says itself; null when nobody answers. */
const askHolder = (name: string): Promise<string | null> =>
  new Promise((resolve) => {
    const socket = net.connect(name)
    let answer = ''
    socket.setTimeout(1000, () => socket.destroy())
    socket.on('data', (data) => {
      answer += data.toString('utf8')
    })
    socket.on('error', () => resolve(null))
    socket.on('close', () => resolve(answer.trim() || 'unknown'))
  })

/** Locks an existing directory for this process. Throws, naming the holder, when it is taken. */
export const lockDirectory = async (directory: string): Promise<Unlock> => {
  const name = socketName(directory)
  for (let isSecondTry = false; ; isSecondTry = true) {
    try {
      const server = await listen(name)
      return () => new Promise((resolve) => server.close(() => resolve()))
    } catch (error) {
      if (!hasCode(error, 'EADDRINUSE')) throw error
      const holder = await askHolder(name)
      if (holder !== null || isSecondTry) {
        throw new Error(
          `The directory ${directory} is in use by another broker (process ${holder ?? 'unknown'})`,
        )
      }
      // Only a socket in the file system can be left behind by a dead process.
      if (path.isAbsolute(name)) fs.rmSync(name, { force: true })
    }
  }
}
