import { errorCodes } from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { KafkaCluster } from '../cluster/cluster.ts'
import { FakeCluster } from '../cluster/fake-cluster.suite.ts'
import { systemClock } from '../support/clock.ts'
import { seededRandom } from '../support/random.ts'
import { Consumer } from './consumer.ts'
import type { ConsumerOptions, Gap } from './consumer-options.ts'

/** A consumer of a topic with one partition in a cluster of two nodes, of which the first leads. */
class Rig implements AsyncDisposable {
  readonly fake: FakeCluster
  readonly consumer: Consumer
  readonly gaps: Gap[] = []

  constructor(fake: FakeCluster, options: ConsumerOptions) {
    this.fake = fake
    const told = { waitMs: 50, onGap: (gap: Gap) => void this.gaps.push(gap), ...options }
    this.consumer = new Consumer(new KafkaCluster(fake.access), told, systemClock, seededRandom(1))
  }

  static async start(options: ConsumerOptions = {}): Promise<Rig> {
    const rig = new Rig(await FakeCluster.start({ nodes: 2 }), options)
    for (const value of ['a', 'b', 'c', 'd']) rig.fake.append(0, [value])
    return rig
  }

  async values(count: number): Promise<string[]> {
    const values: string[] = []
    while (values.length < count) {
      using batch = await this.consumer.next()
      for (const record of batch) values.push(`${record.offset}=${record.valueText} of ${batch.leaderEpoch}`)
    }
    return values
  }

  asked(name: string): number {
    return this.fake.requests.filter((each) => each.name === name).length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.consumer[Symbol.asyncDispose]()
    await this.fake[Symbol.asyncDispose]()
  }
}

const t = { topic: 't' }
const all = ['0=a of 0', '1=b of 0', '2=c of 0', '3=d of 0']

