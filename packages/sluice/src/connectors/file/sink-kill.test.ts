/** The file sink in a process of its own that is killed: what it acknowledged is there, and every line is whole. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { randomInteger, seededRandom } from '../../kernel/random.ts'
import { temporaryFolder } from '../test-context.ts'

const sourceAt = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href)

/** Writes numbers from `first` on, several calls at a time, and says each number that was acknowledged. */
const script = (folder: string, first: number): string => `
  import { BatchBuilder } from ${sourceAt('../../flow/batch-builder.ts')}
  import { Rows } from ${sourceAt('../../flow/rows.ts')}
  import { testContext } from ${sourceAt('../test-context.ts')}
  import { openFileSink } from ${sourceAt('./sink.ts')}
  const options = { path: 'a.ndjson', rotate: { size: '64KiB' } }
  const sink = await openFileSink(options, testContext({ baseDirectory: ${JSON.stringify(folder)} }))
  let next = ${first}
  const writer = async () => {
    for (;;) {
      const n = next++
      const builder = new BatchBuilder()
      const value = JSON.stringify({ n, filling: 'x'.repeat(n % 3000) })
      builder.add({ key: null, value, timeMs: 0, number: BigInt(n) })
      const batch = builder.build({ pipeline: 'p', incarnation: 'i', lane: 'l', stream: 's', next: '' })
      await sink.write(Rows.of(batch), null, new AbortController().signal)
      process.stdout.write(n + '\\n')
    }
  }
  await Promise.all([writer(), writer(), writer(), writer()])
`

test('nothing that the file sink acknowledged is lost by SIGKILL', async () => {
  const random = seededRandom(77)
  await using folder = await temporaryFolder()
  const acknowledged = new Set<number>()
  for (let kill = 0; kill < 6; kill++) {
    const child = spawn(
      process.execPath,
      ['--input-type=module', '-e', script(folder.path('.'), kill * 100_000)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    const ended = once(child, 'exit')
    let left = randomInteger(random, 1, 150)
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged.add(Number(line))
      left -= 1
      if (left === 0) child.kill('SIGKILL')
    }
    await ended
  }
  const names = (await readdir(folder.path('.'))).filter((name) => name.endsWith('.ndjson'))
  const counts = new Map<number, number>()
  let torn = 0
  for (const name of names) {
    const lines = (await readFile(folder.path(name), 'utf8')).split('\n')
    if (lines.pop() !== '') torn += 1
    for (const line of lines) {
      const { n } = JSON.parse(line) as { n: number }
      counts.set(n, (counts.get(n) ?? 0) + 1)
    }
  }
  expect(acknowledged.size).toBeGreaterThan(6)
  expect([...acknowledged].filter((n) => counts.get(n) !== 1)).toEqual([])
  // Only the file that was being written may have a torn end: each new process took over and mended the one before.
  expect(torn).toBeLessThanOrEqual(1)
  expect(names.filter((name) => /^a-\d\.ndjson$/.test(name))).toEqual([])
}, 60_000)
