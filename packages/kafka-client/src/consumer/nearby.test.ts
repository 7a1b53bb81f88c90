import { errorCodes } from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { KafkaCluster } from '../cluster/cluster.ts'
import { FakeCluster, type Mishap } from '../cluster/fake-cluster.suite.ts'
import type { Clock } from '../support/clock.ts'
import { systemClock } from '../support/clock.ts'
import { seededRandom } from '../support/random.ts'
import { Consumer } from './consumer.ts'
import type { ConsumerOptions } from './consumer-options.ts'

/** A consumer of a topic that node 0 leads; node 1 is near to whoever says where it is. */
class Rig implements AsyncDisposable {
  readonly fake: FakeCluster
  readonly consumer: Consumer
  readonly troubles: string[] = []
  laterMs = 0

  constructor(fake: FakeCluster, options: ConsumerOptions) {
    this.fake = fake
    const clock: Clock = { ...systemClock, now: () => Date.now() + this.laterMs }
    const told = {
      waitMs: 50,
      onTrouble: (problem: { readonly code: string } | null) =>
        void this.troubles.push(problem?.code ?? 'none'),
      ...options,
    }
    this.consumer = new Consumer(new KafkaCluster(fake.access), told, clock, seededRandom(1))
  }

  static async start(options: ConsumerOptions = { rackId: 'here' }): Promise<Rig> {
    const fake = await FakeCluster.start({ nodes: 2 })
    fake.nearby = 1
    return new Rig(fake, options)
  }

  /** Appends records, and tells which nodes were asked for them. */
  async read(values: readonly string[]): Promise<readonly number[]> {
    const before = this.fake.requests.length
    this.fake.append(0, values)
    const seen: (string | null)[] = []
    while (seen.length < values.length) {
      using batch = await this.consumer.next()
      for (const record of batch) seen.push(record.valueText)
    }
    if (seen.join() !== values.join()) throw new Error(`read ${seen.join()} instead of ${values.join()}`)
    const fetches = this.fake.requests.slice(before).filter(({ name }) => name === 'Fetch')
    return [...new Set(fetches.map(({ node }) => node))]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.consumer[Symbol.asyncDispose]()
    await this.fake[Symbol.asyncDispose]()
  }
}

const t = { topic: 't' }

describe('a consumer that says where it is', () => {
  test('reads from the replica that the leader names, and asks the leader no more', async () => {
    await using rig = await Rig.start()
    await rig.consumer.assign(t, 'earliest')
    await rig.read(['a'])
    expect(await rig.read(['b', 'c'])).toStrictEqual([1])
    expect(await rig.read(['d'])).toStrictEqual([1])
    expect(rig.troubles).toStrictEqual([])
  })

  test('reads from the leader where it does not say', async () => {
    await using rig = await Rig.start({})
    await rig.consumer.assign(t, 'earliest')
    expect(await rig.read(['a'])).toStrictEqual([0])
  })

  test('asks the leader again after a while', async () => {
    await using rig = await Rig.start()
    await rig.consumer.assign(t, 'earliest')
    await rig.read(['a'])
    rig.laterMs = 300_001
    // The request under way brings the first of them.
    const asked = [...(await rig.read(['b'])), ...(await rig.read(['c']))]
    expect(asked).toContain(0)
    expect(await rig.read(['d'])).toStrictEqual([1])
    expect(rig.troubles).toStrictEqual([])
  })

  test.each<{ says: string; mishap: Mishap; troubles: readonly string[] }>([
    { says: 'the connection is lost', mishap: 'cut', troubles: ['CONNECTION_LOST', 'none'] },
    {
      says: 'it is no replica any more',
      mishap: { errorCode: errorCodes.NOT_LEADER_OR_FOLLOWER },
      troubles: ['BROKER_NOT_READY', 'none'],
    },
    { says: 'it is behind', mishap: { errorCode: errorCodes.OFFSET_OUT_OF_RANGE }, troubles: [] },
  ])(
    'goes back to the leader when $says, and tries the replica again later',
    async ({ mishap, troubles }) => {
      await using rig = await Rig.start()
      await rig.consumer.assign(t, 'earliest')
      await rig.read(['a'])
      rig.fake.mishap = ({ name, node }) => (name === 'Fetch' && node === 1 ? mishap : undefined)
      await rig.read(['b'])
      expect(await rig.read(['c'])).toStrictEqual([0])
      expect(rig.troubles).toStrictEqual(troubles)
      rig.fake.mishap = () => undefined
      rig.laterMs = 30_001
      await rig.read(['d'])
      await rig.read(['e'])
      expect(await rig.read(['f'])).toStrictEqual([1])
    },
  )
})
