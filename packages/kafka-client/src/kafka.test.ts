import { describe, expect, test, vi } from 'vitest'
import { openKafka } from './kafka.ts'

describe('what openKafka opened', () => {
  test('ends with it, but for what ended by itself before', async () => {
    const kafka = openKafka({ brokers: '127.0.0.1:1' })
    const [first, second] = [kafka.consumer(), kafka.consumer()]
    const [firstEnds, secondEnds] = [
      vi.spyOn(first, Symbol.asyncDispose),
      vi.spyOn(second, Symbol.asyncDispose),
    ]
    await first[Symbol.asyncDispose]()
    await kafka[Symbol.asyncDispose]()
    expect([firstEnds.mock.calls.length, secondEnds.mock.calls.length]).toStrictEqual([1, 1])
  })
})
