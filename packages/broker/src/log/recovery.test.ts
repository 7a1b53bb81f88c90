/** What a log finds on the disk after it was left in good order, killed, torn or damaged. */
import fs from 'node:fs'
import path from 'node:path'
import { errorCodes } from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { placeBatch } from './batch.ts'
import { append, batchOf, LogRig, mustAppend, readOffsets } from './log-rig.suite.ts'
import { groupBytesMax } from './recovery.ts'

describe('a log that is opened again', () => {
  test.each([{ ending: 'closed in good order' }, { ending: 'killed' }])(
    'has everything that was acknowledged: $ending',
    async ({ ending }) => {
      using rig = new LogRig()
      const log = await rig.open()
      await mustAppend(log, ['a', 'b'], ['c'], ['d', 'e', 'f'])
      if (ending !== 'killed') await log.close()
      const again = await rig.open()
      expect(again.highWatermark).toBe(6n)
      expect(await readOffsets(again, 0n)).toEqual([0n, 2n, 3n])
      await mustAppend(again, ['g'])
      expect(await readOffsets(again, 0n)).toEqual([0n, 2n, 3n, 6n])
      expect(rig.lines).toEqual([])
    },
  )

  test('goes on in segments that were rolled', async () => {
    using rig = new LogRig()
    rig.config = { 'segment.bytes': '1024' }
    const log = await rig.open()
    for (let batch = 0; batch < 30; batch += 1) await mustAppend(log, ['x'.repeat(200)])
    expect(rig.files('.log').length).toBeGreaterThan(4)
    expect(rig.files('.index')).toHaveLength(rig.files('.log').length - 1)
    const again = await rig.open()
    expect(await readOffsets(again, 0n, 700)).toHaveLength(30)
    expect(again.highWatermark).toBe(30n)
    expect(again.damage).toBeNull()
  })

  test('scans a closed segment whose companion is gone or wrong', async () => {
    using rig = new LogRig()
    rig.config = { 'segment.bytes': '1024' }
    const log = await rig.open()
    for (let batch = 0; batch < 20; batch += 1) await mustAppend(log, ['x'.repeat(200)])
    const [first = '', second = ''] = rig.files('.index').map((name) => path.join(rig.logFolder, name))
    fs.rmSync(first)
    fs.writeFileSync(second, 'nonsense')
    const again = await rig.open()
    expect(await readOffsets(again, 0n)).toHaveLength(20)
    expect(again.damage).toBeNull()
  })

  test('remembers a log start inside a segment', async () => {
    using rig = new LogRig()
    const log = await rig.open()
    await mustAppend(log, ['a', 'b', 'c', 'd'])
    expect(await log.deleteBefore(3n)).toBe(3n)
    const again = await rig.open()
    expect(again.logStartOffset).toBe(3n)
    expect((await again.read(2n, 1000, true)).error).toBe(errorCodes.OFFSET_OUT_OF_RANGE)
  })
})

describe('a torn tail', () => {
  const whole = batchOf(['torn', 'tail'])
  placeBatch(whole, 3n, 0)

  test.each([
    { says: 'half a header', tail: whole.subarray(0, 30) },
    { says: 'half a batch', tail: whole.subarray(0, -1) },
    { says: 'a batch with a wrong byte', tail: Buffer.concat([whole.subarray(0, -1), Buffer.from([0xff])]) },
    { says: 'zeros', tail: Buffer.alloc(5000) },
    { says: 'noise', tail: Buffer.alloc(5000, 0xa7) },
    { says: 'a batch of an older time', tail: batchOf(['again']) },
  ])('is cut off and reported, and the log goes on: $says', async ({ tail }) => {
    using rig = new LogRig()
    const log = await rig.open()
    await mustAppend(log, ['a', 'b'], ['c'])
    const sizeBytes = fs.statSync(rig.activeFile).size
    fs.appendFileSync(rig.activeFile, tail)
    const again = await rig.open()
    expect(fs.statSync(rig.activeFile).size).toBe(sizeBytes)
    expect(again.damage).toBeNull()
    expect(rig.lines).toEqual([expect.stringContaining('never acknowledged')])
    await mustAppend(again, ['d'])
    expect(await readOffsets(again, 0n)).toEqual([0n, 2n, 3n])
  })

  test('that was never acknowledged but holds whole batches is kept aside', async () => {
    using rig = new LogRig()
    const log = await rig.open()
    await mustAppend(log, ['a', 'b', 'c'])
    const later = batchOf(['later'])
    placeBatch(later, 5n, 0)
    fs.appendFileSync(rig.activeFile, Buffer.concat([Buffer.from(whole).fill(0, 61), later]))
    const again = await rig.open()
    expect(again.highWatermark).toBe(3n)
    expect(rig.files('.torn')).toEqual(['3.torn'])
    expect(rig.lines).toEqual([expect.stringContaining('3.torn')])
  })
})

