/** Every broker that the Kafka connectors are tested against, and what tests do with one. */
import { afterAll, beforeAll, describe } from 'vitest'
import { openKafkaClient } from '../../packages/sluice/src/connectors/kafka/client/client.ts'
import { openKafkaSink } from '../../packages/sluice/src/connectors/kafka/sink.ts'
import { openKafkaSource } from '../../packages/sluice/src/connectors/kafka/source.ts'
import { testContext } from '../../packages/sluice/src/connectors/test-context.ts'
import type { OpenContext } from '../../packages/sluice/src/flow/connector.ts'
import type { KafkaClient, NewTopic } from '../../packages/sluice/src/flow/kafka-ports.ts'
import type { SinkSession } from '../../packages/sluice/src/flow/sink.ts'
import type { SourceSession } from '../../packages/sluice/src/flow/source.ts'
import { systemClock } from '../../packages/sluice/src/kernel/clock.ts'
import type { LogLine } from '../../packages/sluice/src/kernel/logger.ts'
import { createLogger } from '../../packages/sluice/src/kernel/logger.ts'
import { seededRandom } from '../../packages/sluice/src/kernel/random.ts'
import { startApacheKafka } from '../support/apache-kafka.ts'
import { startEmbeddedBroker } from '../support/embedded.ts'
import { describeWith } from '../support/requires.ts'

export interface TestBroker extends AsyncDisposable {
  /** `host:port`; of several nodes, joined by commas. */
  readonly address: string
  /** SIGKILL, and started again on the same data; resolves when it listens. */
  crash(): Promise<void>
}

const apacheKafka = async (): Promise<TestBroker> => {
  const kafka = await startApacheKafka()
  return {
    address: kafka.address,
    crash: async () => {
      await kafka.kill()
      await kafka.restart()
    },
    [Symbol.asyncDispose]: () => kafka.stop(),
  }
}

const embedded = async (): Promise<TestBroker> => {
  const server = await startEmbeddedBroker()
  return {
    address: server.address,
    crash: async () => {
      server.kill()
      await server.untilRunning()
    },
    [Symbol.asyncDispose]: () => server.stop(),
  }
}

/** Runs the tests of `body` against every broker there is. */
export const describeBrokers = (
  name: string,
  body: (at: () => TestBroker, broker: 'embedded broker' | 'Apache Kafka') => void,
): void => {
  const against =
    (start: () => Promise<TestBroker>, which: 'embedded broker' | 'Apache Kafka') => (): void => {
      let broker: TestBroker | undefined
      beforeAll(async () => {
        broker = await start()
      })
      afterAll(async () => {
        await broker?.[Symbol.asyncDispose]()
      })
      body(() => {
        if (broker === undefined) throw new Error('The broker was not started')
        return broker
      }, which)
    }
  describe(`${name}, embedded broker`, against(embedded, 'embedded broker'))
  describeWith(['apache-kafka'], `${name}, Apache Kafka`, against(apacheKafka, 'Apache Kafka'))
}

/** What was logged, for tests that ask whether something was said. */
export interface Said {
  readonly lines: LogLine[]
  readonly context: OpenContext
}

export const saying = (broker: TestBroker, pipeline: string): Said => {
  const lines: LogLine[] = []
  const context = testContext({
    pipeline,
    logger: createLogger((line) => lines.push(line), systemClock, 'test'),
    random: seededRandom(3),
    kafka: { brokers: broker.address.split(','), tls: false, sasl: null, clientId: 'test' },
  })
  return { lines, context }
}

let made = 0

/** A name that no other test uses. */
export const uniqueName = (what: string): string => `${what}-${process.pid}-${++made}`

export const clientOf = (broker: TestBroker): KafkaClient =>
  openKafkaClient(saying(broker, 'client').context.kafka, systemClock, seededRandom(5))

/** Makes a topic of its own; resolves to its name. */
export const newTopic = async (broker: TestBroker, over: Partial<NewTopic> = {}): Promise<string> => {
  await using admin = await clientOf(broker).admin()
  const topic = { name: uniqueName('topic'), partitions: 1, replicationFactor: 1, configs: {}, ...over }
  await admin.createTopic(topic)
  return topic.name
}

/** Writes values, one record each, to a partition. */
export const produce = async (
  broker: TestBroker,
  topic: string,
  values: readonly (string | null)[],
  { partition = 0, compression = 'none' as 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd' } = {},
): Promise<void> => {
  await using writer = await clientOf(broker).writer({ compression })
  await writer.send(
    values.map((value, i) => ({
      topic,
      partition,
      key: null,
      value: value === null ? null : Buffer.from(value),
      headers: [],
      timeMs: 1_000 + i,
    })),
  )
}

export const openSource = (
  broker: TestBroker,
  options: object,
  pipeline = uniqueName('p'),
): Promise<SourceSession> =>
  openKafkaSource({ session_timeout: '6s', ...options }, saying(broker, pipeline).context)

export const openSink = (
  broker: TestBroker,
  options: object,
  topics: readonly NewTopic[] = [],
): Promise<SinkSession> => openKafkaSink(options, { ...saying(broker, uniqueName('p')).context, topics })
