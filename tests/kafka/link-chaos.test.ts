/** Links that are cut, fall silent or become slow between clients and a broker that is well. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../packages/sluice/src/kernel/clock.ts'
import { type Random, randomInteger } from '../../packages/sluice/src/kernel/random.ts'
import { startBrokerProcess } from '../broker/broker-process.ts'
import { startApacheKafka } from '../support/apache-kafka.ts'
import { type FaultyLink, startLink } from '../support/faulty-link.ts'
import { freePorts } from '../support/part.ts'
import { describeWith } from '../support/requires.ts'
import { noHarm, surviveChaos } from './chaos.ts'

const mishaps = Number(process.env['CHAOS_KILLS'] ?? 2)

const embedded = async (link: FaultyLink): Promise<AsyncDisposable> => {
  const broker = await startBrokerProcess('--advertise', `127.0.0.1:${link.port}`)
  link.leadsTo(broker.port)
  return broker
}

const apache = async (link: FaultyLink): Promise<AsyncDisposable> => {
  const ports = await freePorts(2)
  link.leadsTo(ports[0] ?? 0)
  const properties = { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${link.port}` }
  return await startApacheKafka({ ports, properties })
}

const behindLink = (start: (link: FaultyLink) => Promise<AsyncDisposable>) => (): void => {
  let link: FaultyLink
  let broker: AsyncDisposable
  beforeAll(async () => {
    link = await startLink()
    broker = await start(link)
  })
  afterAll(async () => {
    await broker[Symbol.asyncDispose]()
    await link[Symbol.asyncDispose]()
  })
  const during = async (random: Random, leastMs: number, mostMs: number): Promise<void> => {
    await systemClock.sleep(randomInteger(random, leastMs, mostMs))
    link.heal()
  }
  test.each<{ says: string; mishap: (random: Random) => Promise<void> }>([
    {
      says: 'cut',
      mishap: async (random) => {
        for (let times = randomInteger(random, 1, 5); times > 0; times--) {
          link.cut()
          await systemClock.sleep(randomInteger(random, 10, 300))
        }
      },
    },
    {
      says: 'silent',
      mishap: (random) => {
        link.silence()
        return during(random, 500, 8_000)
      },
    },
    {
      says: 'slow',
      mishap: (random) => {
        link.slow(randomInteger(random, 200, 2_000))
        return during(random, 2_000, 6_000)
      },
    },
  ])('loses and repeats nothing while it is $says now and then', { timeout: 300_000 }, async ({ mishap }) => {
    const address = `127.0.0.1:${link.port}`
    const nothing = (): Promise<void> => Promise.resolve()
    const broker = { address, crash: nothing, [Symbol.asyncDispose]: nothing }
    expect(await surviveChaos({ broker, mishap, mishaps })).toEqual(noHarm)
  })
}

describe('a link to the embedded broker', behindLink(embedded))
describeWith(['apache-kafka'], 'a link to Apache Kafka', behindLink(apache))
