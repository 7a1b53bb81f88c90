import { once } from 'node:events'
import { createServer } from 'node:net'
import { Fetch } from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { openWire } from '../connection/open-wire.ts'
import { KafkaCluster } from './cluster.ts'
import { FakeCluster } from './fake-cluster.suite.ts'

describe('a cluster', () => {
  test('that is closed tells requests under way, and those that come later', async () => {
    await using fake = await FakeCluster.start()
    const cluster = new KafkaCluster(fake.access)
    await cluster.topic('t')
    fake.mishap = () => 'silence'
    const connection = await cluster.connectionTo(0, 'fetch')
    const waiting = connection.request(Fetch, {
      maxWaitMs: 1,
      minBytes: 1,
      topics: [],
      forgottenTopicsData: [],
    })
    cluster[Symbol.dispose]()
    await expect(waiting).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(cluster.topic('t')).rejects.toMatchObject({ code: 'CLOSED' })
  })

  test('asks a broker that is there, and leaves the one that is not alone', async () => {
    await using fake = await FakeCluster.start()
    const gone = createServer().listen(0, '127.0.0.1')
    await once(gone, 'listening')
    const address = gone.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await gone[Symbol.asyncDispose]()
    const tried: number[] = []
    using cluster = new KafkaCluster({
      ...fake.access,
      brokers: [`127.0.0.1:${port}`, ...fake.access.brokers],
      openWire: (to, options) => {
        tried.push(to.port)
        return openWire(to, options)
      },
    })
    for (let i = 0; i < 20; i++) await cluster.anyConnection(`purpose ${i}`)
    expect(tried.filter((each) => each === port)).toHaveLength(1)
  })
})
