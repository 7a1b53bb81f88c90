/** A real PostgreSQL 15, the oldest that Sluice works with, as Debian packs it. */

import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readPostmasterFile } from '../../packages/sluice/src/embedded/postgres-leftover.ts'
import { findRealPart } from '../../tools/real-parts.ts'
import { testFolder } from './folder.ts'
import { freePorts, startPart, type TestPart } from './part.ts'

export interface Postgres15 extends AsyncDisposable {
  /** Address with role, password and database. */
  readonly url: string
  readonly port: number
  readonly pid: () => number
  /** SIGKILL; the data stays. */
  kill(): Promise<void>
  /** Starts it again on the same data and port. */
  restart(): Promise<void>
  /** Ends it and removes its data. */
  stop(): Promise<void>
}

/** PostgreSQL refuses to be root; the user `nobody` of every Unix will do. */
const nobody = 65_534
const userId = process.getuid?.() === 0 ? nobody : undefined

const initialize = (programs: string, folder: string, password: string): void => {
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, password, { mode: 0o600 })
  if (userId !== undefined) chownSync(passwordFile, userId, userId)
  const args = ['-D', join(folder, 'data'), '-U', 'sluice', `--pwfile=${passwordFile}`, '-E', 'UTF8']
  const ids = userId === undefined ? {} : { uid: userId, gid: userId }
  const result = spawnSync(join(programs, 'initdb'), [...args, '--locale=C', '-A', 'scram-sha-256'], {
    ...ids,
    cwd: folder,
    encoding: 'utf8',
  })
  if (result.status !== 0) throw new Error(`initdb failed:\n${result.stdout}${result.stderr}`)
}

const startAgainWithinMs = 60_000

/** It listens before it has recovered; its lock file says when it answers. */
const untilReady = async (part: TestPart, dataFolder: string): Promise<void> => {
  for (;;) {
    const file = readPostmasterFile(dataFolder)
    if (file?.pid === part.pid && file.ready) return
    if (part.hasEnded()) throw new Error(`PostgreSQL 15 ended:\n${part.output()}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Starts an empty PostgreSQL 15 on a free port, in a folder of its own. `settings` are given to the server. */
export const startPostgres15 = async (
  settings: Readonly<Record<string, string>> = {},
): Promise<Postgres15> => {
  const programs = findRealPart('postgres-15')
  if (programs === undefined) throw new Error('There is no PostgreSQL 15; on Debian it is postgresql-15')
  const folder = testFolder('postgres-15', nobody)
  const port = (await freePorts(1))[0] ?? 0
  const password = randomBytes(12).toString('hex')
  initialize(programs, folder.path, password)
  const args = ['-D', join(folder.path, 'data'), '-h', '127.0.0.1', '-p', String(port), '-k', '']
  for (const [name, value] of Object.entries(settings)) args.push('-c', `${name}=${value}`)
  const start = async (): Promise<TestPart> => {
    const options = { cwd: folder.path, ...(userId === undefined ? {} : { userId }) }
    const part = startPart(join(programs, 'postgres'), args, options)
    await untilReady(part, join(folder.path, 'data'))
    return part
  }
  /** Sessions of a killed server hold its shared memory until they notice: until then it refuses to start. */
  const startAgain = async (): Promise<TestPart> => {
    const until = Date.now() + startAgainWithinMs
    for (;;) {
      try {
        return await start()
      } catch (error) {
        const isStillHeld = error instanceof Error && error.message.includes('still in use')
        if (!isStillHeld || Date.now() > until) throw error
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
  }
  let part = await start()
  const stop = async (): Promise<void> => {
    await part.stop('SIGINT')
    folder[Symbol.dispose]()
  }
  return {
    url: `postgres://sluice:${password}@127.0.0.1:${port}/postgres`,
    port,
    pid: () => part.pid,
    kill: () => part.kill(),
    restart: async () => {
      await part.kill()
      part = await startAgain()
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