describe('after a change of leaders', () => {
  test('reading goes on where the log is whole, and the new leader is asked once', async () => {
    await using rig = await Rig.start()
    await rig.consumer.assign(t, 'earliest')
    expect(await rig.values(4)).toStrictEqual(all)
    rig.fake.elect(0, 1)
    rig.fake.append(0, ['e'])
    expect(await rig.values(1)).toStrictEqual(['4=e of 1'])
    rig.fake.append(0, ['f'])
    expect(await rig.values(1)).toStrictEqual(['5=f of 1'])
    expect(rig.asked('OffsetForLeaderEpoch')).toBe(1)
    expect(rig.gaps).toStrictEqual([])
  })

  test('also where the same broker leads again, and does not say so', async () => {
    await using rig = await Rig.start({ onOutOfRange: 'earliest' })
    await rig.consumer.assign(t, 'earliest')
    await rig.values(4)
    rig.fake.elect(0, 0, 3n)
    for (const value of ['D', 'E', 'F']) rig.fake.append(0, [value])
    expect(await rig.values(3)).toStrictEqual(['3=D of 1', '4=E of 1', '5=F of 1'])
  })

  test.each(['earliest', 'latest'] as const)(
    'reading goes on where the log was cut off, and it is told (%s)',
    async (onOutOfRange) => {
      await using rig = await Rig.start({ onOutOfRange })
      await rig.consumer.assign(t, 'earliest')
      await rig.values(4)
      rig.fake.elect(0, 1, 2n)
      // As far as before, and farther: no offset is out of range.
      for (const value of ['C', 'D', 'E']) rig.fake.append(0, [value])
      expect(await rig.values(3)).toStrictEqual(['2=C of 1', '3=D of 1', '4=E of 1'])
      expect(rig.gaps).toStrictEqual([
        { topic: 't', partition: 0, from: 4n, to: 2n, because: 'the log was cut off' },
      ])
    },
  )

  test('it fails where the log was cut off, where that is the policy, until somebody seeks', async () => {
    await using rig = await Rig.start()
    await rig.consumer.assign(t, 'earliest')
    await rig.values(4)
    rig.fake.elect(0, 1, 2n)
    rig.fake.append(0, ['C'])
    await expect(rig.consumer.next()).rejects.toMatchObject({
      code: 'OFFSET_OUT_OF_RANGE',
      message: 't/0: the log was cut off at 2, and records up to 4 were read',
    })
    await rig.consumer.seek(t, { offset: 2n })
    expect(await rig.values(1)).toStrictEqual(['2=C of 1'])
  })

  test('what was read ahead of the cut and not handed out is fetched anew, and nobody is told', async () => {
    await using rig = await Rig.start()
    await rig.consumer.assign(t, { offset: 1n })
    await expect.poll(() => rig.asked('Fetch')).toBeGreaterThan(1)
    rig.fake.elect(0, 1, 2n)
    for (const value of ['C', 'D', 'E']) rig.fake.append(0, [value])
    await expect.poll(() => rig.fake.requests.at(-1)).toMatchObject({ name: 'Fetch', node: 1 })
    expect(await rig.values(4)).toStrictEqual(['1=b of 1', '2=C of 1', '3=D of 1', '4=E of 1'])
    expect(rig.asked('OffsetForLeaderEpoch')).toBe(1)
    expect(rig.gaps).toStrictEqual([])
  })

  test('a committed position is checked before anything is read', async () => {
    await using rig = await Rig.start({ onOutOfRange: 'earliest' })
    rig.fake.elect(0, 1, 2n)
    for (const value of ['C', 'D', 'E']) rig.fake.append(0, [value])
    await rig.consumer.assign(t, { offset: 4n, leaderEpoch: 0 })
    expect(await rig.values(3)).toStrictEqual(['2=C of 1', '3=D of 1', '4=E of 1'])
    expect(rig.gaps).toMatchObject([{ from: 4n, to: 2n, because: 'the log was cut off' }])
  })

  test('a position that the new leader knows nothing of is gone', async () => {
    await using rig = await Rig.start({ onOutOfRange: 'earliest' })
    await rig.consumer.assign(t, 'earliest')
    await rig.values(4)
    rig.fake.elect(0, 1, 0n)
    for (const value of ['A', 'B', 'C', 'D', 'E']) rig.fake.append(0, [value])
    expect(await rig.values(5)).toContain('0=A of 1')
    expect(rig.gaps).toMatchObject([{ from: 4n, to: 0n, because: 'the offset is not there' }])
  })

  test('a broker that is behind does not send anybody back to a former leader', async () => {
    await using rig = await Rig.start()
    await rig.consumer.assign(t, 'earliest')
    await rig.values(4)
    rig.fake.elect(0, 1)
    rig.fake.append(0, ['e'])
    await rig.values(1)
    const before = rig.fake.requests.length
    rig.fake.isBehind = true
    let mishaps = 2
    rig.fake.mishap = ({ name }) => (name === 'Fetch' && mishaps-- > 0 ? 'cut' : undefined)
    rig.fake.append(0, ['f'])
    expect(await rig.values(1)).toStrictEqual(['5=f of 1'])
    const since = rig.fake.requests.slice(before).map(({ name, node }) => `${name} ${node}`)
    expect(since).toContain('Metadata 0')
    expect(since).not.toContain('Fetch 0')
  })

  test.each(['FENCED_LEADER_EPOCH', 'UNKNOWN_LEADER_EPOCH'] as const)(
    '%s makes it ask who leads, and go on',
    async (name) => {
      await using rig = await Rig.start()
      let mishaps = 2
      rig.fake.mishap = (request) =>
        request.name === 'Fetch' && mishaps-- > 0 ? { errorCode: errorCodes[name] } : undefined
      await rig.consumer.assign(t, 'earliest')
      const before = rig.asked('Metadata')
      expect(await rig.values(4)).toStrictEqual(all)
      expect(rig.asked('Metadata')).toBeGreaterThan(before)
    },
  )
})
