import { expect, test } from 'vitest'
import { murmur2, partitionOfKey } from './partitioner.ts'

// The values that Apache Kafka's own test asserts of its hash.
test.each([
  { key: '21', hash: -973_932_308 },
  { key: 'foobar', hash: -790_332_482 },
  { key: 'a-little-bit-long-string', hash: -985_981_536 },
  { key: 'a-little-bit-longer-string', hash: -1_486_304_829 },
  { key: 'lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', hash: -58_897_971 },
  { key: 'abc', hash: 479_470_107 },
])('the hash of $key is that of Java', ({ key, hash }) => {
  expect(murmur2(Buffer.from(key))).toBe(hash)
})

test('a key always goes to a partition there is', () => {
  for (let i = 0; i < 1_000; i++) {
    const partition = partitionOfKey(Buffer.from(`key-${i}`), 6)
    expect(partition).toBeGreaterThanOrEqual(0)
    expect(partition).toBeLessThan(6)
  }
})
