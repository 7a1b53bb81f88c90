/** The command line of Sluice: what the program `sluice` runs. */
import { readFileSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

// Everything else is loaded after this, so that it comes compiled from the second start on: that is half of a start.
// A folder of our own, since what lies in it is run as it is; the processes we start find it in their environment.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('../.cache/compiled', import.meta.url))
enableCompileCache(process.env['NODE_COMPILE_CACHE'])

const versionOf = (): string => {
  const parsed: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed
    ? String(parsed.version)
    : 'unknown'
}

const version = versionOf()
const { startCommandLine } = await import('./cli/start.ts')
const { createLocalCommands } = await import('./app/local.ts')
await startCommandLine(version, createLocalCommands({ env: process.env, version }))
