/** What a log promises while it is open: offsets, durability, reading, retention, and what it does when the disk fails. */
import fs from 'node:fs'
import { errorCodes } from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { append, batchOf, fullDisk, LogRig, mustAppend, readOffsets, startMs } from './log-rig.suite.ts'
import { logSettings } from './topic-config.ts'

describe('appending', () => {
  test('gives offsets without holes, in the order of the calls', async () => {
    using rig = new LogRig()
    const log = await rig.open()
    const outcomes = await Promise.all([append(log, ['a', 'b']), append(log, ['c']), append(log, ['d', 'e'])])
    expect(outcomes.map((outcome) => outcome.baseOffset)).toEqual([0n, 2n, 3n])
    expect(log.highWatermark).toBe(5n)
  })

  test('makes nothing on the disk before the first batch', async () => {
    using rig = new LogRig()
    await rig.open()
    expect(fs.existsSync(rig.logFolder)).toBe(false)
  })

  test('flushes once for all batches that wait, before it answers', async () => {
    using rig = new LogRig()
    const log = await rig.open()
    await mustAppend(log, ['first'])
    rig.disk.synchronizations = 0
    await Promise.all(Array.from({ length: 50 }, () => append(log, ['x'])))
    expect(rig.disk.synchronizations).toBe(1)
  })

  test.each([{ durability: 'interval' as const }, { durability: 'os' as const }])(
    'does not flush before it answers in mode $durability',
    async ({ durability }) => {
      using rig = new LogRig()
      rig.durability = durability
      const log = await rig.open()
      rig.disk.synchronizations = 0
      await mustAppend(log, ['a'], ['b'])
      expect(rig.disk.synchronizations).toBe(0)
      await log.flush()
      await log.flush()
      expect(rig.disk.synchronizations).toBe(1)
    },
  )

  test('stamps records with the time of appending where the topic says so', async () => {
    using rig = new LogRig()
    rig.config = { 'message.timestamp.type': 'LogAppendTime' }
    const log = await rig.open()
    rig.clock.move(5000)
    expect(await append(log, ['a'], { timestampMs: 1 })).toMatchObject({
      logAppendTimeMs: BigInt(startMs + 5000),
    })
    const read = await log.read(0n, 1000, true)
    expect(Buffer.concat(read.chunks).readBigInt64BE(35)).toBe(BigInt(startMs + 5000))
    const again = await rig.open()
    expect(again.highWatermark).toBe(1n)
  })

  test('refuses transactional batches, and what is larger than the topic takes', async () => {
    using rig = new LogRig()
    rig.config = { 'max.message.bytes': '200' }
    const log = await rig.open()
    const transactional = { isTransactional: true, producerId: 1n, producerEpoch: 0, baseSequence: 0 }
    expect((await append(log, ['a'], transactional)).error).toBe(errorCodes.INVALID_TXN_STATE)
    expect((await append(log, ['x'.repeat(300)])).error).toBe(errorCodes.MESSAGE_TOO_LARGE)
    log.configure(logSettings({}))
    expect((await append(log, ['x'.repeat(300)])).error).toBe(errorCodes.NONE)
  })

  test('takes a batch that is larger than a segment', async () => {
    using rig = new LogRig()
    rig.config = { 'segment.bytes': '1024' }
    const log = await rig.open()
    await mustAppend(log, ['a'], ['x'.repeat(5000)], ['b'])
    expect(await readOffsets(log, 0n)).toEqual([0n, 1n, 2n])
  })

  test('tells who listens how many bytes became visible', async () => {
    using rig = new LogRig()
    const log = await rig.open()
    const heard: number[] = []
    const stop = log.onAppended((bytes) => heard.push(bytes))
    await mustAppend(log, ['a'])
    stop()
    await mustAppend(log, ['b'])
    expect(heard).toEqual([batchOf(['a']).length])
  })
})

describe('idempotence', () => {
  const send = (baseSequence: number, producerEpoch = 0) => ({ producerId: 42n, producerEpoch, baseSequence })

  test('holds among batches that wait for one flush', async () => {
    using rig = new LogRig()
    const log = await rig.open()
    const outcomes = await Promise.all([
      append(log, ['a'], send(0)),
      append(log, ['b'], send(1)),
      append(log, ['b'], send(1)),
      append(log, ['d'], send(3)),
      append(log, ['c'], send(2)),
    ])
    expect(outcomes.map((outcome) => [outcome.error, outcome.baseOffset])).toEqual([
      [errorCodes.NONE, 0n],
      [errorCodes.NONE, 1n],
      [errorCodes.NONE, 1n],
      [errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER, -1n],
      [errorCodes.NONE, 2n],
    ])
    expect(log.highWatermark).toBe(3n)
  })

  test('fences an older epoch', async () => {
    using rig = new LogRig()
    const log = await rig.open()
    await append(log, ['a'], send(0, 1))
    expect((await append(log, ['b'], send(1, 0))).error).toBe(errorCodes.INVALID_PRODUCER_EPOCH)
  })

  test('does not remember a batch that could not be written', async () => {
    using rig = new LogRig()
    const log = await rig.open()
    await append(log, ['a'], send(0))
    rig.disk.writeError = fullDisk()
    expect((await append(log, ['b'], send(1))).error).toBe(errorCodes.KAFKA_STORAGE_ERROR)
    rig.disk.writeError = null
    expect(await append(log, ['b'], send(1))).toMatchObject({ error: 0, baseOffset: 1n })
  })
})

