import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApi, type TestApi, testKey } from '../api/rig.suite.ts'

const start = path.join(import.meta.dirname, 'start.ts')
const rig = path.join(import.meta.dirname, 'rig.suite.ts')
const program = `
const { startCommandLine } = await import(${JSON.stringify(start)})
const { idleLocal } = await import(${JSON.stringify(rig)})
await startCommandLine('1.2.3', {
  ...idleLocal,
  up: (_, { signal, say }) => new Promise((resolve) => {
    const alive = setInterval(() => undefined, 1000)
    signal.addEventListener('abort', () => { clearInterval(alive); resolve(0) })
    say('ready')
  }),
})`

let directory = ''
let api: TestApi
let environment: Record<string, string> = {}
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sluice-cli-'))
  await writeFile(path.join(directory, 'admin.key'), `${testKey}\n`, { mode: 0o600 })
  await writeFile(path.join(directory, 'sluice.mjs'), program)
  api = await startTestApi()
  const http = await api.server.listen({ host: '127.0.0.1', port: 0 }, false)
  environment = { SLUICE_HTTP: http, SLUICE_DIR: directory, PATH: process.env['PATH'] ?? '' }
})
afterAll(async () => {
  await api[Symbol.asyncDispose]()
  await rm(directory, { recursive: true })
})

const spawnCli = (words: readonly string[]) =>
  spawn(process.execPath, [path.join(directory, 'sluice.mjs'), ...words], { env: environment })

const sluice = async (words: readonly string[], stdin = '') => {
  const child = spawnCli(words)
  child.stdin.end(stdin)
  const [out, err, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => {
      child.once('close', resolve)
    }),
  ])
  return { out, err, code }
}

describe('the command line as a process', () => {
  test('writes, reads, and ends with its exit code', async () => {
    expect(await sluice(['topics', 'create', 'a', '-p', '1'])).toMatchObject({ code: 0 })
    const written = await sluice(['produce', 'a'], 'one\ntwo\n')
    expect(written).toEqual({ code: 0, out: '', err: '2 messages written to a.\n' })
    const read = await sluice(['consume', 'a', '--from', 'earliest', '--format', 'value'])
    expect(read).toEqual({ code: 0, out: 'one\ntwo\n', err: '' })
    expect(await sluice(['topics', 'show', 'b'])).toMatchObject({ code: 1, out: '' })
  })

  test('ends quietly when nobody reads on', async () => {
    const lines = Array.from({ length: 20_000 }, (_, n) => `a line that is long enough to fill a pipe ${n}\n`)
    await api.kafka.admin.createTopic({ name: 'long', partitions: 1, replicationFactor: 1, configs: {} })
    await api.kafka.writer.send(
      lines.map((line) => ({
        topic: 'long',
        partition: 0,
        key: null,
        value: Buffer.from(line),
        headers: [],
        timeMs: 0,
      })),
    )
    const child = spawnCli(['consume', 'long', '--from', 'earliest'])
    const err = text(child.stderr)
    child.stdout.once('data', () => child.stdout.destroy())
    const code = await new Promise<number | null>((resolve) => {
      child.once('close', resolve)
    })
    expect([code, await err]).toEqual([0, ''])
  })

  test('drains at Ctrl-C', async () => {
    const child = spawnCli(['up'])
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (said === 'ready\n') child.kill('SIGINT')
    })
    const code = await new Promise<number | null>((resolve) => {
      child.once('close', resolve)
    })
    expect(code).toBe(0)
    expect(said).toContain('Draining')
  })
})
