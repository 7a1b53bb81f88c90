import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Embedded, startEmbedded } from '../../packages/sluice/src/embedded/index.ts'
import { identityOf } from '../../packages/sluice/src/embedded/process-identity.ts'
import { systemClock } from '../../packages/sluice/src/kernel/clock.ts'
import { createLogger } from '../../packages/sluice/src/kernel/logger.ts'

let directory: string
let said: string[]
let started: Embedded[]
let parents: { kill(signal: NodeJS.Signals): boolean }[]
let left: number[]

beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'sluice-postgres-')), 'data')
  said = []
  started = []
  parents = []
  left = []
})

afterEach(async () => {
  for (const parent of parents) parent.kill('SIGKILL')
  for (const embedded of started) await embedded.stop()
  while (left.some((pid) => !isGone(pid))) await systemClock.sleep(20)
  rmSync(join(directory, '..'), { recursive: true, force: true })
})

const start = async (port = 0) => {
  const embedded = await startEmbedded(
    { directory, postgres: { listen: { host: '127.0.0.1', port } } },
    {
      logger: createLogger((line) => said.push(line.message), systemClock, 'test'),
      clock: systemClock,
      random: Math.random,
    },
  )
  started.push(embedded)
  return embedded
}

const postgresOf = (embedded: Embedded) => {
  if (embedded.postgres === undefined) throw new Error('PostgreSQL was not asked for')
  return embedded.postgres
}

const query = async (url: string, text: string): Promise<unknown[]> => {
  const client = new Client(url)
  client.on('error', () => undefined)
  await client.connect()
  try {
    const { rows } = await client.query<unknown[]>({ text, rowMode: 'array' })
    return rows.flat()
  } finally {
    await client.end()
  }
}

interface ParentLine {
  said?: string
  refused?: string
  url?: string
  postgres?: number
  child?: number
}

/** Starts a supervisor in a process of its own; resolves to the first line that is no log line. */
const startParent = async () => {
  const process_ = spawn(process.execPath, [join(import.meta.dirname, 'parent.ts'), directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  parents.push(process_)
  const logged: string[] = []
  for await (const text of createInterface({ input: process_.stdout })) {
    const line = JSON.parse(text) as ParentLine
    if (line.said === undefined) {
      left.push(line.postgres ?? 0, line.child ?? 0)
      return { process: process_, logged, line }
    }
    logged.push(line.said)
  }
  throw new Error('the supervisor ended without a word')
}

/** The process that ends PostgreSQL when its supervisor is gone. */
const watchdogOf = (postgres: number): number => {
  const lines = execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' }).split('\n')
  return Number.parseInt(
    lines.find((line) => line.includes(`sluice-postgres-watchdog ${postgres} `)) ?? '',
    10,
  )
}

const userOf = (pid: number): string =>
  execFileSync('ps', ['-o', 'uid=', '-p', String(pid)], { encoding: 'utf8' }).trim()

const isGone = (pid: number | undefined) => pid === undefined || identityOf(pid) === undefined

describe('the embedded PostgreSQL', () => {
  test('answers with its password only, as the database of Sluice, fsyncing', async () => {
    const postgres = postgresOf(await start())
    expect(await query(postgres.url, 'select current_database(), current_user')).toEqual(['sluice', 'sluice'])
    expect(await query(postgres.url, `show fsync`)).toEqual(['on'])
    expect(await query(postgres.url, `show server_encoding`)).toEqual(['UTF8'])
    const wrong = new URL(postgres.url)
    wrong.password = 'guessed'
    await expect(query(wrong.href, 'select 1')).rejects.toThrow(/password authentication failed/)
    expect(statSync(postgres.passwordFile).mode & 0o777).toBe(0o600)
    expect(statSync(join(directory, 'postgres')).mode & 0o077).toBe(0)
  })

  test('keeps its data and its password over a clean stop', async () => {
    const first = await start()
    const { url } = postgresOf(first)
    await query(url, 'create table kept as select 42 as value')
    await first.stop()
    expect(readFileSync(join(directory, 'postgres.password'), 'utf8').trim()).toBe(new URL(url).password)
    expect(existsSync(join(directory, 'postgres', 'postmaster.pid'))).toBe(false)
    const again = postgresOf(await start())
    expect(await query(again.url, 'select value from kept')).toEqual([42])
  })

  test('is started again when it is killed, with everything that was committed', async () => {
    const { url, process: part } = postgresOf(await start())
    await query(url, 'create table kept as select 42 as value')
    process.kill(part.pid() ?? 0, 'SIGKILL')
    await expect.poll(() => part.restarts(), { timeout: 30_000 }).toBe(1)
    await expect.poll(() => part.state(), { timeout: 30_000 }).toBe('running')
    expect(await query(url, 'select value from kept')).toEqual([42])
    expect(said.join('\n')).toContain('PostgreSQL runs again')
  })

  test('gets a new password when the file is lost', async () => {
    const first = await start()
    const { url, passwordFile } = postgresOf(first)
    await first.stop()
    rmSync(passwordFile)
    const again = postgresOf(await start())
    expect(again.url).not.toBe(url)
    expect(await query(again.url, 'select 1')).toEqual([1])
  })

  test('a taken port is named with its setting, and the directory is free afterwards', async () => {
    const first = await start()
    const { port } = postgresOf(first).listen
    const other = join(directory, '..', 'other')
    const refused = startEmbedded(
      { directory: other, postgres: { listen: { host: '127.0.0.1', port } } },
      {
        logger: createLogger(() => undefined, systemClock, 'test'),
        clock: systemClock,
        random: Math.random,
      },
    )
    await expect(refused).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      fix: expect.stringContaining('SLUICE_POSTGRES'),
    })
    expect(existsSync(join(other, 'sluice.lock'))).toBe(false)
  })

  test('is offered to this machine only', async () => {
    const open = startEmbedded(
      { directory, postgres: { listen: { host: '0.0.0.0', port: 0 } } },
      { logger: createLogger(() => undefined, systemClock, 'test'), clock: systemClock, random: Math.random },
    )
    await expect(open).rejects.toMatchObject({ code: 'ADDRESS_UNUSABLE' })
  })

  test('refuses data that another version made', async () => {
    const first = await start()
    await first.stop()
    writeFileSync(join(directory, 'postgres', 'PG_VERSION'), '12\n')
    await expect(start()).rejects.toMatchObject({ code: 'DATA_OF_OTHER_VERSION' })
  })
})

