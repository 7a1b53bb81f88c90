import { writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { readSome, skippingClock, temporaryFolder, testContext } from '../test-context.ts'
import { fileSource } from './definition.ts'

const nowMs = Date.UTC(2026, 0, 1)
const csv = 't,v\n2015-02-01,1\n"2015-02-02","2\n2"\n?,bad\n2015-02-03,3\n2015-02-04,4\n'

const withFile = async <T>(
  options: Record<string, unknown>,
  work: (
    tools: Awaited<ReturnType<NonNullable<typeof fileSource.openPositions>>>,
    read: (position: string) => Promise<(string | undefined)[]>,
  ) => Promise<T>,
): Promise<T> => {
  await using folder = await temporaryFolder()
  await writeFile(folder.path('a.csv'), csv)
  const context = testContext({ baseDirectory: folder.path('.'), clock: skippingClock(nowMs) })
  const all = { path: 'a.csv', timestamp: 't', ...options }
  if (fileSource.openPositions === undefined) throw new Error('files have positions')
  await using tools = await fileSource.openPositions(all, context)
  return await work(tools, async (position) => {
    await using session = await fileSource.open(all, context)
    const { records } = await readSome(session, new Map([['a.csv', position]]))
    return records.map(({ text }) => text?.slice(-3, -1))
  })
}

describe('the position of a file', () => {
  test('can be moved past a line, with the line ends that are inside of it', () =>
    withFile({}, async (tools, read) => {
      expect(await read(await tools.past('a.csv', 2n))).toHaveLength(4)
      expect(await read(await tools.past('a.csv', 3n))).toHaveLength(3)
      expect(await read(await tools.past('a.csv', 5n))).toEqual([':3', ':4'])
      expect(await read(await tools.past('a.csv', 99n))).toEqual([])
    }))

  test('can be moved to a time', () =>
    withFile({}, async (tools, read) => {
      expect(await read(await tools.at('a.csv', Date.UTC(2015, 1, 3)))).toEqual([':3', ':4'])
      expect(await read(await tools.at('a.csv', Date.UTC(2020, 1, 1)))).toEqual([])
      expect(await read(await tools.at('a.csv', 0))).toHaveLength(5)
    }))

  test('can be moved to a time as it is after the shift', () =>
    withFile({ shift_to: 'now' }, async (tools, read) => {
      expect(await read(await tools.at('a.csv', nowMs))).toEqual([':4'])
    }))

  test('has a beginning and an end, and a distance between them', () =>
    withFile({}, async (tools, read) => {
      const [range] = await tools.lanes()
      expect(range?.lane).toBe('a.csv')
      expect(await read(range?.earliest ?? '')).toHaveLength(5)
      expect(await read(range?.latest ?? '')).toHaveLength(0)
      expect(tools.distance(range?.earliest ?? '', range?.latest ?? '')).toBe(6)
      expect(tools.distance(range?.latest ?? '', range?.earliest ?? '')).toBe(-6)
    }))

  test('knows no times where the records have none', () =>
    withFile({ timestamp: undefined }, async (tools) => {
      await expect(tools.at('a.csv', 0)).rejects.toThrow(/without it the records have no time/)
    }))
})
