import { describe, expect, test } from 'vitest'
import type { CommittedOffset } from './committed-offsets.ts'
import { settled, VirtualClock } from './coordinator-rig.suite.ts'
import type { GroupError } from './group-state.ts'
import { MemoryTopics } from './memory-topics.suite.ts'
import { OffsetsLog, offsetsTopic } from './offsets-log.ts'
import type { StoredRecord } from './offsets-records.ts'
import { offsetRecord, readStoredRecord } from './offsets-records.ts'

const nowMs = 1_700_000_000_000

const record = (partition: number, offset: bigint, metadata = ''): StoredRecord => {
  const committed: CommittedOffset = {
    offset,
    leaderEpoch: -1,
    metadata,
    committedAtMs: nowMs,
    expiresAtMs: null,
  }
  return offsetRecord({ groupId: 'g', topic: 't', partition }, committed)
}

/** A store that keeps the newest record of each key, as the coordinator does. */
const openStore = (topics: MemoryTopics, rewriteBytesMin = 1_000_000) => {
  const live = new Map<string, StoredRecord>()
  const reports: string[] = []
  const log = new OffsetsLog({
    topics: topics.registry,
    clock: new VirtualClock(),
    live: () => live.values(),
    report: (line) => reports.push(line),
    rewriteBytesMin,
  })
  const keep = (each: StoredRecord): void => {
    if (each.value === null) live.delete(each.key.toString('hex'))
    else live.set(each.key.toString('hex'), each)
  }
  const store = (...records: StoredRecord[]): Promise<GroupError> =>
    new Promise((resolve) => {
      log.append(records, (error) => {
        if (error === 'NONE') records.forEach(keep)
        resolve(error)
      })
    })
  const load = async (): Promise<string[]> => {
    await log.replay(keep)
    return [...live.values()].map((each) => {
      const fact = readStoredRecord(each, nowMs)
      return fact?.kind === 'offset' ? `${fact.key.partition}@${fact.committed?.offset}` : 'group'
    })
  }
  return { log, store, load, reports }
}

describe('the offsets log', () => {
  test('makes its topic with the first record, as an internal one', async () => {
    const topics = new MemoryTopics()
    const { store } = openStore(topics)
    expect(topics.registry.get(offsetsTopic)).toBeUndefined()
    expect(await Promise.all([store(record(0, 1n)), store(record(1, 2n))])).toEqual(['NONE', 'NONE'])
    expect(topics.registry.get(offsetsTopic)).toMatchObject({
      internal: true,
      config: { 'cleanup.policy': 'compact' },
    })
  })

  test('hands everything over at the next start, in order, and keeps it when the bytes read are reused', async () => {
    const topics = new MemoryTopics()
    const first = openStore(topics)
    await first.store(record(0, 1n), record(1, 5n))
    await first.store(record(0, 2n))
    await first.store({ ...record(1, 0n), value: null }, record(2, 9n, 'x'.repeat(1000)))
    expect(await openStore(topics).load()).toEqual(['0@2', '2@9'])
  })

  test('tells how an append ended', async () => {
    const topics = new MemoryTopics()
    const { store } = openStore(topics)
    await store(record(0, 1n))
    const log = topics.logs.get(offsetsTopic)
    if (log !== undefined) log.error = 56
    expect(await store(record(0, 2n))).toBe('KAFKA_STORAGE_ERROR')
  })

  test('refuses to start on a log that cannot be read', async () => {
    const topics = new MemoryTopics()
    await openStore(topics).store(record(0, 1n))
    const log = topics.logs.get(offsetsTopic)
    if (log !== undefined) log.error = 56
    await expect(openStore(topics).load()).rejects.toThrow(
      '__consumer_offsets cannot be read at offset 0 (error 56)',
    )
  })

  test('does not grow with the number of commits, and forgets nothing that counts', async () => {
    const topics = new MemoryTopics()
    const { store, reports } = openStore(topics, 20_000)
    for (let round = 1; round <= 200; round += 1) {
      const ends = Array.from({ length: 10 }, (_, partition) =>
        store(record(partition, BigInt(round), 'y'.repeat(100))),
      )
      expect(await Promise.all(ends)).toEqual(ends.map(() => 'NONE'))
    }
    await settled()
    const log = topics.logs.get(offsetsTopic)
    // 2,000 commits of some 200 bytes were made; one bound and what the last round added may be there.
    expect(log?.sizeBytes).toBeLessThan(25_000)
    expect(log?.logStartOffset).toBeGreaterThan(1_000n)
    expect(reports).toEqual([])
    expect(await openStore(topics).load()).toEqual(
      Array.from({ length: 10 }, (_, partition) => `${partition}@200`),
    )
  })

  test('keeps what is on its way while it rewrites', async () => {
    const topics = new MemoryTopics()
    const { log, store } = openStore(topics, 2_000)
    // None waits for the one before: each rewrite finds appends under way and gets more while it runs.
    const ends = Array.from({ length: 500 }, (_, index) =>
      store(record(index % 7, BigInt(index), 'z'.repeat(50))),
    )
    expect(new Set(await Promise.all(ends))).toEqual(new Set(['NONE']))
    await log.close()
    expect((await openStore(topics).load()).toSorted()).toEqual(
      Array.from({ length: 7 }, (_, partition) => `${partition}@${499 - ((499 - partition) % 7)}`),
    )
  })

  test('reads the same when the start was not dropped after a rewrite', async () => {
    const topics = new MemoryTopics()
    const { store } = openStore(topics, 1_000)
    await store(record(0, 1n))
    const log = topics.logs.get(offsetsTopic)
    if (log !== undefined) log.deleteBefore = async () => 0n
    for (let round = 2; round <= 40; round += 1) await store(record(round % 3, BigInt(round)))
    await settled()
    expect((await openStore(topics).load()).toSorted()).toEqual(['0@39', '1@40', '2@38'])
  })

  test('goes on when a rewrite fails', async () => {
    const topics = new MemoryTopics()
    const { store, reports, log: offsets } = openStore(topics, 500)
    await store(record(0, 1n))
    const log = topics.logs.get(offsetsTopic)
    if (log === undefined) throw new Error('the topic is there')
    log.deleteBefore = () => Promise.reject(new Error('disk on fire'))
    for (let round = 2; round <= 10; round += 1) expect(await store(record(0, BigInt(round)))).toBe('NONE')
    await offsets.close()
    expect(reports).toContain('__consumer_offsets: Error: disk on fire')
    expect(await openStore(topics).load()).toEqual(['0@10'])
  })
})