describe.each([
  { where: 'from the files', cacheBytes: 0 },
  { where: 'from memory', cacheBytes: 1 << 20 },
])('reading $where', ({ cacheBytes }) => {
  const threeBatches = async (rig: LogRig) => {
    const log = await rig.open()
    await mustAppend(log, ['a', 'b'], ['c'], ['d', 'e', 'f'])
    return log
  }
  const sizeOf = (...values: string[]) => batchOf(values).length

  test.each([
    {
      says: 'whole batches from the one that holds the offset',
      offset: 1n,
      maxBytes: 1000,
      first: 0n,
      sizeBytes: sizeOf('a', 'b') + sizeOf('c') + sizeOf('d', 'e', 'f'),
    },
    { says: 'no more than fits', offset: 2n, maxBytes: sizeOf('c') + 1, first: 2n, sizeBytes: sizeOf('c') },
    {
      says: 'one batch, however large, when that is asked for',
      offset: 3n,
      maxBytes: 1,
      first: 3n,
      sizeBytes: sizeOf('d', 'e', 'f'),
    },
  ])('gives $says', async ({ offset, maxBytes, first, sizeBytes }) => {
    using rig = new LogRig(cacheBytes)
    const log = await threeBatches(rig)
    const read = await log.read(offset, maxBytes, true)
    expect(read.sizeBytes).toBe(sizeBytes)
    expect(Buffer.concat(read.chunks).readBigInt64BE(0)).toBe(first)
    read.release()
  })

  test.each([
    { says: 'nothing at the end', offset: 6n, error: errorCodes.NONE },
    { says: 'an error behind the end', offset: 7n, error: errorCodes.OFFSET_OUT_OF_RANGE },
    { says: 'an error before the start', offset: -1n, error: errorCodes.OFFSET_OUT_OF_RANGE },
    { says: 'nothing when no batch fits and none is due', offset: 3n, error: errorCodes.NONE },
  ])('gives $says', async ({ offset, error }) => {
    using rig = new LogRig(cacheBytes)
    const log = await threeBatches(rig)
    expect(await log.read(offset, 10, false)).toMatchObject({ error, sizeBytes: 0 })
  })

  test('gives back all memory it lent', async () => {
    using rig = new LogRig(cacheBytes)
    const log = await threeBatches(rig)
    const before = rig.pool.outBytes
    for (let round = 0; round < 3; round += 1) await readOffsets(log, 0n, 100)
    // The slab that small reads are cut from stays with its cutter.
    expect(rig.pool.outBytes - before).toBeLessThanOrEqual(rig.pool.slabBytes)
  })
})

test('reading finds every offset in a log of many segments and batches', async () => {
  using rig = new LogRig()
  rig.config = { 'segment.bytes': '50000' }
  const log = await rig.open()
  for (let batch = 0; batch < 200; batch += 1) await mustAppend(log, ['x'.repeat(900), 'y'])
  expect(log.segmentCount).toBeGreaterThan(3)
  for (let offset = 0n; offset < 400n; offset += 37n) {
    const read = await log.read(offset, 100, true)
    expect(Buffer.concat(read.chunks).readBigInt64BE(0)).toBe(offset - (offset % 2n))
    read.release()
  }
  expect(await readOffsets(log, 0n, 10_000)).toHaveLength(200)
})

