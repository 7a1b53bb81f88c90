/** Three nodes of Apache Kafka, of which one after the other is killed, or stands still as if its link were dead. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../packages/sluice/src/kernel/clock.ts'
import { type Random, randomInteger } from '../../packages/sluice/src/kernel/random.ts'
import { type ApacheCluster, startApacheCluster } from '../support/apache-cluster.ts'
import { describeWith } from '../support/requires.ts'
import { noHarm, surviveChaos } from './chaos.ts'

const mishaps = Number(process.env['CHAOS_KILLS'] ?? 2)

describeWith(['apache-kafka'], 'a cluster of three nodes', () => {
  let cluster: ApacheCluster

  beforeAll(async () => {
    cluster = await startApacheCluster()
  })
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]()
  })

  const anyNode = (random: Random): ApacheCluster['nodes'][number] => {
    const node = cluster.nodes[randomInteger(random, 0, cluster.nodes.length - 1)]
    if (node === undefined) throw new Error('There is no node')
    return node
  }
  const kill = async (random: Random): Promise<void> => {
    const node = anyNode(random)
    await node.kill()
    await systemClock.sleep(randomInteger(random, 0, 8_000))
    await node.restart()
  }
  /** Its sockets stay open and nothing comes through them, for longer than the cluster waits for it. */
  const freeze = async (random: Random): Promise<void> => {
    const pid = anyNode(random).pid()
    process.kill(pid, 'SIGSTOP')
    await systemClock.sleep(randomInteger(random, 2_000, 12_000))
    process.kill(pid, 'SIGCONT')
  }

  test.each([
    { says: 'killed', mishap: kill },
    { says: 'frozen', mishap: freeze },
  ])(
    'keeps every acknowledged record, once and in order, while nodes are $says',
    { timeout: 300_000 },
    async ({ mishap }) => {
      const broker = {
        address: cluster.address,
        crash: () => Promise.resolve(),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }
      const topic = { replicationFactor: 3, configs: { 'min.insync.replicas': '2' } }
      expect(await surviveChaos({ broker, topic, mishap, mishaps })).toEqual(noHarm)
    },
  )
})
