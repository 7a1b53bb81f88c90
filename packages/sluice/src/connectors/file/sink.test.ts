import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BatchBuilder } from '../../flow/batch-builder.ts'
import { Rows } from '../../flow/rows.ts'
import { silentLogger } from '../../kernel/logger.ts'
import { type Random, seededRandom } from '../../kernel/random.ts'
import { skippingClock, temporaryFolder, testContext } from '../test-context.ts'
import type { AppendDisk, AppendFile } from './append-disk.ts'
import { FileSink } from './sink.ts'
import { fileSink } from './sink-definition.ts'

const signal = new AbortController().signal

const rowsOf = (values: readonly (string | null)[], first = 0): Rows => {
  const builder = new BatchBuilder()
  for (const [i, value] of values.entries())
    builder.add({ key: null, value, timeMs: 0, number: BigInt(first + i) })
  return Rows.of(builder.build({ pipeline: 'p', incarnation: 'i', lane: 'l', stream: 's', next: '1' }))
}

const lines = async (path: string): Promise<string[]> => (await readFile(path, 'utf8')).split('\n')

describe('the file sink', () => {
  test('writes one value a line, as it came', async () => {
    await using folder = await temporaryFolder()
    await using sink = await fileSink.open(
      { path: 'deep/a.ndjson' },
      testContext({ baseDirectory: folder.path('.') }),
    )
    const rows = rowsOf(['{"n":9007199254740993}', '[1,\n 2]', null, '"x"', '{"a":1.10 }\n'])
    expect(await sink.write(rows, null, signal)).toEqual({ refused: [], deduplicated: [] })
    await sink.write(rowsOf(['{"b":1}']).withBodies([{ b: 2, c: 5n, d: 2n ** 60n }]), null, signal)
    expect(await lines(folder.path('deep/a.ndjson'))).toEqual([
      '{"n":9007199254740993}',
      '[1,  2]',
      'null',
      '"x"',
      '{"a":1.10 }',
      '{"b":2,"c":5,"d":"1152921504606846976"}',
      '',
    ])
  })

  test('refuses what is not JSON and writes the rest', async () => {
    await using folder = await temporaryFolder()
    await using sink = await fileSink.open({ path: 'a' }, testContext({ baseDirectory: folder.path('.') }))
    const { refused } = await sink.write(rowsOf(['{"a":1}', 'line 2 of x: bad', '{"a":3}']), null, signal)
    expect(refused).toMatchObject([{ row: 1, reason: { code: 'BODY_NOT_JSON' } }])
    expect(await lines(folder.path('a'))).toEqual(['{"a":1}', '{"a":3}', ''])
  })

  test('adds the record id', async () => {
    await using folder = await temporaryFolder()
    const options = { path: 'a', id_field: 'record' }
    await using sink = await fileSink.open(options, testContext({ baseDirectory: folder.path('.') }))
    await sink.write(rowsOf(['{"a":9007199254740993}', '{}', '[1]', '{"record":"mine"}', null]), null, signal)
    expect(await lines(folder.path('a'))).toEqual([
      '{"record":"p/i/l/0","a":9007199254740993}',
      '{"record":"p/i/l/1"}',
      '{"record":"p/i/l/2","value":[1]}',
      '{"record":"p/i/l/3"}',
      '{"record":"p/i/l/4","value":null}',
      '',
    ])
  })

  test.each([
    { says: 'cuts off a torn line', before: '{"a":1}\n{"a":', after: '{"a":1}\n{"new":1}\n' },
    { says: 'cuts off a torn first line', before: '{"a":', after: '{"new":1}\n' },
    { says: 'completes a line that lacks its end only', before: '{"a":1}', after: '{"a":1}\n{"new":1}\n' },
    { says: 'cuts off a torn number', before: '1\n12', after: '1\n{"new":1}\n' },
    { says: 'cuts off a long torn line', before: `1\n{"a":"${'x'.repeat(200_000)}`, after: '1\n{"new":1}\n' },
    { says: 'goes on in a whole file', before: '{"a":1}\n', after: '{"a":1}\n{"new":1}\n' },
  ])('$says when it opens a file', async ({ before, after }) => {
    await using folder = await temporaryFolder()
    await writeFile(folder.path('a'), before)
    await using sink = await fileSink.open({ path: 'a' }, testContext({ baseDirectory: folder.path('.') }))
    await sink.write(rowsOf(['{"new":1}']), null, signal)
    expect(await readFile(folder.path('a'), 'utf8')).toBe(after)
  })

  test('puts a file aside by size, losing no line', async () => {
    await using folder = await temporaryFolder()
    const context = testContext({ baseDirectory: folder.path('.'), clock: skippingClock(0) })
    await using sink = await fileSink.open({ path: 'a.ndjson', rotate: { size: '100B' } }, context)
    for (let i = 0; i < 40; i++) await sink.write(rowsOf([`{"n":${i}}`]), null, signal)
    const names = (await readdir(folder.path('.'))).filter((name) => name.endsWith('.ndjson')).sort()
    expect(names.length).toBeGreaterThan(3)
    const all = await Promise.all(names.map((name) => readFile(folder.path(name), 'utf8')))
    for (const text of all) expect(text.length).toBeLessThanOrEqual(100)
    const numbers = all
      .join('')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { n: number }).n)
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i))
  })

  test('puts a file aside by age', async () => {
    await using folder = await temporaryFolder()
    const clock = skippingClock(1_000)
    const context = testContext({ baseDirectory: folder.path('.'), clock })
    await using sink = await fileSink.open({ path: 'a.ndjson', rotate: { every: '1h' } }, context)
    await sink.write(rowsOf(['1']), null, signal)
    await clock.sleep(3_600_000)
    await sink.write(rowsOf(['2']), null, signal)
    const aside = (await readdir(folder.path('.'))).find((name) => /^a-1970-01-01T.*Z\.ndjson$/.test(name))
    expect(await readFile(folder.path(aside ?? ''), 'utf8')).toBe('1\n')
    expect(await readFile(folder.path('a.ndjson'), 'utf8')).toBe('2\n')
  })

  test('leaves a file to the one who writes it, and takes it over when that one is gone', async () => {
    await using folder = await temporaryFolder()
    const context = testContext({ baseDirectory: folder.path('.') })
    const first = await fileSink.open({ path: 'a.ndjson' }, context)
    await first.write(rowsOf(['1']), null, signal)
    const second = await fileSink.open({ path: 'a.ndjson' }, context)
    await second.write(rowsOf(['2']), null, signal)
    expect(await readFile(folder.path('a-2.ndjson'), 'utf8')).toBe('2\n')
    await first[Symbol.asyncDispose]()
    await second[Symbol.asyncDispose]()
    // A process that was killed leaves its claim behind; this number is above what Linux gives out.
    await writeFile(folder.path('a.ndjson.lock'), 'testhost\n99999999\n')
    await using third = await fileSink.open({ path: 'a.ndjson' }, context)
    await third.write(rowsOf(['3']), null, signal)
    expect(await readFile(folder.path('a.ndjson'), 'utf8')).toBe('1\n3\n')
  })

  test('tells of a disk that cannot be written, and goes on when it can', async () => {
    await using folder = await temporaryFolder()
    await writeFile(folder.path('taken'), '')
    const context = testContext({ baseDirectory: folder.path('.') })
    await using sink = await fileSink.open({ path: 'taken/a' }, context)
    await expect(sink.write(rowsOf(['1']), null, signal)).rejects.toMatchObject({ code: 'SINK_UNAVAILABLE' })
    await rm(folder.path('taken'))
    await sink.write(rowsOf(['1']), null, signal)
    expect(await readFile(folder.path('taken/a'), 'utf8')).toBe('1\n')
  })
})

