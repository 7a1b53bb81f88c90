import { appendFile, mkdir, writeFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SourceSession } from '../../flow/source.ts'
import type { Clock } from '../../kernel/clock.ts'
import {
  fromStart,
  type ReadRecord,
  readSome,
  skippingClock,
  temporaryFolder,
  testContext,
} from '../test-context.ts'
import { fileSource } from './definition.ts'

const nowMs = Date.UTC(2026, 0, 1)

const open = (
  baseDirectory: string,
  options: Record<string, unknown>,
  clock: Clock = skippingClock(nowMs),
): Promise<SourceSession> => fileSource.open(options, testContext({ baseDirectory, clock }))

const bodies = (records: ReadRecord[]): unknown[] =>
  records.map(({ text }) => JSON.parse(text ?? '') as unknown)
const texts = (records: ReadRecord[]): (string | null)[] => records.map(({ text }) => text)

const readAll = async (folder: string, options: Record<string, unknown>): Promise<ReadRecord[]> => {
  await using session = await open(folder, options)
  return (await readSome(session, await fromStart(session))).records
}

/** Writes one file and reads it whole. */
const readText = async (name: string, content: string | Buffer, options: Record<string, unknown> = {}) => {
  await using folder = await temporaryFolder()
  await writeFile(folder.path(name), content)
  return await readAll(folder.path('.'), { path: name, ...options })
}