describe.skipIf(process.getuid?.() !== 0)('PostgreSQL, started by root', () => {
  test.each([
    { where: 'a folder that only root may enter', mode: 0o700 },
    { where: 'a folder that everybody may enter', mode: 0o755 },
  ])('is not root in $where', async ({ mode }) => {
    chmodSync(join(directory, '..'), mode)
    const { url, process: part } = postgresOf(await start())
    expect(await query(url, 'select 1')).toEqual([1])
    expect(userOf(part.pid() ?? 0)).toBe('65534')
  })
})

describe('a supervisor that is killed', () => {
  test('takes its children with it', async () => {
    const { process: parent, line } = await startParent()
    expect([isGone(line.postgres), isGone(line.child)]).toEqual([false, false])
    parent.kill('SIGKILL')
    await expect.poll(() => isGone(line.child), { timeout: 30_000 }).toBe(true)
    await expect.poll(() => isGone(line.postgres), { timeout: 30_000 }).toBe(true)
  })

  test('does not keep the next start from working, which says what it found', async () => {
    const first = await startParent()
    await query(first.line.url ?? '', 'create table kept as select 42 as value')
    first.process.kill('SIGKILL')
    await once(first.process, 'exit')
    const second = await startParent()
    expect(second.logged.join('\n')).toContain('did not stop properly')
    expect(await query(second.line.url ?? '', 'select value from kept')).toEqual([42])
    second.process.kill('SIGTERM')
    await once(second.process, 'exit')
    expect(existsSync(join(directory, 'sluice.lock'))).toBe(false)
  })

  test('leaves PostgreSQL behind if its watchdog is killed too; the next start ends it and says so', async () => {
    const first = await startParent()
    const { postgres = 0, url = '' } = first.line
    await query(url, 'create table kept as select 42 as value')
    process.kill(watchdogOf(postgres), 'SIGKILL')
    first.process.kill('SIGKILL')
    await once(first.process, 'exit')
    expect(isGone(postgres)).toBe(false)
    const second = await startParent()
    expect(second.logged.join('\n')).toContain(`left PostgreSQL (process ${postgres}) running`)
    expect(isGone(postgres)).toBe(true)
    expect(await query(second.line.url ?? '', 'select value from kept')).toEqual([42])
  })

  test('refuses a second one on the same directory while it lives', async () => {
    const first = await startParent()
    const second = await startParent()
    expect(second.line.refused).toContain(`process ${first.process.pid ?? '?'}`)
    expect(isGone(first.line.postgres)).toBe(false)
  })
})
