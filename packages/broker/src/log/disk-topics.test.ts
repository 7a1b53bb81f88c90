/** What the registry of topics keeps over restarts, crashes and a full disk. */
import fs from 'node:fs'
import path from 'node:path'
import { errorCodes } from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { DataDirectory } from './data-directory.ts'
import { lockDirectory } from './directory-lock.ts'
import { DiskTopics } from './disk-topics.ts'
import { batchOf, fullDisk, LogRig } from './log-rig.suite.ts'
import { checkTopicName } from './topic-registry.ts'

const openTopics = (rig: LogRig) => DiskTopics.open(rig.folder, rig.environment)

const appendTo = async (topics: DiskTopics, name: string, partition: number, value: string) => {
  const outcome = await topics
    .get(name)
    ?.partitions[partition]?.append(batchOf([value]), { origin: 'client' })
  return outcome?.error
}

const topicFolders = (rig: LogRig): string[] => fs.readdirSync(path.join(rig.folder, 'topics'))

describe('a topic', () => {
  test('is there after a restart, with its id, settings and records', async () => {
    using rig = new LogRig()
    const topics = await openTopics(rig)
    const config = { 'retention.ms': '1000' }
    const topic = await topics.create({ name: 'orders', partitions: 3, config })
    await appendTo(topics, 'orders', 2, 'a')
    const again = await openTopics(rig)
    expect(again.get('orders')).toMatchObject({ name: 'orders', id: topic?.id, config, internal: false })
    expect(again.byId(topic?.id ?? '')).toBe(again.get('orders'))
    expect(again.get('orders')?.partitions.map((log) => log.highWatermark)).toEqual([0n, 0n, 1n])
  })

  test('is made once, also by two at the same time', async () => {
    using rig = new LogRig()
    const topics = await openTopics(rig)
    const fresh = { name: 'orders', partitions: 1, config: {} }
    const made = await Promise.all([topics.create(fresh), topics.create(fresh)])
    expect(made.filter((topic) => topic !== null)).toHaveLength(1)
    expect(await topics.create(fresh)).toBeNull()
  })

  test('can be made a thousand times at once with few writings', async () => {
    using rig = new LogRig()
    const topics = await openTopics(rig)
    await Promise.all(
      Array.from({ length: 1000 }, (_, index) =>
        topics.create({ name: `t${index}`, partitions: 1, config: {} }),
      ),
    )
    expect((await openTopics(rig)).all()).toHaveLength(1000)
  })

  test('is gone with its files when it is deleted, and another of its name has another id', async () => {
    using rig = new LogRig()
    const topics = await openTopics(rig)
    const first = await topics.create({ name: 'orders', partitions: 1, config: {} })
    await appendTo(topics, 'orders', 0, 'a')
    expect(topicFolders(rig)).toHaveLength(1)
    const heard: string[] = []
    topics.onDeleted((topic) => heard.push(topic.name))
    expect(await topics.delete('orders')).toBe(true)
    expect(await topics.delete('orders')).toBe(false)
    expect(heard).toEqual(['orders'])
    expect(topicFolders(rig)).toEqual([])
    const second = await topics.create({ name: 'orders', partitions: 1, config: {} })
    expect(second?.id).not.toBe(first?.id)
    expect((await openTopics(rig)).get('orders')?.partitions[0]?.highWatermark).toBe(0n)
  })

  test('whose deletion was cut short is removed at the next start', async () => {
    using rig = new LogRig()
    const topics = await openTopics(rig)
    await topics.create({ name: 'orders', partitions: 1, config: {} })
    await appendTo(topics, 'orders', 0, 'a')
    const [folder = ''] = topicFolders(rig)
    const catalog = path.join(rig.folder, 'topics.json')
    fs.writeFileSync(catalog, JSON.stringify({ version: 1, topics: [], deleting: [folder] }))
    const again = await openTopics(rig)
    expect(again.all()).toEqual([])
    expect(topicFolders(rig)).toEqual([])
  })

  test('gets more partitions and other settings, and keeps them', async () => {
    using rig = new LogRig()
    const topics = await openTopics(rig)
    await topics.create({ name: 'orders', partitions: 1, config: {} })
    expect(await topics.addPartitions('orders', 4)).toBe(true)
    expect(await topics.configure('orders', { 'max.message.bytes': '100' })).toBe(true)
    expect(await appendTo(topics, 'orders', 3, 'x'.repeat(200))).toBe(errorCodes.MESSAGE_TOO_LARGE)
    const again = await openTopics(rig)
    expect(again.get('orders')?.partitions).toHaveLength(4)
    expect(again.get('orders')?.config).toEqual({ 'max.message.bytes': '100' })
    expect(await again.addPartitions('nothing', 4)).toBe(false)
    expect(await again.configure('nothing', {})).toBe(false)
  })

  test('is not there when the disk refused to note it, and can be made later', async () => {
    using rig = new LogRig()
    const topics = await openTopics(rig)
    rig.disk.wholeFileError = fullDisk()
    await expect(topics.create({ name: 'orders', partitions: 1, config: {} })).rejects.toThrow('ENOSPC')
    expect(topics.get('orders')).toBeUndefined()
    rig.disk.wholeFileError = null
    expect(await topics.create({ name: 'orders', partitions: 1, config: {} })).not.toBeNull()
  })

  test('stays when the disk refused to note that it is deleted', async () => {
    using rig = new LogRig()
    const topics = await openTopics(rig)
    await topics.create({ name: 'orders', partitions: 1, config: {} })
    rig.disk.wholeFileError = fullDisk()
    await expect(topics.delete('orders')).rejects.toThrow('ENOSPC')
    rig.disk.wholeFileError = null
    expect(await appendTo(topics, 'orders', 0, 'a')).toBe(errorCodes.NONE)
    expect((await openTopics(rig)).all()).toHaveLength(1)
  })
})