type Step = <T>(work: () => T) => Promise<T>

interface MemoryFile {
  bytes: Buffer
  synced: number
}

/** A disk in memory that loses what was not synced, from a random byte on, and can fail while it is at work. */
class CrashingDisk {
  readonly #random: Random
  readonly files = new Map<string, MemoryFile>()
  syncs = 0
  failNext: 'append' | 'sync' | null = null
  #life = 0

  constructor(random: Random) {
    this.#random = random
  }

  /** Ends the process: what it has under way never goes on, and what was not synced is there in part. */
  crash(): void {
    this.#life += 1
    this.failNext = null
    for (const file of this.files.values()) {
      const kept = file.synced + Math.floor(this.#random() * (file.bytes.length - file.synced + 1))
      file.bytes = file.bytes.subarray(0, kept)
      file.synced = kept
    }
  }

  /** The disk as one process sees it. */
  forProcess(): AppendDisk {
    const life = this.#life
    // Whether it lives is asked in the same moment in which the work is done.
    const step: Step = (work) =>
      Promise.resolve().then(() => (life === this.#life ? work() : new Promise(() => undefined)))
    return {
      open: (path) =>
        step(() => {
          const file = this.files.get(path) ?? { bytes: Buffer.alloc(0), synced: 0 }
          this.files.set(path, file)
          return this.#opened(file, step)
        }),
      exists: (path) => this.files.has(path),
      rename: (from, to) =>
        step(() => {
          const file = this.files.get(from)
          if (file === undefined) throw new Error(`no file ${from}`)
          this.files.delete(from)
          this.files.set(to, file)
        }),
      claim: async () => true,
      renew: async () => undefined,
      release: async () => undefined,
    }
  }

  #opened(file: MemoryFile, step: Step): AppendFile {
    return {
      size: file.bytes.length,
      bornMs: 0,
      read: async (from, length) => file.bytes.subarray(from, from + length),
      append: async (bytes) => {
        const failing = this.failNext === 'append'
        await step(() => {
          const part = failing ? bytes.subarray(0, Math.floor(this.#random() * bytes.length)) : bytes
          file.bytes = Buffer.concat([file.bytes, part])
        })
        await step(() => {
          if (!failing) return
          this.failNext = null
          throw new Error('no space left on device')
        })
      },
      truncate: (size) =>
        step(() => {
          file.bytes = file.bytes.subarray(0, size)
          file.synced = Math.min(file.synced, size)
        }),
      sync: async () => {
        await step(() => {
          if (this.failNext === 'sync') {
            this.failNext = null
            throw new Error('input/output error')
          }
          this.syncs += 1
          file.synced = file.bytes.length
        })
        await step(() => undefined)
      },
      close: async () => undefined,
    }
  }

  /** Every line of every file; throws where one is not whole. */
  numbers(): number[] {
    return [...this.files.values()].flatMap(({ bytes }) =>
      bytes
        .toString()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => (JSON.parse(line) as { n: number }).n),
    )
  }
}

const newSink = (disk: CrashingDisk, rotateBytes: number | null): FileSink =>
  new FileSink({
    path: '/a.ndjson',
    idField: undefined,
    rotateBytes,
    rotateMs: null,
    disk: disk.forProcess(),
    clock: { now: () => 0, sleep: () => new Promise(() => undefined) },
    logger: silentLogger,
  })

describe('what the file sink acknowledged', () => {
  test('is there after any crash, and every line is whole', async () => {
    const action = fc.record({
      what: fc.constantFrom('write', 'write', 'crash', 'append fails', 'sync fails'),
      // How far a write gets before the crash: not begun, written, synced, acknowledged.
      turns: fc.integer({ min: 0, max: 14 }),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { minLength: 1, maxLength: 40 }),
        fc.integer(),
        fc.constantFrom(null, 60),
        async (actions, seed, rotateBytes) => {
          const disk = new CrashingDisk(seededRandom(seed))
          let sink = newSink(disk, rotateBytes)
          const acknowledged = new Set<number>()
          for (const [i, { what, turns }] of actions.entries()) {
            const batch = [3 * i, 3 * i + 1, 3 * i + 2]
            if (what === 'append fails') disk.failNext = 'append'
            if (what === 'sync fails') disk.failNext = 'sync'
            const lost: unknown[] = []
            const writing = sink.write(rowsOf(batch.map((n) => `{"n":${n}}`)), null, signal).then(
              () => batch.forEach((n) => acknowledged.add(n)),
              (error: unknown) => lost.push(error),
            )
            if (what === 'crash') {
              for (let turn = 0; turn < turns; turn++) await Promise.resolve()
              disk.crash()
              sink = newSink(disk, rotateBytes)
            } else await writing
          }
          disk.failNext = null
          await sink.write(rowsOf(['{"n":-1}']), null, signal)
          acknowledged.add(-1)
          const found = disk.numbers()
          for (const n of acknowledged) expect(found.filter((other) => other === n)).toEqual([n])
        },
      ),
      { seed: 21, numRuns: 500 },
    )
  })

  test('costs one sync for all that wait', async () => {
    const disk = new CrashingDisk(seededRandom(1))
    const sink = newSink(disk, null)
    await Promise.all(Array.from({ length: 50 }, (_, n) => sink.write(rowsOf([`{"n":${n}}`]), null, signal)))
    expect(disk.numbers()).toHaveLength(50)
    expect(disk.syncs).toBeLessThanOrEqual(3)
  })

  test('a write that failed leaves nothing behind', async () => {
    const disk = new CrashingDisk(seededRandom(1))
    const sink = newSink(disk, null)
    await sink.write(rowsOf(['{"n":1}']), null, signal)
    disk.failNext = 'sync'
    await expect(sink.write(rowsOf(['{"n":2}']), null, signal)).rejects.toMatchObject({
      code: 'SINK_UNAVAILABLE',
    })
    await sink.write(rowsOf(['{"n":2}']), null, signal)
    expect(disk.numbers()).toEqual([1, 2])
  })
})