describe('damage', () => {
  const damagedClosedSegment = async (rig: LogRig): Promise<void> => {
    rig.config = { 'segment.bytes': '1024' }
    const log = await rig.open()
    for (let batch = 0; batch < 20; batch += 1) await mustAppend(log, ['x'.repeat(200)])
    const [first = ''] = rig.files('.log')
    fs.rmSync(path.join(rig.logFolder, first.replace('.log', '.index')))
    const bytes = fs.readFileSync(path.join(rig.logFolder, first))
    bytes.writeUInt8(bytes.readUInt8(300) ^ 1, 300)
    fs.writeFileSync(path.join(rig.logFolder, first), bytes)
  }

  test('in a closed segment is reported, and the partition refuses to work', async () => {
    using rig = new LogRig()
    await damagedClosedSegment(rig)
    const log = await rig.open()
    expect(log.damage).toContain('checksum')
    expect(rig.lines).toEqual([expect.stringContaining('is damaged')])
    expect((await log.read(0n, 1000, true)).error).toBe(errorCodes.KAFKA_STORAGE_ERROR)
    expect((await append(log, ['a'])).error).toBe(errorCodes.KAFKA_STORAGE_ERROR)
  })

  test('leaves the files as they are, also when the log is closed', async () => {
    using rig = new LogRig()
    await damagedClosedSegment(rig)
    const before = rig.files('').map((name) => [name, fs.statSync(path.join(rig.logFolder, name)).size])
    const log = await rig.open()
    await log.applyRetention()
    await log.close()
    expect(rig.files('').map((name) => [name, fs.statSync(path.join(rig.logFolder, name)).size])).toEqual(
      before,
    )
  })

  test('is a segment that is missing between others', async () => {
    using rig = new LogRig()
    rig.config = { 'segment.bytes': '1024' }
    const log = await rig.open()
    for (let batch = 0; batch < 20; batch += 1) await mustAppend(log, ['x'.repeat(200)])
    fs.rmSync(path.join(rig.logFolder, rig.files('.log')[1] ?? ''))
    expect((await rig.open()).damage).toMatch(/offsets \d+ to \d+ are missing/)
  })

  test('is a bad spot that lies further back than one flush can reach', async () => {
    using rig = new LogRig()
    rig.config = { 'max.message.bytes': '20000000' }
    const log = await rig.open()
    await mustAppend(log, ['a'], ['b'], ['x'.repeat(groupBytesMax)], ['c'])
    const file = rig.activeFile
    const handle = fs.openSync(file, 'r+')
    fs.writeSync(handle, Buffer.from([0xff]), 0, 1, 70 + 61)
    fs.closeSync(handle)
    const sizeBytes = fs.statSync(file).size
    expect((await rig.open()).damage).toContain('whole batches follow')
    expect(fs.statSync(file).size).toBe(sizeBytes)
  })
})

describe('idempotent producers', () => {
  const send = (baseSequence: number) => ({ producerId: 42n, producerEpoch: 0, baseSequence })

  test.each([{ ending: 'closed in good order' }, { ending: 'killed' }, { ending: 'rolled, then killed' }])(
    'are remembered after a restart: $ending',
    async ({ ending }) => {
      using rig = new LogRig()
      if (ending.startsWith('rolled')) rig.config = { 'segment.bytes': '1024' }
      const log = await rig.open()
      await append(log, ['x'.repeat(900)], send(0))
      await append(log, ['b'], send(1))
      if (ending === 'closed in good order') await log.close()
      const again = await rig.open()
      expect(await append(again, ['b'], send(1))).toMatchObject({ error: 0, baseOffset: 1n })
      expect(await append(again, ['x'.repeat(900)], send(0))).toMatchObject({ error: 0, baseOffset: 0n })
      expect((await append(again, ['d'], send(3))).error).toBe(errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER)
      expect(await append(again, ['c'], send(2))).toMatchObject({ error: 0, baseOffset: 2n })
      expect(again.highWatermark).toBe(3n)
    },
  )
})
