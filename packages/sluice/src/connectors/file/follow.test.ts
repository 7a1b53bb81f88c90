import { appendFile, rename, truncate, unlink, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { type ReadRecord, recordsOf, skippingClock, temporaryFolder, testContext } from '../test-context.ts'
import { fileSource } from './definition.ts'

describe('following a file', () => {
  const follow = async (folder: string, position: string | null = null) => {
    const clock = skippingClock(Date.UTC(2026, 0, 1))
    const options = { path: 'a.log', follow: true }
    const session = await fileSource.open(options, testContext({ baseDirectory: folder, clock }))
    await session.start('a.log', position)
    const taken: ReadRecord[] = []
    let last = position
    return {
      [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
      position: () => last,
      taken,
      /** What came until nothing more came for three seconds of its clock. */
      more: async (): Promise<unknown[]> => {
        const seen: ReadRecord[] = []
        for (let idle = 0; idle < 3; ) {
          const event = await session.next(new AbortController().signal)
          if (event.kind !== 'batch') {
            idle += 1
            continue
          }
          const { batch } = event
          last = batch.origin.next
          seen.push(...recordsOf(batch))
        }
        taken.push(...seen)
        return seen.map(({ text }) => (JSON.parse(text ?? '') as { message: string }).message)
      },
    }
  }

  test('gives lines as they are completed', async () => {
    await using folder = await temporaryFolder()
    await writeFile(folder.path('a.log'), 'one\ntw')
    await using following = await follow(folder.path('.'))
    expect(await following.more()).toEqual(['one'])
    await appendFile(folder.path('a.log'), 'o\nthree\n')
    expect(await following.more()).toEqual(['two', 'three'])
    expect(following.taken.map(({ number }) => number)).toEqual([1n, 2n, 3n])
  })

  test('waits for a file that is not there yet', async () => {
    await using folder = await temporaryFolder()
    await using following = await follow(folder.path('.'))
    expect(await following.more()).toEqual([])
    await writeFile(folder.path('a.log'), 'one\n')
    expect(await following.more()).toEqual(['one'])
  })

  test('reads a renamed file to its end before the one that took its name', async () => {
    await using folder = await temporaryFolder()
    await writeFile(folder.path('a.log'), 'one\n')
    await using following = await follow(folder.path('.'))
    expect(await following.more()).toEqual(['one'])
    await appendFile(folder.path('a.log'), 'two\nthree without an end')
    await rename(folder.path('a.log'), folder.path('a.log.1'))
    await writeFile(folder.path('a.log'), 'one\nfour\n')
    expect(await following.more()).toEqual(['two', 'three without an end', 'one', 'four'])
    expect(new Set(following.taken.map(({ id }) => id)).size).toBe(5)
  })

  test('reads on when the file was renamed while it was down', async () => {
    await using folder = await temporaryFolder()
    await writeFile(folder.path('a.log'), 'one\n')
    const before = await follow(folder.path('.'))
    expect(await before.more()).toEqual(['one'])
    await before[Symbol.asyncDispose]()
    await appendFile(folder.path('a.log'), 'two\n')
    await rename(folder.path('a.log'), folder.path('a.log.1'))
    await writeFile(folder.path('a.log'), 'three\n')
    await using after = await follow(folder.path('.'), before.position())
    expect(await after.more()).toEqual(['two', 'three'])
    // The same place after a crash: the same records under the same ids.
    await using again = await follow(folder.path('.'), before.position())
    await again.more()
    expect(again.taken).toEqual(
      after.taken.map((record) => ({ ...record, timeMs: expect.any(Number) as unknown })),
    )
  })

  test('begins anew when the file is truncated, under new ids', async () => {
    await using folder = await temporaryFolder()
    await writeFile(folder.path('a.log'), 'one\ntwo\n')
    await using following = await follow(folder.path('.'))
    await following.more()
    await truncate(folder.path('a.log'))
    await following.more()
    await appendFile(folder.path('a.log'), 'one\n')
    expect(await following.more()).toEqual(['one'])
    expect(new Set(following.taken.map(({ id }) => id)).size).toBe(3)
  })

  test('notices a file that was truncated and written past the old end at once', async () => {
    await using folder = await temporaryFolder()
    await writeFile(folder.path('a.log'), 'one\ntwo\n')
    await using following = await follow(folder.path('.'))
    await following.more()
    await writeFile(folder.path('a.log'), 'other\nlines\nthan\nbefore\n')
    expect(await following.more()).toEqual(['other', 'lines', 'than', 'before'])
  })

  test('waits while the file is gone', async () => {
    await using folder = await temporaryFolder()
    await writeFile(folder.path('a.log'), 'one\n')
    await using following = await follow(folder.path('.'))
    await following.more()
    await unlink(folder.path('a.log'))
    expect(await following.more()).toEqual([])
    await writeFile(folder.path('a.log'), 'two\n')
    expect(await following.more()).toEqual(['two'])
  })
})