test('old records leave by themselves', async () => {
  using rig = new LogRig()
  const topics = await openTopics(rig)
  await topics.create({ name: 'orders', partitions: 1, config: { 'retention.ms': '1000' } })
  await appendTo(topics, 'orders', 0, 'a')
  topics.startMaintenance({ retentionCheckMs: 500, flushEveryMs: 50 })
  rig.clock.move(2000)
  await expect.poll(() => topics.get('orders')?.partitions[0]?.logStartOffset).toBe(1n)
  await topics.close()
})

test('a start refuses a catalog that it cannot understand', async () => {
  using rig = new LogRig()
  fs.writeFileSync(path.join(rig.folder, 'topics.json'), '{"topics": [{"name": 5}]}')
  await expect(openTopics(rig)).rejects.toThrow(/topics.json is damaged/)
})

describe('a data directory', () => {
  test('keeps its cluster id and never gives a producer id twice', async () => {
    using rig = new LogRig()
    const first = await DataDirectory.open(rig.disk, rig.folder)
    const ids = await Promise.all(Array.from({ length: 1500 }, () => first.nextProducerId()))
    const second = await DataDirectory.open(rig.disk, rig.folder)
    ids.push(await second.nextProducerId())
    expect(second.clusterId).toBe(first.clusterId)
    expect(new Set(ids).size).toBe(1501)
  })

  test('is refused when its file cannot be understood', async () => {
    using rig = new LogRig()
    fs.writeFileSync(path.join(rig.folder, 'broker.json'), '{"clusterId": 5}')
    await expect(DataDirectory.open(rig.disk, rig.folder)).rejects.toThrow(/broker.json is damaged/)
  })

  test('belongs to one broker at a time, by whatever path it is named', async () => {
    using rig = new LogRig()
    const link = `${rig.folder}-link`
    fs.symlinkSync(rig.folder, link)
    const unlock = await lockDirectory(rig.folder)
    await expect(lockDirectory(link)).rejects.toThrow(`in use by another broker (process ${process.pid})`)
    await unlock()
    await (await lockDirectory(link))()
    fs.rmSync(link)
  })
})

test.each([
  { name: 'orders.v1_a-b', isFine: true },
  { name: 'x'.repeat(249), isFine: true },
  { name: 'x'.repeat(250), isFine: false },
  { name: '', isFine: false },
  { name: '.', isFine: false },
  { name: '..', isFine: false },
  { name: 'a/b', isFine: false },
  { name: 'ä', isFine: false },
])('a topic may be called $name: $isFine', ({ name, isFine }) => {
  expect(checkTopicName(name) === null).toBe(isFine)
})