describe('the file source reads', () => {
  test.each([
    {
      says: 'CSV with types',
      name: 'a.csv',
      content: 'id,n,b,e,z\nx1,1.5,true,,007\n"y, ""2""",-3e2,FALSE,NA,9007199254740993\n',
      options: { nulls: ['', 'NA'] },
      is: [
        { id: 'x1', n: 1.5, b: true, e: null, z: '007' },
        { id: 'y, "2"', n: -300, b: false, e: null, z: '9007199254740993' },
      ],
    },
    {
      says: 'CSV with columns declared as text',
      name: 'a.csv',
      content: 'no,ok\n536365,1\n',
      options: { types: { no: 'text' } },
      is: [{ no: '536365', ok: 1 }],
    },
    {
      says: 'a header that leaves out the first column',
      name: 'a.csv',
      content: '"t","v"\n"1",2015-02-02,7\n"2",2015-02-03,8\n',
      options: { first_column: 'row' },
      is: [
        { row: 1, t: '2015-02-02', v: 7 },
        { row: 2, t: '2015-02-03', v: 8 },
      ],
    },
    {
      says: 'CSV under other names, parted by semicolons',
      name: 'a.csv',
      content: 'a;b\r\n1;2\r\n',
      options: { columns: ['x', 'y'], delimiter: ';' },
      is: [{ x: 1, y: 2 }],
    },
    {
      says: 'CSV without a header',
      name: 'a.csv',
      content: '1,2\n',
      options: { header: false },
      is: [{ column_1: 1, column_2: 2 }],
    },
    {
      says: 'columns of the same name',
      name: 'a.csv',
      content: 'a,a,\n1,2,3\n',
      options: {},
      is: [{ a: 1, a_2: 2, column_3: 3 }],
    },
    { says: 'tabs', name: 'a.tsv', content: 'a\tb\n1\tx,y\n', options: {}, is: [{ a: 1, b: 'x,y' }] },
    { says: 'NDJSON', name: 'a.ndjson', content: '{"a":1}\n\n[2]\n', options: {}, is: [{ a: 1 }, [2]] },
    { says: 'NDJSON by its first byte', name: 'events', content: '{"a":1}\n', options: {}, is: [{ a: 1 }] },
    {
      says: 'lines of text',
      name: 'a.log',
      content: 'one "1"\ntwo\n',
      options: {},
      is: [{ message: 'one "1"' }, { message: 'two' }],
    },
    { says: 'gzip', name: 'a.csv.gz', content: gzipSync('a,b\n1,x\n'), options: {}, is: [{ a: 1, b: 'x' }] },
    { says: 'an empty file', name: 'a.csv', content: '', options: {}, is: [] },
    { says: 'nothing but a header', name: 'a.csv', content: 'a,b\n', options: {}, is: [] },
  ])('$says', async ({ name, content, options, is }) => {
    expect(bodies(await readText(name, content, options))).toEqual(is)
  })

  test('numbers in NDJSON to the last digit', async () => {
    const line = '{"id":9007199254740993, "x": 1.10}'
    expect(texts(await readText('a.ndjson', `${line}\n`))).toEqual([line])
  })

  test('the key, also from inside', async () => {
    const records = await readText('a.ndjson', '{"s":{"id":7}}\n{"s":{}}\n{"s.id":"x"}\n', { key: 's.id' })
    expect(records.map(({ key }) => key)).toEqual(['7', null, 'x'])
  })

  test.each([
    {
      says: 'one field',
      timestamp: { field: 't', zone: '+01:00' },
      line: '2015-02-02 14:19:00,2013,3,1,5',
      is: '2015-02-02T13:19:00.000Z',
    },
    {
      says: 'a field for each part',
      timestamp: { fields: { year: 'y', month: 'm', day: 'd', hour: 'h' }, zone: 'Asia/Shanghai' },
      line: 'x,2013,3,1,5',
      is: '2013-02-28T21:00:00.000Z',
    },
  ])('the event time from $says', async ({ timestamp, line, is }) => {
    const [record] = await readText('a.csv', `t,y,m,d,h\n${line}\n`, {
      timestamp: { ...timestamp, as: 'at' },
    })
    expect(new Date(record?.timeMs ?? 0).toISOString()).toBe(is)
    expect(JSON.parse(record?.text ?? '')).toMatchObject({ at: is })
  })

  test('a folder and a pattern, one lane a file', async () => {
    await using folder = await temporaryFolder()
    await mkdir(folder.path('in/deep'), { recursive: true })
    await writeFile(folder.path('in/b.log'), 'b\n')
    await writeFile(folder.path('in/a.log'), 'a\n')
    await writeFile(folder.path('in/.hidden'), 'x\n')
    await writeFile(folder.path('in/deep/c.txt'), 'c\n')
    const lanes = async (path: string) => (await open(folder.path('.'), { path })).lanes()
    expect(await lanes('in')).toEqual(['a.log', 'b.log', 'deep/c.txt'])
    expect(await lanes('in/*.log')).toEqual(['a.log', 'b.log'])
    expect(await lanes('*/**/*.txt')).toEqual(['in/deep/c.txt'])
    const records = await readAll(folder.path('.'), { path: 'in' })
    expect(records.map(({ lane, text }) => [lane, text])).toEqual([
      ['a.log', '{"message":"a"}'],
      ['b.log', '{"message":"b"}'],
      ['deep/c.txt', '{"message":"c"}'],
    ])
  })

  test('more files than may be open at once', async () => {
    await using folder = await temporaryFolder()
    await mkdir(folder.path('in'))
    for (let i = 0; i < 150; i++) await writeFile(folder.path(`in/${i}.log`), `line of ${i}\n`)
    expect(await readAll(folder.path('.'), { path: 'in' })).toHaveLength(150)
  })
})

