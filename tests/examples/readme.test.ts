/** The first five minutes of the README, line by line as they stand there, on the built-in quickstart. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startPart } from '../support/part.ts'
import { type SluiceHome, sluiceHome } from '../support/sluice.ts'

const mainFile = fileURLToPath(new URL('../../packages/sluice/src/main.ts', import.meta.url))

/** Stand-ins for what may not be on this machine, and for the addresses that are taken here by others. */
const preludeFor = (home: SluiceHome): string => {
  const curl = `const [, header, url] = process.argv.slice(1)
    const [name, value] = header.split(': ')
    const response = await fetch(url.replace('http://127.0.0.1:8080', '${home.http}'), { headers: { [name]: value } })
    console.log(await response.text())
    if (!response.ok) process.exit(22)`
  return [
    `export SLUICE_HTTP=${home.http}`,
    `curl() { '${process.execPath}' --input-type=module -e '${curl.replaceAll("'", `'\\''`)}' -- "$@"; }`,
    `sluice() { '${process.execPath}' '${mainFile}' "$@"; }`,
  ].join('\n')
}

const linesOfReadme = (): string[] => {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
  const [, section = ''] = readme.split('## The first five minutes')
  const [, , , block = ''] = section.split('```')
  return block.trim().split('\n')
}

const runLine = async (
  home: SluiceHome,
  script: string,
): Promise<{ code: number | null; output: string }> => {
  await using part = startPart('/bin/sh', ['-c', script], { cwd: home.folder })
  await part.ended
  return { code: part.exitCode(), output: part.output() }
}

/** What a line must show, before a moment is over. */
const shows = (line: string): RegExp => {
  if (line.includes('/data/latest')) return /"count":3/
  if (line.includes('/data/stats')) return /"unique_sensors":10/
  if (line.includes('/data/by-sensor/mine')) return /"temperature":21.5/
  if (line.endsWith('pipelines')) return /generated-sensors.*running/s
  if (line.includes('consume host-metrics')) return /"cpu_percent".*\n.*"cpu_percent"/
  if (line.endsWith('sluice dead')) return /sensor-data.*JSON/s
  return /^/
}

/** Runs a line until it shows what it should, or for half a minute; what writes is run once. */
const runUntilShown = async (home: SluiceHome, key: string, line: string) => {
  const until = Date.now() + 30_000
  for (;;) {
    const ran = await runLine(home, [preludeFor(home), key, line].join('\n'))
    const isDone = ran.code === 0 && shows(line).test(ran.output)
    if (isDone || line.includes('produce') || Date.now() > until) return ran
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

test('the first five minutes of the README are as it says', async () => {
  using home = await sluiceHome('readme')
  await using _sluice = await home.up(null)
  const [key = '', ...lines] = linesOfReadme().map((line) =>
    line.replace(/\s+#.*$/, '').replaceAll('./sluice ', 'sluice '),
  )
  expect(key).toMatch(/^key=/)
  expect(lines.length).toBeGreaterThan(6)
  for (const line of lines) {
    const { code, output } = await runUntilShown(home, key, line)
    expect([line, code, output]).toEqual([line, 0, expect.stringMatching(shows(line))])
  }
})
