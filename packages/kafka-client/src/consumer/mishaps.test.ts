/** A consumer whose broker, log or callbacks do what they should not. */
import { BatchEncoder, BatchView, errorCodes } from 'sluice-kafka-protocol'
import { expect, test } from 'vitest'
import { KafkaCluster } from '../cluster/cluster.ts'
import { FakeCluster } from '../cluster/fake-cluster.suite.ts'
import { openWire } from '../connection/open-wire.ts'
import type { Wire } from '../connection/wire.ts'
import { KafkaError } from '../errors/kafka-error.ts'
import { systemClock } from '../support/clock.ts'
import { seededRandom } from '../support/random.ts'
import { Consumer } from './consumer.ts'
import type { ConsumerOptions } from './consumer-options.ts'

const t = { topic: 't' }

class Rig implements AsyncDisposable {
  readonly fake: FakeCluster
  readonly consumer: Consumer
  readonly wires: Wire[] = []
  isDown = false

  constructor(fake: FakeCluster, options: ConsumerOptions) {
    this.fake = fake
    const cluster = new KafkaCluster({
      ...fake.access,
      openWire: async (address, wireOptions) => {
        if (this.isDown) throw new KafkaError('CONNECTION_LOST', 'the broker', 'it is down')
        const wire = await openWire(address, wireOptions)
        this.wires.push(wire)
        return wire
      },
    })
    this.consumer = new Consumer(cluster, { waitMs: 50, ...options }, systemClock, seededRandom(1))
  }

  static async start(options: ConsumerOptions = {}): Promise<Rig> {
    return new Rig(await FakeCluster.start(), options)
  }

  async values(count: number): Promise<string[]> {
    const values: string[] = []
    while (values.length < count) {
      using batch = await this.consumer.next()
      for (const record of batch) values.push(`${record.offset}=${record.valueText}`)
    }
    return values
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.consumer[Symbol.asyncDispose]()
    await this.fake[Symbol.asyncDispose]()
  }
}

test('gives what lies before damage, then tells its very offset', async () => {
  await using rig = await Rig.start()
  for (const value of ['a', 'b', 'damaged', 'after']) rig.fake.append(0, [value])
  rig.fake.partitions[0]?.batches[2]?.writeUInt8(0xff, 65)
  await rig.consumer.assign(t, 'earliest')
  expect(await rig.values(2)).toStrictEqual(['0=a', '1=b'])
  expect(rig.consumer.assigned).toMatchObject([{ position: 2n }])
  await expect(rig.consumer.next()).rejects.toMatchObject({
    code: 'CORRUPT_RECORD',
    about: 't/0 at offset 2',
  })
  await rig.consumer.seek(t, { offset: 3n })
  expect(await rig.values(1)).toStrictEqual(['3=after'])
})

test.each([
  { says: 'claims to be longer than it is', length: 1_000_000 },
  { says: 'claims to be shorter than its header', length: 3 },
])('tells of a batch that $says', async ({ length }) => {
  await using rig = await Rig.start()
  rig.fake.append(0, ['a'])
  const records = Buffer.from(rig.fake.partitions[0]?.batches[0] ?? [])
  records.writeInt32BE(length, 8)
  rig.fake.mishap = ({ name }) => (name === 'Fetch' ? { errorCode: errorCodes.NONE, records } : undefined)
  await rig.consumer.assign(t, 'earliest')
  const timely = AbortSignal.timeout(10_000)
  await expect(rig.consumer.next(timely)).rejects.toMatchObject({
    code: 'CORRUPT_RECORD',
    about: 't/0 at offset 0',
  })
})

test('tells of a broker that sends again and again what was read, and is no nuisance to it', async () => {
  await using rig = await Rig.start()
  for (const value of ['a', 'b']) rig.fake.append(0, [value])
  const [records = Buffer.alloc(0)] = rig.fake.partitions[0]?.batches ?? []
  rig.fake.mishap = ({ name }) => (name === 'Fetch' ? { errorCode: errorCodes.NONE, records } : undefined)
  await rig.consumer.assign(t, { offset: 1n })
  await expect(rig.consumer.next(AbortSignal.timeout(10_000))).rejects.toMatchObject({
    code: 'CORRUPT_RECORD',
    about: 't/0 at offset 1',
  })
  expect(rig.fake.requests.length).toBeLessThan(20)
  rig.fake.mishap = () => undefined
  expect(await rig.values(1)).toStrictEqual(['1=b'])
})

