import { expect, test } from 'vitest'
import { bytesInSlices, inSlices } from './sliced.ts'

const never = new AbortController().signal

test.each([0, 1, 2, 3, 262_143, 262_144, 600_001])(
  '%i bytes come back from base64 as they were',
  async (length) => {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 31) % 256)
    let binary = ''
    for (const byte of bytes) binary += String.fromCharCode(byte)
    expect(await bytesInSlices(btoa(binary), never)).toEqual(bytes)
  },
)

test('what is no base64 gives nothing', async () => {
  expect(await bytesInSlices('abc', never)).toBeNull()
  expect(await bytesInSlices('ab!d', never)).toBeNull()
})

test('work that is aborted ends between two steps', async () => {
  const stop = new AbortController()
  let steps = 0
  await inSlices(() => {
    steps += 1
    if (steps === 3) stop.abort()
    return false
  }, stop.signal)
  expect(steps).toBe(3)
})
