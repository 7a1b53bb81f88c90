/** What each way of starting loads: npm packages are most of the time that a start takes. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

/** Prints the npm packages that importing a file loads. */
const probe = `
  import { registerHooks } from 'node:module'
  const packages = new Set()
  registerHooks({
    load: (url, context, next) => {
      const name = /.*\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)\\//.exec(url)?.[1]
      if (name !== undefined) packages.add(name)
      return next(url, context)
    },
  })
  for (const file of process.argv.slice(1)) await import(file)
  console.log(JSON.stringify([...packages]))
  process.exit(0)
`

const packagesOf = (...files: readonly string[]): readonly string[] => {
  const paths = files.map((file) => fileURLToPath(new URL(file, import.meta.url)))
  const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', probe, ...paths], {
    encoding: 'utf8',
  })
  const parsed: unknown = JSON.parse(printed)
  return Array.isArray(parsed) ? parsed.map(String) : []
}

describe('a start loads only what it needs', () => {
  test.each([
    {
      says: 'a command that asks a server',
      files: ['../cli/start.ts', './local.ts'],
      without: ['pg', 'yaml', 'ajv', 'fastify', '@marcbachmann/cel-js', '@platformatic/kafka'],
    },
    {
      says: 'all in one',
      files: ['./up.ts', './run-process.ts'],
      without: ['fastify', '@platformatic/kafka'],
    },
    {
      says: 'a worker',
      files: ['./worker.ts', './run-process.ts'],
      without: ['fastify', '@platformatic/kafka'],
    },
    {
      says: 'a server until it keeps the revision',
      files: ['./server.ts', './run-process.ts'],
      without: ['fastify', '@platformatic/kafka'],
    },
    { says: 'the API', files: ['./server-api.ts'], without: ['@platformatic/kafka'] },
    {
      says: 'the Kafka connectors',
      files: ['../connectors/kafka/source.ts', '../connectors/kafka/sink.ts'],
      without: ['@platformatic/kafka'],
    },
  ])('$says', { timeout: 60_000 }, ({ files, without }) => {
    const loaded = packagesOf(...files)
    expect(without.filter((name) => loaded.includes(name))).toEqual([])
  })
})