test('tells what onTrouble throws, and reads on', async () => {
  let troubles = 0
  await using rig = await Rig.start({
    onTrouble: () => {
      troubles++
      throw new Error('cannot log')
    },
  })
  rig.fake.append(0, ['a'])
  let mishaps = 2
  rig.fake.mishap = ({ name }) => (name === 'Fetch' && mishaps-- > 0 ? 'cut' : undefined)
  await rig.consumer.assign(t, 'earliest')
  await expect(rig.consumer.next()).rejects.toThrow('cannot log')
  await expect.poll(() => rig.values(1).catch(() => [])).toStrictEqual(['0=a'])
  expect(troubles).toBeGreaterThanOrEqual(2)
})

test('tells what onGap throws, and reads on behind the gap', async () => {
  await using rig = await Rig.start({
    onOutOfRange: 'earliest',
    onGap: () => {
      throw new Error('cannot note the gap')
    },
  })
  rig.fake.append(0, ['a'])
  await rig.consumer.assign(t, { offset: 7n })
  await expect(rig.consumer.next()).rejects.toThrow('cannot note the gap')
  expect(await rig.values(1)).toStrictEqual(['0=a'])
})

test('finds where to go on behind a gap although the brokers are away for long', {
  timeout: 40_000,
}, async () => {
  const told: (string | null)[] = []
  await using rig = await Rig.start({
    onOutOfRange: 'earliest',
    onTrouble: (problem) => told.push(problem?.code ?? null),
  })
  rig.fake.append(0, ['a'])
  rig.fake.mishap = ({ name }) => {
    if (name === 'Fetch' && !rig.isDown && told.length === 0) {
      rig.isDown = true
      rig.wires[0]?.close(new KafkaError('CONNECTION_LOST', 'the broker', 'cut'))
    }
    return undefined
  }
  await rig.consumer.assign(t, { offset: 7n })
  const reading = rig.values(1)
  await expect.poll(() => told.length, { timeout: 25_000 }).toBeGreaterThan(0)
  rig.isDown = false
  expect(await reading).toStrictEqual(['0=a'])
})

test('says CORRUPT_RECORD of headers that cannot be read, and gives all the rest of the record', async () => {
  await using rig = await Rig.start()
  const encoder = new BatchEncoder()
  encoder.append(null, Buffer.from('a'), 1_000, [{ key: 'name', value: null }])
  const batch = encoder.finish()
  // More headers than there are; the checksum is that of the damaged bytes.
  const at = batch.indexOf('name') - 2
  batch.writeUInt8(40, at)
  new BatchView().move(batch).setProducer(-1n, -1, -1)
  rig.fake.store(0, batch)
  await rig.consumer.assign(t, 'earliest')
  using read = await rig.consumer.next()
  expect(read.at(0).valueText).toBe('a')
  expect(() => read.at(0).headers).toThrow(
    expect.objectContaining({ code: 'CORRUPT_RECORD', about: 't/0 at offset 0' }),
  )
})

test('waits before it asks again a broker that says nothing of what was asked', async () => {
  await using rig = await Rig.start()
  rig.fake.mishap = ({ name }) => (name === 'Fetch' ? 'omitted' : undefined)
  await rig.consumer.assign(t, 'earliest')
  await systemClock.sleep(500)
  expect(rig.fake.requests.filter(({ name }) => name === 'Fetch').length).toBeLessThan(20)
  rig.fake.mishap = () => undefined
  rig.fake.append(0, ['a'])
  expect(await rig.values(1)).toStrictEqual(['0=a'])
})

test('begins nowhere where the broker does not say where the end is', { timeout: 40_000 }, async () => {
  await using rig = await Rig.start()
  rig.fake.append(0, ['before'])
  rig.fake.omitsOffsets = true
  await expect(rig.consumer.assign(t, 'latest')).rejects.toMatchObject({ code: 'BROKER_NOT_READY' })
  rig.fake.omitsOffsets = false
  await rig.consumer.assign(t, 'latest')
  rig.fake.append(0, ['after'])
  expect(await rig.values(1)).toStrictEqual(['1=after'])
})
