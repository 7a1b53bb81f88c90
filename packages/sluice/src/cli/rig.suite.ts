/** Runs command lines in tests: streams in memory, a local part that only notes what it was asked. */
import { Readable } from 'node:stream'
import { type VirtualClock, virtualClock } from '../kernel/clock.ts'
import type { Io } from './io.ts'
import type { LocalCommands, RunSettings, RunTools } from './local-commands.ts'
import type { Environment } from './options.adapter.ts'
import { runCommandLine } from './run.ts'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface RunRequest {
  readonly words: readonly string[]
  readonly stdin?: string | Uint8Array
  readonly environment?: Environment
  readonly local?: Partial<LocalCommands>
  readonly signal?: AbortSignal
  readonly hurry?: AbortSignal
  readonly clock?: VirtualClock
  /** What is typed; stdout is a terminal then. */
  readonly keys?: readonly string[]
  /** Answers what is asked on the terminal; without it there is no terminal. */
  readonly answer?: string
  /** Called with all that was written so far. */
  readonly onOut?: (out: string) => void
}

const nothing = new AbortController().signal

/** Local commands that do nothing; tests replace what they look at. */
export const idleLocal: LocalCommands = {
  up: async () => 0,
  server: async () => 0,
  worker: async () => 0,
  broker: async () => 0,
  lint: async (file) => ({ file: file ?? 'sluice.yaml', findings: [], pipelines: 1, topics: 2 }),
  schema: async () => ({ type: 'object' }),
  doctor: async () => [{ check: 'node', verdict: 'ok', says: 'version 24', fix: null }],
  openInBrowser: async () => false,
  databaseUrl: async () => 'postgres://sluice:secret@127.0.0.1:5433/sluice',
}

const memoryIo = (request: RunRequest, written: { out: string; err: string }): Io => ({
  stdin: Readable.from([Buffer.from(request.stdin ?? '')]),
  stdinIsTerminal: request.answer !== undefined,
  stdoutIsTerminal: request.keys !== undefined,
  stderrIsTerminal: false,
  colourOut: false,
  colourErr: false,
  columns: () => 80,
  rows: () => 24,
  environment: request.environment ?? {},
  out: async (text) => {
    written.out += Buffer.from(text).toString()
    request.onOut?.(written.out)
  },
  err: (text) => {
    written.err += text
  },
  readerGone: nothing,
  keys: async function* () {
    for (const key of request.keys ?? []) yield await Promise.resolve(key)
  },
  ask: async (question) => {
    written.err += question
    return request.answer ?? ''
  },
})

export const run = async (request: RunRequest): Promise<Ran> => {
  const written = { out: '', err: '' }
  const code = await runCommandLine({
    words: request.words,
    version: '1.2.3',
    io: memoryIo(request, written),
    clock: request.clock ?? virtualClock(),
    local: { ...idleLocal, ...request.local },
    signal: request.signal ?? nothing,
    hurry: request.hurry ?? nothing,
  })
  return { code, out: written.out, err: written.err }
}

/** A local command that notes with which settings it was started. */
export const noting =
  (settings: RunSettings[], work: (tools: RunTools) => Promise<number> = async () => 0) =>
  async (given: RunSettings, tools: RunTools): Promise<number> => {
    settings.push(given)
    return work(tools)
  }
