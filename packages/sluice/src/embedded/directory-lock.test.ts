import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../kernel/clock.ts'
import { createLogger } from '../kernel/logger.ts'
import { lockDirectory } from './directory-lock.ts'
import { identityOf } from './process-identity.ts'

let directory: string
let said: string[]
let child: ChildProcess

const logger = createLogger((line) => said.push(line.message), systemClock, 'test')
const lock = () => lockDirectory(directory, { logger, clock: systemClock })
const file = () => join(directory, 'sluice.lock')

beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'sluice-lock-')), 'data')
  said = []
  child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
})

afterEach(() => {
  child.kill('SIGKILL')
  rmSync(join(directory, '..'), { recursive: true, force: true })
})

const nameOf = (pid: number) => ({ pid, identity: identityOf(pid) ?? 'gone' })
const gone = { pid: 2 ** 22 + 1, identity: 'boot/1' }

describe('the lock of a data directory', () => {
  test('refuses a second start, and says who has it', async () => {
    await lock()
    await expect(lock()).rejects.toMatchObject({
      code: 'DIRECTORY_IN_USE',
      message: expect.stringContaining(`process ${process.pid}`),
    })
  })

  test('is free again when given back, and leaves nothing behind', async () => {
    const first = await lock()
    first.release()
    first.release()
    expect(readdirSync(directory)).toEqual([])
    await lock()
    expect(said).toEqual([])
  })

  test('is taken over from a process that is gone, and says so', async () => {
    await lock()
    writeFileSync(file(), JSON.stringify({ owner: gone, children: [] }))
    await lock()
    expect(said).toEqual([expect.stringContaining(`process ${gone.pid}`)])
  })

  test('is taken over when the number of its owner was given to another process', async () => {
    await lock()
    writeFileSync(file(), JSON.stringify({ owner: { pid: child.pid, identity: 'boot/1' }, children: [] }))
    await expect(lock()).resolves.toBeDefined()
  })

  test.each(['', '{', '[]', '{"owner":1}'])('is taken over when it is damaged: %j', async (text) => {
    await lock()
    writeFileSync(file(), text)
    await expect(lock()).resolves.toBeDefined()
  })

  test('ends what a dead owner left running', async () => {
    const left = nameOf(child.pid ?? 0)
    await lock()
    writeFileSync(file(), JSON.stringify({ owner: gone, children: [{ ...left, name: 'worker 1' }] }))
    await lock()
    expect(identityOf(left.pid)).toBeUndefined()
    expect(said.join('\n')).toContain('worker 1')
  })

  test('leaves a stranger alone who was given the number of a child', async () => {
    const pid = child.pid ?? 0
    await lock()
    writeFileSync(
      file(),
      JSON.stringify({ owner: gone, children: [{ pid, identity: 'boot/1', name: 'worker 1' }] }),
    )
    await lock()
    expect(identityOf(pid)).toBeDefined()
  })

  test('notes children until they are forgotten', async () => {
    const held = await lock()
    const pid = child.pid ?? 0
    held.note('worker 1', pid)
    held.note('worker 2', process.pid)
    held.forget('worker 2', process.pid)
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toEqual({
      owner: nameOf(process.pid),
      children: [{ ...nameOf(pid), name: 'worker 1' }],
    })
  })
})
