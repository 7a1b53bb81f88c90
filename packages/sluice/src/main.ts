/** The command line of Sluice: what the program `sluice` runs. */
import { readFileSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { createLocalCommands } from './app/local.ts'
import { ioOf } from './cli/io.ts'
import { runCommandLine } from './cli/run.ts'
import { systemClock } from './kernel/clock.ts'

enableCompileCache()

const versionOf = (): string => {
  const parsed: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed
    ? String(parsed.version)
    : 'unknown'
}

const interrupted = 130
const drain = new AbortController()
const hurry = new AbortController()

/** One Ctrl-C may arrive several times: from the terminal, from npm and from the launcher. */
const sameSignalMs = 400
let firstAtMs = 0

/** The first signal drains; the second ends at once. */
const onSignal = (): void => {
  if (!drain.signal.aborted) {
    firstAtMs = systemClock.now()
    drain.abort()
    return
  }
  if (systemClock.now() - firstAtMs < sameSignalMs) return
  hurry.abort()
  setTimeout(() => process.exit(interrupted), 100).unref()
}
process.on('SIGINT', onSignal)
process.on('SIGTERM', onSignal)
process.on('SIGHUP', onSignal)

const version = versionOf()
process.exitCode = await runCommandLine({
  words: process.argv.slice(2),
  version,
  io: ioOf({
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    environment: process.env,
  }),
  clock: systemClock,
  local: createLocalCommands({ env: process.env, version }),
  signal: drain.signal,
  hurry: hurry.signal,
})
