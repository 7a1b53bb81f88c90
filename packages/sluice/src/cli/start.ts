/** The command line as a process: streams, Ctrl-C, exit code. */
import { systemClock } from '../kernel/clock.ts'
import { exitCodes } from './exit-codes.ts'
import { ioOf } from './io.ts'
import type { LocalCommands } from './local-commands.ts'
import { runCommandLine } from './run.ts'

/** One Ctrl-C may arrive several times: from the terminal, from npm and from the launcher. */
const sameSignalMs = 400

/** What may still be ended in order after the second signal. */
const hurryMs = 100

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Runs the words of this process's command line and ends the process with their exit code.
 * The first signal asks for an end in order; the second for one now, and does not wait long for it.
 */
export const startCommandLine = async (version: string, local: LocalCommands): Promise<never> => {
  const { argv, env, stdin, stdout, stderr } = process
  const first = new AbortController()
  const second = new AbortController()
  let firstAtMs = 0
  for (const name of signals) {
    process.on(name, () => {
      if (!first.signal.aborted) {
        firstAtMs = systemClock.now()
        first.abort()
        return
      }
      if (systemClock.now() - firstAtMs < sameSignalMs) return
      second.abort()
      setTimeout(() => process.exit(exitCodes.interrupted), hurryMs).unref()
    })
  }
  const code = await runCommandLine({
    words: argv.slice(2),
    version,
    io: ioOf({ stdin, stdout, stderr, environment: env }),
    clock: systemClock,
    local,
    signal: first.signal,
    hurry: second.signal,
  })
  // What was written to a pipe is on its way only; exiting now would cut it.
  await Promise.all([stdout, stderr].map(flushed))
  return process.exit(code)
}

const flushed = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    if (stream.destroyed || !stream.writable) resolve()
    else stream.write('', () => resolve())
  })
