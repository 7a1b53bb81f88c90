/** The first five minutes of the README, line by line as they stand there, on the built-in quickstart. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { blocksOf } from '../support/markdown.ts'
import { runUntil } from '../support/shell-lines.ts'
import { sluiceHome } from '../support/sluice.ts'

const linesOfReadme = (): readonly string[] => {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
  const [, section = ''] = readme.split('## The first five minutes')
  const block = blocksOf(section).find(({ text }) => text.startsWith('key='))
  return (block?.text ?? '').trim().split('\n')
}

/** What a line must show, before a moment is over. */
const shows = (line: string): RegExp => {
  if (line.includes('/data/latest')) return /"count":3/
  if (line.includes('/data/stats')) return /"unique_sensors":10/
  if (line.includes('/data/by-sensor/mine')) return /"temperature":21.5/
  if (line.includes('sluice pipelines')) return /generated-sensors.*running/s
  if (line.includes('consume host-metrics')) return /"cpu_percent".*\n.*"cpu_percent"/
  if (line.includes('sluice dead')) return /sensor-data.*JSON/s
  return /^/
}

test('the first five minutes of the README are as it says', async () => {
  using home = await sluiceHome('readme')
  await using _sluice = await home.up(null)
  const [key = '', ...lines] = linesOfReadme()
  expect(key).toMatch(/^key=/)
  expect(lines.length).toBeGreaterThan(6)
  for (const line of lines) {
    const ran = await runUntil(
      home,
      [key],
      line,
      ({ code, output }) => code === 0 && shows(line).test(output),
    )
    expect([line, ran]).toEqual([line, { code: 0, output: expect.stringMatching(shows(line)) as string }])
  }
})