describe('a bad line', () => {
  test.each([
    {
      says: 'with too few fields',
      name: 'a.csv',
      content: 'a,b\n1,2\n3\n4,5\n',
      bad: 'line 3 of a.csv: it has 1 field(s), not 2: 3',
    },
    {
      says: 'with a lost quote',
      name: 'a.csv',
      content: 'a,b\n1,2\n"3,4\n4,5\n',
      bad: 'line 3 of a.csv: a quote is opened and never closed: "3,4',
    },
    {
      says: 'of another type',
      name: 'a.csv',
      content: 'a,b\n1,2\nx,4\n4,5\n',
      bad: 'line 3 of a.csv: a: "x" is no number: x,4',
    },
    {
      says: 'without a time',
      name: 'a.csv',
      content: 'a,b,t\n1,2,5\n3,4,?\n4,5,6\n',
      bad: 'line 3 of a.csv: t is no time: "?": 3,4,?',
    },
  ])('$says goes on as text with its number, and the file with it', async ({ name, content, bad }) => {
    const withTime = content.includes('t\n')
    const records = await readText(name, content, {
      types: { a: 'number' },
      ...(withTime ? { timestamp: 't' } : {}),
    })
    expect(records.map(({ number }) => number)).toEqual([2n, 3n, 4n])
    expect(records[1]?.text).toBe(bad)
    expect(() => JSON.parse(records[1]?.text ?? '') as unknown).toThrow(SyntaxError)
  })

  test('of NDJSON keeps what was read', async () => {
    const records = await readText('a.ndjson', '{"a":1}\n{"a":\n{"a":3}\n')
    expect(records[1]?.text).toMatch(/^line 2 of a.ndjson: it is not JSON: .*: \{"a":$/)
  })

  test('of a hundred megabytes is told of by its beginning', async () => {
    await using folder = await temporaryFolder()
    await writeFile(folder.path('a.ndjson'), '{"a":1}\n')
    const part = 'x'.repeat(1024 * 1024)
    for (let i = 0; i < 100; i++) await appendFile(folder.path('a.ndjson'), part)
    await appendFile(folder.path('a.ndjson'), '\n{"a":3}\n')
    const records = await readAll(folder.path('.'), { path: 'a.ndjson', max_record: '64KiB' })
    expect(records.map(({ text }) => text?.slice(0, 60))).toEqual([
      '{"a":1}',
      'line 2 of a.ndjson: the record is longer than 65536 bytes: x',
      '{"a":3}',
    ])
  })

  test('a damaged gzip file is an error that is told, after everything before the damage was read', async () => {
    const lines = Array.from(
      { length: 20_000 },
      (_, i) => `{"n":${i},"x":"${Math.imul(i, 0x9e3779b1) >>> 0}"}\n`,
    ).join('')
    const whole = gzipSync(lines)
    await using folder = await temporaryFolder()
    await writeFile(folder.path('a.ndjson.gz'), whole.subarray(0, whole.length - 200))
    await using session = await open(folder.path('.'), { path: 'a.ndjson.gz' })
    await session.start('a.ndjson.gz', null)
    let count = 0
    const reading = async (): Promise<void> => {
      for (;;) {
        const event = await session.next(new AbortController().signal)
        if (event.kind === 'batch') count += event.batch.count
      }
    }
    await expect(reading()).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', recovery: 'retry' })
    expect(count).toBeGreaterThan(15_000)
    expect(count).toBeLessThan(20_000)
  })
})

describe('a file goes on where it stopped', () => {
  const parts = ['1,a', '22,"b\nc"', '"3,""d"""', '4', '"5,e', 'é,ü', '', '666,f'].map((text) => `${text}\n`)

  test.each([{ compressed: false }, { compressed: true }])(
    'exactly, at any record (gzip: $compressed)',
    async ({ compressed }) => {
      await using folder = await temporaryFolder()
      const name = compressed ? 'a.csv.gz' : 'a.csv'
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.constantFrom(...parts), { minLength: 1, maxLength: 40 }),
          fc.boolean(),
          async (lines, openEnd) => {
            const text = `id,x\n${lines.join('')}${openEnd ? '7,g' : ''}`
            await writeFile(folder.path(name), compressed ? gzipSync(text) : text)
            const options = { path: name, rate: 1_000_000 }
            const whole = await readAll(folder.path('.'), options)
            const pieces: ReadRecord[] = []
            let position: string | null = null
            // The rate begins with a credit of one: so every session gives one record first.
            for (let ended = false; !ended; ) {
              await using session = await open(folder.path('.'), options)
              const piece = await readSome(session, new Map([[name, position]]), { most: 1 })
              pieces.push(...piece.records)
              position = piece.positions.get(name) ?? position
              ended = piece.ended.length > 0
            }
            expect(pieces.map(({ id, text: value }) => [id, value])).toEqual(
              whole.map(({ id, text: value }) => [id, value]),
            )
          },
        ),
        { seed: 3, numRuns: 25 },
      )
    },
  )

  test('a file that was replaced meanwhile is read anew, under new ids', async () => {
    await using folder = await temporaryFolder()
    await writeFile(folder.path('a.csv'), 'a\n1\n2\n')
    await using first = await open(folder.path('.'), { path: 'a.csv' })
    const before = await readSome(first, new Map([['a.csv', null]]))
    await writeFile(folder.path('a.csv'), 'a\n8\n9\n')
    await using second = await open(folder.path('.'), { path: 'a.csv' })
    const after = await readSome(second, before.positions)
    expect(texts(after.records)).toEqual(['{"a":8}', '{"a":9}'])
    expect(after.records.map(({ id }) => id)).not.toEqual(before.records.map(({ id }) => id))
  })

  test('a missing file is an error that is told and tried again', async () => {
    await using folder = await temporaryFolder()
    await using session = await open(folder.path('.'), { path: 'a.log' })
    await session.start('a.log', null)
    const signal = new AbortController().signal
    await expect(session.next(signal)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' })
    await writeFile(folder.path('a.log'), 'now\n')
    expect((await session.next(signal)).kind).toBe('batch')
  })
})

