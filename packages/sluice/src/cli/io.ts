/** The terminal, or what stands in its place: data on stdout, everything said to people on stderr. */
import type { Readable, Writable } from 'node:stream'
import { untilAborted } from './lines.ts'
import type { Environment } from './options.adapter.ts'

export interface Io {
  readonly stdin: AsyncIterable<Uint8Array>
  readonly stdinIsTerminal: boolean
  readonly stdoutIsTerminal: boolean
  readonly stderrIsTerminal: boolean
  /** Colours on stdout; on stderr. */
  readonly colourOut: boolean
  readonly colourErr: boolean
  readonly columns: () => number
  readonly rows: () => number
  readonly environment: Environment
  /** Data. Resolves when more can be taken; after the reader is gone it does nothing. */
  out(text: string | Uint8Array): Promise<void>
  /** What is said to people. */
  err(text: string): void
  /** Aborted when nobody reads stdout any more (`| head`). */
  readonly readerGone: AbortSignal
  /** What is typed, key by key and unseen, until `signal` aborts; nothing where stdin is no terminal. */
  keys(signal: AbortSignal): AsyncIterable<string>
  /** Asks a question on the terminal and resolves to the answer. */
  ask(question: string): Promise<string>
}

interface Terminal {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  readonly setRawMode?: (raw: boolean) => unknown
}

export interface ProcessStreams {
  readonly stdin: Readable & Terminal
  readonly stdout: Writable & Terminal
  readonly stderr: Writable & Terminal
  readonly environment: Environment
}

const wantsColour = (stream: Terminal, environment: Environment): boolean => {
  // https://no-color.org; FORCE_COLOR as other tools take it.
  if ((environment['NO_COLOR'] ?? '') !== '') return false
  if ((environment['FORCE_COLOR'] ?? '') !== '') return true
  return stream.isTTY === true && environment['TERM'] !== 'dumb'
}

/** The streams of a process as Io. A pipe that is closed at its other end ends the writing, not the process. */
export const ioOf = ({ stdin, stdout, stderr, environment }: ProcessStreams): Io => {
  const gone = new AbortController()
  stdout.on('error', () => gone.abort())
  stderr.on('error', () => undefined)
  const ask = async (question: string): Promise<string> => {
    const { createInterface } = await import('node:readline/promises')
    const reader = createInterface({ input: stdin, output: stderr })
    try {
      return await reader.question(question)
    } finally {
      reader.close()
    }
  }
  const keys = async function* (signal: AbortSignal): AsyncGenerator<string, void, undefined> {
    if (stdin.isTTY !== true || stdin.setRawMode === undefined) return
    stdin.setRawMode(true)
    try {
      for await (const chunk of untilAborted<unknown>(stdin, signal)) yield String(chunk)
    } finally {
      stdin.setRawMode(false)
      stdin.pause()
    }
  }
  return {
    stdin,
    stdinIsTerminal: stdin.isTTY === true,
    stdoutIsTerminal: stdout.isTTY === true,
    stderrIsTerminal: stderr.isTTY === true,
    colourOut: wantsColour(stdout, environment),
    colourErr: wantsColour(stderr, environment),
    columns: () => stdout.columns ?? stderr.columns ?? 80,
    rows: () => stdout.rows ?? stderr.rows ?? 24,
    environment,
    out: async (text) => {
      if (gone.signal.aborted || stdout.write(text)) return
      await new Promise<void>((resolve) => {
        const done = (): void => {
          stdout.off('drain', done)
          gone.signal.removeEventListener('abort', done)
          resolve()
        }
        stdout.once('drain', done)
        gone.signal.addEventListener('abort', done)
      })
    },
    err: (text) => {
      stderr.write(text)
    },
    readerGone: gone.signal,
    keys,
    ask,
  }
}
