import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../kernel/clock.ts'
import { createLogger } from '../kernel/logger.ts'
import { type NodeProcess, nodeProcessPlan } from './node-process.ts'
import { type SupervisedProcess, supervise } from './process.ts'
import { identityOf } from './process-identity.ts'

let folder: string
let said: string[]
let noted: string[]
const running: SupervisedProcess[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-process-'))
  said = []
  noted = []
})

afterEach(async () => {
  await Promise.all(running.splice(0).map((part) => part.stop()))
  rmSync(folder, { recursive: true, force: true })
})

const clock = systemClock
const restart = { backoff: { firstMs: 1, mostMs: 1 }, inARowMax: 3 }

const start = async (script: string, more: Partial<NodeProcess> = {}, giveUp?: AbortSignal) => {
  const file = join(folder, 'part.ts')
  writeFileSync(file, script)
  const part = await supervise(
    { ...nodeProcessPlan({ name: 'part', file, args: [], readyLine: /ready/, ...more }, clock), restart },
    {
      clock,
      giveUp,
      random: () => 0.5,
      logger: createLogger((line) => said.push(line.message), clock, 'test'),
      lock: {
        note: (name) => noted.push(`+${name}`),
        forget: (name) => noted.push(`-${name}`),
      },
    },
  )
  running.push(part)
  return part
}

const lives = `console.log('ready'); setInterval(() => {}, 1000)`
const gone = (pid: number | undefined) => pid === undefined || identityOf(pid) === undefined

describe('a supervised process', () => {
  test('runs when it says that it is ready, and is gone when stopped', async () => {
    const part = await start(lives)
    const pid = part.pid()
    expect([part.state(), gone(pid)]).toEqual(['running', false])
    await part.stop()
    expect([part.state(), gone(pid), part.pid()]).toEqual(['stopped', true, undefined])
    expect(noted).toEqual(['+part', '-part'])
  })

  test('is gone soon when its start is given up', async () => {
    const giveUp = new AbortController()
    const starting = start(
      `process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000)`,
      {},
      giveUp.signal,
    )
    await expect.poll(() => noted, { timeout: 10_000 }).toEqual(['+part'])
    giveUp.abort()
    await expect(starting).rejects.toMatchObject({ code: 'PART_NOT_STARTED' })
    expect(noted).toEqual(['+part', '-part'])
    await expect(start(lives, {}, giveUp.signal)).rejects.toMatchObject({ code: 'PART_NOT_STARTED' })
    expect(noted).toEqual(['+part', '-part'])
  })

  test('is started again when it is killed', async () => {
    const part = await start(lives)
    const first = part.pid() ?? 0
    process.kill(first, 'SIGKILL')
    await expect.poll(() => part.restarts(), { timeout: 10_000 }).toBe(1)
    await expect.poll(() => part.state(), { timeout: 10_000 }).toBe('running')
    expect(part.pid()).not.toBe(first)
    expect(said.join('\n')).toContain('was ended by SIGKILL')
  })

  test('is given up when it cannot be started again', async () => {
    const mark = JSON.stringify(join(folder, 'mark'))
    const part = await start(`
import { existsSync, writeFileSync } from 'node:fs'
if (existsSync(${mark})) process.exit(3)
writeFileSync(${mark}, '')
console.log('ready')
setTimeout(() => process.exit(3), 1)`)
    const reason = await part.failed
    expect(reason.message).toContain('3 times in a row')
    expect([part.state(), part.pid()]).toEqual(['failed', undefined])
    await part.stop()
    expect(part.state()).toBe('failed')
  })

  test('comes back each time, however often something ends it', async () => {
    const part = await start(`console.log('ready'); setTimeout(() => process.exit(3), 1)`)
    await expect.poll(() => part.restarts(), { timeout: 30_000 }).toBeGreaterThan(restart.inARowMax * 2)
    expect(part.state()).not.toBe('failed')
  })

  test('is an error with what it printed when its first start fails', async () => {
    await expect(start(`console.error('no such file'); process.exit(4)`)).rejects.toMatchObject({
      code: 'PART_NOT_STARTED',
      message: expect.stringMatching(/code 4.*no such file/),
    })
    expect(noted).toEqual(['+part', '-part'])
  })

  test('is an error when it never gets ready, and does not stay behind', async () => {
    let pid = 0
    const line = (text: string) => {
      pid = Number(text)
    }
    const script = `console.log(process.pid); setInterval(() => {}, 1000)`
    await expect(start(script, { readyWithinMs: 1_500, line })).rejects.toMatchObject({
      code: 'PART_NOT_STARTED',
    })
    expect([pid > 0, gone(pid)]).toEqual([true, true])
  })

  test('hands over what it prints, line by line', async () => {
    const lines: string[] = []
    await start(`console.log('one\\ntwo'); console.error('three'); ${lives}`, {
      line: (line) => lines.push(line),
    })
    await expect.poll(() => lines.toSorted()).toEqual(['one', 'ready', 'three', 'two'])
  })

  test('stops in its own way when asked', async () => {
    const lines: string[] = []
    const script = `process.on('SIGTERM', () => { console.log('closing'); process.exit(0) }); ${lives}`
    const part = await start(script, { line: (line) => lines.push(line) })
    await part.stop()
    expect(lines).toContain('closing')
  })
})