describe('old data is moved and paced', () => {
  const csv = (days: number[]): string =>
    `t,v\n${days.map((day) => `2015-02-0${day} 00:00:00,${day}`).join('\n')}\n`
  const dayMs = 86_400_000

  test('so that the last record of all files is now and distances stay', async () => {
    await using folder = await temporaryFolder()
    await writeFile(folder.path('a.csv'), csv([1, 2]))
    await writeFile(folder.path('b.csv.gz'), gzipSync(csv([3, 5])))
    const options = { path: '*.csv*', timestamp: { field: 't', as: 'at' }, shift_to: 'now' }
    const records = await readAll(folder.path('.'), options)
    expect(records.map(({ timeMs }) => (timeMs - nowMs) / dayMs)).toEqual([-4, -3, -2, 0])
    expect(bodies(records)[3]).toEqual({ t: '2015-02-05 00:00:00', v: 5, at: '2026-01-01T00:00:00.000Z' })
  })

  test('a restart keeps the shift, for files that were not begun too', async () => {
    await using folder = await temporaryFolder()
    await writeFile(folder.path('a.csv'), csv([1, 2]))
    await writeFile(folder.path('b.csv'), csv([3, 5]))
    const options = { path: '*.csv', timestamp: 't', shift_to: 'now', rate: 1_000_000 }
    await using first = await open(folder.path('.'), options)
    const before = await readSome(first, new Map([['a.csv', null]]), { most: 1 })
    const clock = skippingClock(nowMs + 3 * dayMs)
    await using second = await open(folder.path('.'), options, clock)
    const lanes = new Map([
      ['b.csv', null],
      ['a.csv', before.positions.get('a.csv') ?? null],
    ])
    const after = await readSome(second, lanes)
    const days = [...before.records, ...after.records].map(({ timeMs }) => (timeMs - nowMs) / dayMs)
    expect(days.toSorted((a, b) => a - b)).toEqual([-4, -3, -2, 0])
  })

  test('at a rate', async () => {
    const clock = skippingClock(nowMs)
    await using folder = await temporaryFolder()
    await writeFile(folder.path('a.log'), 'x\n'.repeat(21))
    await using session = await open(folder.path('.'), { path: 'a.log', rate: 4 }, clock)
    expect((await readSome(session, await fromStart(session))).records).toHaveLength(21)
    expect(clock.now() - nowMs).toBe(5_000)
  })

  test('at the pace of its event times', async () => {
    const clock = skippingClock(nowMs)
    await using folder = await temporaryFolder()
    await writeFile(folder.path('a.csv'), csv([1, 2]))
    await writeFile(folder.path('b.csv'), csv([3, 5]))
    await using session = await open(
      folder.path('.'),
      { path: '*.csv', timestamp: 't', speed: 86_400 },
      clock,
    )
    const { records } = await readSome(session, await fromStart(session))
    expect(bodies(records)).toMatchObject([{ v: 1 }, { v: 2 }, { v: 3 }, { v: 5 }])
    expect(clock.now() - nowMs).toBe(4_000)
  })

  test.each([
    { options: { shift_to: 'now' }, problem: /shift_to.*needs timestamp/ },
    { options: { speed: 2 }, problem: /speed.*needs timestamp/ },
    { options: { shift_to: 'now', timestamp: 't', follow: true }, problem: /no last record yet/ },
    { options: { timestamp: { field: 't', zone: 'Mars/Olympus' } }, problem: /no zone Mars/ },
    { options: { timestamp: { zone: 'UTC' } }, problem: /either field or fields/ },
    { options: { max_record: '1KiB' }, problem: /too small or too large/ },
  ])('refuses $options', async ({ options, problem }) => {
    await expect(open('.', { path: 'a.csv', ...options })).rejects.toThrow(problem)
  })
})
