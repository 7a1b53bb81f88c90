/**
 * The guide does what it says: each page's files are linted, and its commands are run line by line, in order, on a Sluice
 * that runs the page's own `sluice.yaml`, or the quickstart.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { testFolder } from '../support/folder.ts'
import { blocksOf } from '../support/markdown.ts'
import { type Ran, runUntil } from '../support/shell-lines.ts'
import { sluiceHome, startCommand } from '../support/sluice.ts'

const folder = join(import.meta.dirname, '../../docs/guide')

const pages = readdirSync(folder)
  .filter((name) => name.endsWith('.md') && name !== 'README.md')
  .map((name) => ({ name, blocks: blocksOf(readFileSync(join(folder, name), 'utf8')) }))

const languages = new Set(['sh', 'yaml', 'text'])

/** What a line must show, by a part of it; others must only succeed. */
const expectations: readonly (readonly [string, RegExp])[] = [
  ['consume host-metrics', /"cpu_percent".*\n.*"cpu_percent"/],
  ['--filter Lisbon', /"location":"Lisbon/],
  ['event.temperature > 15', /"temperature"/],
  ['meta.key == "sensor-001"', /"sensor_id":"sensor-001"/],
  ['/data/by-sensor/mended', /"temperature":21.5/],
  ['/data/stats', /"unique_sensors":1\d/],
  ['sluice dead', /./],
  ['/api/ingest/orders-in', /"accepted":1/],
  ['consume orders -n 1', /o-1/],
  ['sluice signin', /\/signin#\S{20,}/],
  ['sluice ledger', /delivered/i],
  ['sluice groups', /sensor-data/],
  ['curl -sS http://127.0.0.1:8080/health', /"status":"healthy"/],
]

const exitOf = (line: string): number => Number(/# exits (\d+)/.exec(line)?.[1] ?? 0)

const isAsTold = (line: string, { code, output }: Ran): boolean =>
  code === exitOf(line) && expectations.every(([part, shows]) => !line.includes(part) || shows.test(output))

describe.each(pages)('docs/guide/$name', ({ name, blocks }) => {
  const commands = blocks.filter(({ language }) => language === 'sh')
  const files = blocks.filter(({ language }) => language === 'yaml')

  test('says of every block what it is', () => {
    expect(blocks.filter(({ language }) => !languages.has(language))).toEqual([])
  })

  test.skipIf(files.length === 0)('shows files without a problem', async () => {
    using place = testFolder('guide')
    writeFileSync(join(place.path, 'kafka-password.txt'), 'secret\n')
    for (const { text, line } of files) {
      writeFileSync(join(place.path, 'sluice.yaml'), text)
      await using lint = startCommand(['lint'], { cwd: place.path })
      await lint.ended
      expect([line, lint.output(), lint.exitCode()]).toEqual([line, lint.output(), 0])
    }
  })

  test.skipIf(commands.length === 0)('has commands that do what it says', async () => {
    using home = await sluiceHome(name)
    const own = files.find(({ text }) => text.startsWith('# sluice.yaml'))
    await using _sluice = await home.up(own === undefined ? null : home.write(own.text))
    const variables: string[] = []
    for (const line of commands.flatMap(({ text }) => text.trim().split('\n'))) {
      if (/^\w+=/.test(line)) {
        variables.push(line)
        continue
      }
      const ran = await runUntil(home, variables, line, (each) => isAsTold(line, each))
      expect([line, ran, isAsTold(line, ran)]).toEqual([line, ran, true])
    }
  })
})
