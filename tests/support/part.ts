/**
 * Processes that tests start: gone when the test is, or when the test run is killed.
 *
 * A watchdog holds on to each one: when the standard input that it reads from us closes, it kills the process.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'

export interface TestPart extends AsyncDisposable {
  readonly pid: number
  /** What it printed last, for messages. */
  readonly output: () => string
  readonly ended: Promise<void>
  readonly hasEnded: () => boolean
  /** null while it runs, and when a signal ended it. */
  readonly exitCode: () => number | null
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
  /** `signal`, then SIGKILL after a while; resolves when it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>
}

export interface PartOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  /** Runs as this user and group. */
  readonly userId?: number
}

const outputCharsMax = 200_000
const stopWithinMs = 30_000

const watchdog = (pid: number): ChildProcess => {
  const script = 'cat >/dev/null; kill -9 "$1"'
  const child = spawn('/bin/sh', ['-c', script, 'sluice-test-watchdog', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  child.unref()
  return child
}

/** Starts a program. */
export const startPart = (command: string, args: readonly string[], options: PartOptions = {}): TestPart => {
  const ids = options.userId === undefined ? {} : { uid: options.userId, gid: options.userId }
  const child = spawn(command, args, {
    ...ids,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  if (child.pid === undefined) throw new Error(`${command} cannot be started`)
  const { pid } = child
  const guard = watchdog(pid)
  let output = ''
  const keep = (chunk: unknown): void => {
    output = (output + String(chunk)).slice(-outputCharsMax)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const ended = once(child, 'exit').then(() => {
    guard.kill('SIGKILL')
  })
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null
  const kill = async (): Promise<void> => {
    if (!hasEnded()) child.kill('SIGKILL')
    await ended
  }
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    if (!hasEnded()) child.kill(signal)
    const late = setTimeout(() => child.kill('SIGKILL'), stopWithinMs)
    await ended
    clearTimeout(late)
  }
  const exitCode = (): number | null => child.exitCode
  return { pid, output: () => output, ended, hasEnded, exitCode, kill, stop, [Symbol.asyncDispose]: kill }
}

// Below what systems hand out for port 0: a server that was killed finds its port free when it is started again.
const firstPort = 10_000
const portSpan = 22_000
let portsGiven = 0

const isFree = async (port: number): Promise<boolean> => {
  const server = createServer()
  const { promise, resolve } = Promise.withResolvers<boolean>()
  server.once('error', () => resolve(false))
  server.listen(port, '127.0.0.1', () => resolve(true))
  const isIt = await promise
  if (isIt) await server[Symbol.asyncDispose]()
  return isIt
}

/** Ports that are free at this moment, never given twice by one process, and far from those of other processes. */
export const freePorts = async (count: number): Promise<number[]> => {
  const ports: number[] = []
  while (ports.length < count) {
    const port = firstPort + ((process.pid * 389 + portsGiven++) % portSpan)
    if (await isFree(port)) ports.push(port)
  }
  return ports
}

const canConnect = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })

/** Waits until somebody listens on `port`; throws with the part's output if it ends first. */
export const untilListening = async (part: TestPart, port: number, withinMs = 60_000): Promise<void> => {
  const until = Date.now() + withinMs
  while (!(await canConnect(port))) {
    if (part.hasEnded()) throw new Error(`It ended before it listened:\n${part.output()}`)
    if (Date.now() > until) throw new Error(`It does not listen after ${withinMs} ms:\n${part.output()}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