describe('a disk that fails', () => {
  test.each([{ tornBytes: 0 }, { tornBytes: 30 }])(
    'refuses writes, keeps reads alive, and goes on when there is space ($tornBytes bytes got through)',
    async ({ tornBytes }) => {
      using rig = new LogRig()
      const log = await rig.open()
      await mustAppend(log, ['a'])
      const sizeBytes = fs.statSync(rig.activeFile).size
      rig.disk.writeError = fullDisk()
      rig.disk.tornBytes = tornBytes
      expect((await append(log, ['b'])).error).toBe(errorCodes.KAFKA_STORAGE_ERROR)
      expect((await append(log, ['b'])).error).toBe(errorCodes.KAFKA_STORAGE_ERROR)
      expect(fs.statSync(rig.activeFile).size).toBe(sizeBytes)
      expect(await readOffsets(log, 0n)).toEqual([0n])
      rig.disk.writeError = null
      await mustAppend(log, ['c'])
      expect(await readOffsets(log, 0n)).toEqual([0n, 1n])
      // One line when it began, one when it ended.
      expect(rig.lines).toEqual([expect.stringContaining('ENOSPC'), expect.stringContaining('again')])
      expect((await rig.open()).highWatermark).toBe(2n)
    },
  )

  test('loses nothing and acknowledges nothing when a flush fails; the next batch goes to a new file', async () => {
    using rig = new LogRig()
    const log = await rig.open()
    await mustAppend(log, ['a'])
    rig.disk.synchronizeError = new Error('EIO: i/o error, fdatasync')
    expect((await append(log, ['b'])).error).toBe(errorCodes.KAFKA_STORAGE_ERROR)
    expect(log.highWatermark).toBe(1n)
    rig.disk.synchronizeError = null
    await mustAppend(log, ['c'])
    expect(rig.files('.log')).toHaveLength(2)
    const again = await rig.open()
    expect(await readOffsets(again, 0n)).toEqual([0n, 1n])
  })

  test('refuses the batch when no new segment can be begun, and goes on later', async () => {
    using rig = new LogRig()
    rig.config = { 'segment.bytes': '1024' }
    const log = await rig.open()
    await mustAppend(log, ['x'.repeat(900)])
    rig.disk.wholeFileError = fullDisk()
    expect((await append(log, ['x'.repeat(900)])).error).toBe(errorCodes.KAFKA_STORAGE_ERROR)
    rig.disk.wholeFileError = null
    await mustAppend(log, ['x'.repeat(900)])
    expect(await readOffsets(log, 0n)).toEqual([0n, 1n])
  })

  test('takes no more writes when bytes that were acknowledged could not be flushed', async () => {
    using rig = new LogRig()
    rig.durability = 'interval'
    const log = await rig.open()
    await mustAppend(log, ['a'])
    rig.disk.synchronizeError = new Error('EIO: i/o error, fdatasync')
    await log.flush()
    rig.disk.synchronizeError = null
    expect((await append(log, ['b'])).error).toBe(errorCodes.KAFKA_STORAGE_ERROR)
    expect(await readOffsets(log, 0n)).toEqual([0n])
    expect(rig.lines.join('\n')).toContain('until the broker is restarted')
  })

  test('takes no more writes when a torn write cannot be taken back', async () => {
    using rig = new LogRig()
    const log = await rig.open()
    await mustAppend(log, ['a'])
    rig.disk.writeError = fullDisk()
    rig.disk.tornBytes = 30
    rig.disk.truncateError = new Error('EIO: i/o error, ftruncate')
    expect((await append(log, ['b'])).error).toBe(errorCodes.KAFKA_STORAGE_ERROR)
    rig.disk.writeError = null
    expect((await append(log, ['c'])).error).toBe(errorCodes.KAFKA_STORAGE_ERROR)
    rig.disk.truncateError = null
    expect((await rig.open()).highWatermark).toBe(1n)
  })
})

describe('retention', () => {
  test('drops old segments by time, the active one too once everything in it has expired', async () => {
    using rig = new LogRig()
    rig.config = { 'retention.ms': '60000', 'segment.bytes': '1024' }
    const log = await rig.open()
    for (let batch = 0; batch < 10; batch += 1) await mustAppend(log, ['x'.repeat(900)])
    await log.applyRetention()
    expect(log.logStartOffset).toBe(0n)
    rig.clock.move(60_001)
    await log.applyRetention()
    expect(log.logStartOffset).toBe(10n)
    expect(log.sizeBytes).toBe(0)
    expect(rig.files('.log')).toHaveLength(1)
    expect((await log.read(3n, 1000, true)).error).toBe(errorCodes.OFFSET_OUT_OF_RANGE)
    const again = await rig.open()
    expect([again.logStartOffset, again.highWatermark]).toEqual([10n, 10n])
    await mustAppend(again, ['a'])
    expect(await readOffsets(again, 10n)).toEqual([10n])
  })

  test('drops by size', async () => {
    using rig = new LogRig()
    rig.config = { 'retention.bytes': '3000', 'segment.bytes': '1024' }
    const log = await rig.open()
    for (let batch = 0; batch < 10; batch += 1) await mustAppend(log, ['x'.repeat(900)])
    await log.applyRetention()
    expect(log.sizeBytes).toBeGreaterThanOrEqual(3000)
    expect(log.sizeBytes).toBeLessThan(4200)
    expect(await readOffsets(log, log.logStartOffset)).toHaveLength(Number(10n - log.logStartOffset))
  })

  test('leaves compacted logs alone', async () => {
    using rig = new LogRig()
    rig.config = { 'retention.ms': '1', 'segment.bytes': '1024', 'cleanup.policy': 'compact' }
    const log = await rig.open()
    for (let batch = 0; batch < 5; batch += 1) await mustAppend(log, ['x'.repeat(900)])
    rig.clock.move(1_000_000)
    await log.applyRetention()
    expect(log.logStartOffset).toBe(0n)
  })

  test('begins a new segment when the old one is old enough', async () => {
    using rig = new LogRig()
    rig.config = { 'segment.ms': '1000', 'retention.ms': '-1' }
    const log = await rig.open()
    await mustAppend(log, ['a'])
    rig.clock.move(1000)
    await mustAppend(log, ['b'])
    expect(rig.files('.log')).toHaveLength(2)
  })

  test('lets a reader finish in a segment that is being dropped', async () => {
    using rig = new LogRig()
    rig.config = { 'retention.ms': '60000', 'segment.bytes': '1024' }
    const log = await rig.open()
    for (let batch = 0; batch < 3; batch += 1) await mustAppend(log, ['x'.repeat(900)])
    rig.clock.move(60_001)
    const [read] = await Promise.all([log.read(0n, 1000, true), log.applyRetention()])
    expect(Buffer.concat(read.chunks).readBigInt64BE(0)).toBe(0n)
  })
})

