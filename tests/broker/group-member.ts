/**
 * A member of a consumer group as a process of its own, so that tests can kill it: reads a topic with a real client and
 * tells on standard output what it is assigned, reads and has committed, one JSON value a line.
 *
 * `node group-member.ts <kafkajs|platformatic> <address> <group> <topic>`; SIGTERM leaves the group, the end of standard
 * input ends it at once.
 */
import { Consumer } from '@platformatic/kafka'
import { Kafka, logLevel } from 'kafkajs'

export type MemberWord =
  | { readonly assigned: readonly number[] }
  | { readonly read: string; readonly partition: number; readonly offset: string }
  | { readonly committed: string; readonly partition: number }

const sessionTimeoutMs = 6_000

const say = (word: MemberWord): void => {
  process.stdout.write(`${JSON.stringify(word)}\n`)
}

const withKafkajs = async (address: string, groupId: string, topic: string): Promise<() => Promise<void>> => {
  const retry = { initialRetryTime: 100, maxRetryTime: 500, retries: 100 }
  const kafka = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING, retry })
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout: sessionTimeoutMs,
    heartbeatInterval: 500,
    maxWaitTimeInMs: 200,
    // A broker that starts leads nothing at first: kafkajs looks again only when what it knows is old.
    metadataMaxAge: 1_000,
    retry,
  })
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) =>
    say({ assigned: payload.memberAssignment[topic] ?? [] }),
  )
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ partition, message }) => {
      say({ read: String(message.value), partition, offset: message.offset })
      const offset = String(BigInt(message.offset) + 1n)
      await consumer.commitOffsets([{ topic, partition, offset }])
      say({ committed: offset, partition })
    },
  })
  return () => consumer.disconnect()
}

const withPlatformatic = async (
  address: string,
  groupId: string,
  topic: string,
): Promise<() => Promise<void>> => {
  const consumer = new Consumer({
    groupId,
    clientId: 'member',
    bootstrapBrokers: [address],
    sessionTimeout: sessionTimeoutMs,
    heartbeatInterval: 500,
    retries: 100,
    retryDelay: 100,
  })
  consumer.on('consumer:group:join', ({ assignments }) =>
    say({ assigned: assignments?.find((each) => each.topic === topic)?.partitions ?? [] }),
  )
  consumer.on('error', () => undefined)
  const stream = await consumer.consume({
    topics: [topic],
    mode: 'committed',
    fallbackMode: 'earliest',
    autocommit: false,
    maxWaitTime: 200,
  })
  stream.on('error', () => undefined)
  const read = async (): Promise<void> => {
    for await (const message of stream) {
      const { partition, offset } = message
      say({ read: String(message.value), partition, offset: String(offset) })
      await message.commit()
      say({ committed: String(offset + 1n), partition })
    }
  }
  // Whoever is cut off from the group while it commits reads on: the record will be committed, or read again.
  read().catch((error: unknown) => process.stderr.write(`${String(error)}\n`))
  return () => consumer.close(true)
}

const [client, address = '', groupId = '', topic = ''] = process.argv.slice(2)
const join = client === 'kafkajs' ? withKafkajs : withPlatformatic
process.stdin.on('end', () => process.exit(1)).resume()
const leave = await join(address, groupId, topic)
process.on('SIGTERM', () => {
  leave().then(
    () => process.exit(0),
    () => process.exit(1),
  )
})
