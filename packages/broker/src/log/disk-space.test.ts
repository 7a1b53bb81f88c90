import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { diskSpace } from './disk-space.ts'

test('a volume has room, and not more than its size', async () => {
  const space = await diskSpace(tmpdir())
  expect(space?.totalBytes).toBeGreaterThan(0n)
  expect(space?.usableBytes).toBeLessThanOrEqual(space?.totalBytes ?? 0n)
})

test('a directory that is not there has no volume', async () => {
  expect(await diskSpace(path.join(tmpdir(), 'no', 'such', 'directory'))).toBe(null)
})