describe('deleting records', () => {
  test.each([
    { says: 'inside a segment', offset: 5n, start: 5n },
    { says: 'everything', offset: 10n, start: 10n },
    { says: 'beyond the end', offset: 11n, start: null },
    { says: 'before zero', offset: -1n, start: null },
  ])('moves the log start: $says', async ({ offset, start }) => {
    using rig = new LogRig()
    rig.config = { 'segment.bytes': '1024' }
    const log = await rig.open()
    for (let batch = 0; batch < 10; batch += 1) await mustAppend(log, ['x'.repeat(300)])
    expect(await log.deleteBefore(offset)).toBe(start)
    expect(log.logStartOffset).toBe(start ?? 0n)
    expect(await readOffsets(log, log.logStartOffset)).toHaveLength(Number(10n - log.logStartOffset))
  })
})

describe('times', () => {
  test('lead to the first record that is as late, also inside a batch', async () => {
    using rig = new LogRig()
    rig.config = { 'segment.bytes': '1024' }
    const log = await rig.open()
    for (const timestampMs of [1000, 3000, 2000, 5000]) {
      await append(log, ['x'.repeat(400), 'y'], { timestampMs })
    }
    expect(await log.offsetAtTime(0)).toEqual({ offset: 0n, timestamp: 1000 })
    expect(await log.offsetAtTime(1001)).toEqual({ offset: 2n, timestamp: 3000 })
    expect(await log.offsetAtTime(3000)).toEqual({ offset: 2n, timestamp: 3000 })
    expect(await log.offsetAtTime(3001)).toEqual({ offset: 6n, timestamp: 5000 })
    expect(await log.offsetAtTime(5001)).toBeNull()
    expect(await log.offsetOfLatestTime()).toEqual({ offset: 6n, timestamp: 5000 })
  })

  test('lead to nothing before the log start, nor in an empty log', async () => {
    using rig = new LogRig()
    const log = await rig.open()
    expect(await log.offsetAtTime(0)).toBeNull()
    expect(await log.offsetOfLatestTime()).toBeNull()
    await append(log, ['a', 'b', 'c'], { timestampMs: 1000 })
    await log.deleteBefore(2n)
    expect(await log.offsetAtTime(0)).toEqual({ offset: 2n, timestamp: 1000 })
  })
})

describe('the end of a log', () => {
  test('answers what waits, then refuses', async () => {
    using rig = new LogRig()
    const log = await rig.open()
    await mustAppend(log, ['a'])
    const last = append(log, ['b'])
    await Promise.all([last, log.close()])
    expect((await append(log, ['c'])).error).toBe(errorCodes.NOT_LEADER_OR_FOLLOWER)
    expect((await rig.open()).highWatermark).toBe((await last).error === 0 ? 2n : 1n)
  })

  test('leaves no bytes unflushed in any mode', async () => {
    using rig = new LogRig()
    rig.durability = 'os'
    const log = await rig.open()
    await mustAppend(log, ['a'])
    rig.disk.synchronizations = 0
    await log.close()
    expect(rig.disk.synchronizations).toBe(1)
  })

  test('tells those who wait when the topic is deleted', async () => {
    using rig = new LogRig()
    const log = await rig.open()
    await mustAppend(log, ['a'])
    const heard: number[] = []
    log.onAppended((bytes) => heard.push(bytes))
    await log.drop()
    expect(heard).toEqual([0])
    expect((await log.read(0n, 1000, true)).error).toBe(errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
    expect((await append(log, ['b'])).error).toBe(errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  })
})
