/** The command `sluice-broker`: what it prints, when it ends, and with which code. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { type TestFolder, testFolder } from '../support/folder.ts'

const resolve = createRequire(import.meta.url).resolve
const main = resolve('sluice-broker/main')
const launcher = join(dirname(resolve('sluice-broker/package.json')), 'bin', 'sluice-broker.cjs')

interface Running {
  readonly child: ChildProcess
  readonly output: () => string
  /** Settles with the exit code. */
  readonly ended: Promise<number | null>
}

const children: ChildProcess[] = []
const folders: TestFolder[] = []

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const folder of folders.splice(0)) folder[Symbol.dispose]()
})

const newFolder = (): string => {
  const folder = testFolder('command')
  folders.push(folder)
  return join(folder.path, 'data')
}

const run = (args: readonly string[], { file = main, ipc = false } = {}): Running => {
  const child = spawn(process.execPath, [file, ...args], {
    stdio: ipc ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      output += String(chunk)
    })
  }
  // Not `close`: it never comes for a child whose channel was closed from here.
  const streams = [child.stdout, child.stderr].map((stream) => (stream === null ? null : once(stream, 'end')))
  const ended = Promise.all([once(child, 'exit'), ...streams]).then(() => child.exitCode)
  return { child, output: () => output, ended }
}

const untilListening = async (running: Running): Promise<string> => {
  await expect.poll(() => running.output(), { timeout: 30_000 }).toContain('is listening on')
  return /listening on (\S+)/.exec(running.output())?.[1] ?? ''
}

const start = (directory: string, ...args: string[]) =>
  run(['--listen', '127.0.0.1:0', '--dir', directory, ...args])

describe('the command', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('stops in good order on %s', async (signal) => {
    const running = start(newFolder())
    await untilListening(running)
    running.child.kill(signal)
    expect(await running.ended).toBe(0)
    expect(running.output()).toContain(signal)
  })

  test('can be started by its launcher', async () => {
    const running = run(['--listen', '127.0.0.1:0', '--dir', newFolder()], { file: launcher })
    await untilListening(running)
    running.child.kill('SIGTERM')
    expect(await running.ended).toBe(0)
  })

  test('refuses a directory that is in use, and takes it once its holder was killed', async () => {
    const directory = newFolder()
    const first = start(directory)
    await untilListening(first)
    const second = start(directory)
    expect(await second.ended).toBe(1)
    expect(second.output()).toContain(`in use by another broker (process ${first.child.pid})`)
    first.child.kill('SIGKILL')
    await first.ended
    await untilListening(start(directory))
  })

  test('says which address is taken, and what to change', async () => {
    const first = start(newFolder())
    const address = await untilListening(first)
    const second = run(['--listen', address, '--dir', newFolder()])
    expect(await second.ended).toBe(1)
    expect(second.output()).toContain(
      `${address} is taken by another process; choose another address with --listen`,
    )
  })

  test('ends when the process it was told to watch is gone', async () => {
    const parent = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    children.push(parent)
    const running = start(newFolder(), '--parent-pid', String(parent.pid))
    await untilListening(running)
    parent.kill('SIGKILL')
    expect(await running.ended).toBe(0)
    expect(running.output()).toContain('its parent is gone')
  })

  test('ends when the channel to whoever started it closes', async () => {
    const running = run(['--listen', '127.0.0.1:0', '--dir', newFolder()], { ipc: true })
    await untilListening(running)
    running.child.disconnect()
    expect(await running.ended).toBe(0)
  })

  test.each([
    { args: ['--bogus'], code: 2, says: '--bogus' },
    { args: ['--listen', 'nowhere'], code: 2, says: 'expected host:port' },
    { args: ['--help'], code: 0, says: 'Usage: sluice-broker' },
  ])('ends with code $code for $args', async ({ args, code, says }) => {
    const running = run(args)
    expect(await running.ended).toBe(code)
    expect(running.output()).toContain(says)
  })
})
