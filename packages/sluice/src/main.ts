/** The command line of Sluice: what the program `sluice` runs. */
import { readFileSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { createLocalCommands } from './app/local.ts'
import { startCommandLine } from './cli/start.ts'

enableCompileCache()

const versionOf = (): string => {
  const parsed: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed
    ? String(parsed.version)
    : 'unknown'
}

const version = versionOf()
await startCommandLine(version, createLocalCommands({ env: process.env, version }))
