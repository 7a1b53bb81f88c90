import { Kafka, logLevel } from 'kafkajs'
import { describe, expect, test } from 'vitest'
import { startEmbedded } from '../../packages/sluice/src/embedded/index.ts'
import { systemClock } from '../../packages/sluice/src/kernel/clock.ts'
import { silentLogger } from '../../packages/sluice/src/kernel/logger.ts'
import { startEmbeddedBroker } from '../support/embedded.ts'
import { testFolder } from '../support/folder.ts'

const clientOf = (address: string) =>
  new Kafka({ clientId: 'test', brokers: [address], logLevel: logLevel.NOTHING, retry: { retries: 20 } })

const highOffsets = async (address: string, topic: string): Promise<string[]> => {
  const admin = clientOf(address).admin()
  await admin.connect()
  try {
    return (await admin.fetchTopicOffsets(topic)).map(({ high }) => high)
  } finally {
    await admin.disconnect()
  }
}

describe('the embedded broker', () => {
  test('is started again when it is killed, with everything that it acknowledged', async () => {
    await using broker = await startEmbeddedBroker()
    const producer = clientOf(broker.address).producer()
    await producer.connect()
    await producer.send({ topic: 'kept', acks: -1, messages: [{ value: 'one' }, { value: 'two' }] })
    await producer.disconnect()
    const before = broker.pid()
    broker.kill()
    await broker.untilRunning()
    expect(broker.pid()).not.toBe(before)
    expect(await highOffsets(broker.address, 'kept')).toEqual(['2'])
  })

  test('a taken port is named with its setting, and nothing stays behind', async () => {
    await using broker = await startEmbeddedBroker()
    using folder = testFolder('second')
    const listen = { host: '127.0.0.1', port: broker.port }
    const refused = startEmbedded(
      { directory: folder.path, broker: { listen, durability: 'os' } },
      { logger: silentLogger, clock: systemClock, random: Math.random },
    )
    await expect(refused).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      message: `The address ${broker.address} for the Kafka broker is already in use.`,
      fix: expect.stringContaining('--kafka (SLUICE_KAFKA)'),
    })
  })
})
