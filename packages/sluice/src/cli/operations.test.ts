import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { memoryLogs, startTestApi, type TestApi, testKey, testLogLine } from '../api/rig.suite.ts'
import { virtualClock } from '../kernel/clock.ts'
import { type RunRequest, run } from './rig.suite.ts'
import { widthOf } from './words.ts'

let directory = ''
let file = ''
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sluice-cli-'))
  file = path.join(directory, 'new.yaml')
  await writeFile(path.join(directory, 'admin.key'), `${testKey}\n`, { mode: 0o600 })
})
afterAll(() => rm(directory, { recursive: true }))

let api: TestApi
let http = ''
beforeEach(async () => {
  api = await startTestApi()
  http = await api.server.listen({ host: '127.0.0.1', port: 0 }, false)
  await writeFile(file, 'new')
})
afterEach(() => api[Symbol.asyncDispose]())

const sluice = (words: readonly string[], more: Partial<RunRequest> = {}) =>
  run({ ...more, words: [...words, '--http', http, '--dir', directory] })

describe('logs', () => {
  test('print the newest last, a line each', async () => {
    const { code, out } = await sluice(['logs', '-n', '2'])
    expect(code).toBe(0)
    expect(out).toBe(
      '2026-01-31 12:00:02 error worker 1 pipeline readings: it broke records=2\n' +
        '2026-01-31 12:00:03 info  worker 1 pipeline readings: line 3 records=3\n',
    )
  })

  test('as JSON are a document a line; what is not there says what to do', async () => {
    const { out } = await sluice(['logs', '--level', 'error', '--json'])
    expect(JSON.parse(out)).toMatchObject({ id: '2', level: 'error' })
    expect((await sluice(['logs', '--text', 'nowhere'])).err).toContain('sluice logs -f')
  })

  test('a time that is none: exit code 2 and how it is written', async () => {
    const { code, err } = await sluice(['logs', '--from', 'noon'])
    expect(code).toBe(2)
    expect(err).toContain('ISO 8601')
  })

  test('are followed until somebody ends it, each line once', async () => {
    const ended = new AbortController()
    const clock = virtualClock()
    const told = [testLogLine(1), testLogLine(2), testLogLine(3)]
    await using other = await startTestApi({
      logs: { ...memoryLogs([]), read: async () => told.toReversed() },
    })
    const address = await other.server.listen({ host: '127.0.0.1', port: 0 }, false)
    const looks = setInterval(() => void clock.advance(1_000), 20)
    const { code, out } = await run({
      words: ['logs', '-f', '-n', '1', '--http', address, '--dir', directory],
      clock,
      signal: ended.signal,
      onOut: (text) => {
        if (told.length === 3) told.push(testLogLine(4))
        if (text.includes('line 4')) ended.abort()
      },
    })
    clearInterval(looks)
    expect(code).toBe(0)
    expect(out.match(/line \d/g)).toEqual(['line 3', 'line 4'])
  })
})

describe('config', () => {
  test('shows the file and a revision, byte for byte', async () => {
    expect((await sluice(['config', 'show'])).out).toBe('pipelines: {}\n')
    expect((await sluice(['config', 'show', '1'])).out).toBe('pipelines: {}\n')
    expect((await sluice(['config', 'show', '9'])).code).toBe(1)
  })

  test('lints as the server would, with exit code 2 for an error', async () => {
    expect((await sluice(['config', 'lint', file])).code).toBe(0)
    await writeFile(file, 'a !')
    const { code, out } = await sluice(['config', 'lint', file])
    expect([code, out]).toEqual([2, `${file}:1:3: a mark; no mark\n`])
    expect((await sluice(['config', 'diff', '-'], { stdin: 'a !' })).code).toBe(2)
    expect((await sluice(['config', 'lint', 'nowhere.yaml'])).err).toContain('nowhere.yaml')
  })

  test('says what would change, changes it, and refuses who was slower', async () => {
    const diff = await sluice(['config', 'diff', file])
    expect(diff.out).toBe('+ pipeline orders\n~ http  taken at the next start of Sluice\n')
    const dry = await sluice(['config', 'apply', file, '--dry-run'])
    expect(dry.out).toContain('Nothing is changed yet')
    const done = await sluice(['config', 'apply', file, '--base', '1'])
    expect([done.code, done.out]).toEqual([0, expect.stringContaining('Revision 2 is applied') as string])
    const late = await sluice(['config', 'apply', file, '--base', '1'])
    expect([late.code, late.err]).toEqual([1, expect.stringContaining('is revision 2 by now') as string])
    const { out } = await sluice(['config', 'revisions'])
    expect(out.split('\n').map((line) => line.trim().split(/ +/)[0])).toEqual(['Revision', '2', '1', ''])
  })

  test('with errors applies nothing', async () => {
    const { code, out } = await sluice(['config', 'apply', '-'], { stdin: 'a !' })
    expect([code, out]).toEqual([2, '-:1:3: a mark; no mark\n'])
    expect(api.audit).toEqual([])
  })
})

describe('connections', () => {
  test('are listed and tested; one that does not answer ends with exit code 1', async () => {
    expect((await sluice(['connections'])).out).toContain('· not tested')
    const { code, out } = await sluice(['connections', 'test'])
    expect(code).toBe(1)
    expect(out).toContain('✓ kafka 127.0.0.1:1: answers in 2 ms')
    expect(out).toContain('✕ database 127.0.0.1:1: refused\n    Start it.')
    expect((await sluice(['connections', 'test', 'kafka'])).code).toBe(0)
    expect((await sluice(['connections', 'test', 'nothing'])).err).toContain('sluice connections list')
  })
})

describe('top', () => {
  test('prints it once where there is no terminal, within 80 columns and without colour', async () => {
    const { code, out } = await sluice(['top'])
    expect(code).toBe(0)
    expect(out).toContain('2/2 running   in 25/s   out 24/s   lag 6   dead 2   ledger balanced')
    expect(out).not.toContain('\u001B')
    expect(Math.max(...out.split('\n').map(widthOf))).toBeLessThanOrEqual(80)
  })

  test.each(['q', '\u0003', '\u001B'])(
    'on a terminal redraws until %j, and gives the screen back',
    async (key) => {
      const { code, out } = await sluice(['top'], { keys: ['x', key] })
      expect(code).toBe(0)
      expect(out.startsWith('\u001B[?1049h\u001B[?25l')).toBe(true)
      expect(out.endsWith('\u001B[?25h\u001B[?1049l')).toBe(true)
    },
  )

  test('as JSON is one snapshot with --once', async () => {
    const { out } = await sluice(['top', '--once', '--json'])
    expect(JSON.parse(out)).toMatchObject({
      health: 'healthy',
      pipelines: [{ name: 'readings' }, { name: 'orders' }],
    })
  })

  test('without a server: exit code 3 and how to start one', async () => {
    const { code, err } = await run({ words: ['top', '--http', '127.0.0.1:9', '--dir', directory] })
    expect([code, err]).toEqual([3, expect.stringContaining('Try: sluice up') as string])
  })
})

test.each([
  [['lint', '--help'], '--http'],
  [['server', '--help'], '--workers'],
  [['worker', '--help'], '--http'],
])('%j does not list %s, which means nothing there', async (words, option) => {
  expect((await run({ words })).out).not.toContain(option)
})
