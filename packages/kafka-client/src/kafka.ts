/** Opens what people work with. Each thing has connections of its own, made when they are needed, and ends them with itself. */
import { Admin } from './admin/admin.ts'
import { KafkaCluster } from './cluster/cluster.ts'
import type { ConnectionOptions } from './connection/connection.ts'
import { Consumer } from './consumer/consumer.ts'
import type { ConsumerOptions } from './consumer/consumer-options.ts'
import { KafkaError } from './errors/kafka-error.ts'
import { GroupConsumer } from './groups/group-consumer.ts'
import type { GroupConsumerOptions } from './groups/group-consumer-options.ts'
import { KafkaProducer, type ProducerSettings } from './producer/kafka-producer.ts'
import { TransactionalProducer, type TransactionalSettings } from './producer/transactional-producer.ts'
import { type Clock, systemClock } from './support/clock.ts'
import { type Random, systemRandom } from './support/random.ts'

export interface KafkaOptions extends Partial<ConnectionOptions> {
  /** `host:port` of some brokers, by which the others are found. */
  readonly brokers: string | readonly string[]
  /** Where this client runs, as brokers name it (`broker.rack`): consumers read from replicas there where brokers allow it. */
  readonly rackId?: string
  /** Real time where left out; tests bring their own. */
  readonly clock?: Clock
  readonly random?: Random
}

export interface Kafka extends AsyncDisposable {
  /** Reads partitions that it is told to read. */
  consumer(options?: ConsumerOptions): Consumer
  /** Writes records: once, in order. @throws KafkaError OPTION_INVALID */
  producer(settings?: ProducerSettings): KafkaProducer
  /** Writes records that count together or not at all. @throws KafkaError OPTION_INVALID */
  transactionalProducer(settings: TransactionalSettings): TransactionalProducer
  /** Reads topics as a member of a consumer group. */
  groupConsumer(options: GroupConsumerOptions): GroupConsumer
  /** Asks about the cluster and changes it. */
  admin(): Admin
}

const addressPattern = /^(\[[^\]]+\]|[^:\s]+):\d{1,5}$/

/** @throws KafkaError OPTION_INVALID */
const addressesOf = (brokers: string | readonly string[]): readonly string[] => {
  const addresses = (typeof brokers === 'string' ? brokers.split(',') : brokers).map((each) => each.trim())
  const wrong = addresses.find((address) => !addressPattern.test(address))
  if (wrong !== undefined) throw new KafkaError('OPTION_INVALID', 'brokers', `'${wrong}' is no host:port`)
  if (addresses.length === 0) throw new KafkaError('OPTION_INVALID', 'brokers', 'it names none')
  return addresses
}

/** Connects nothing yet. Ends all that it opened when it is disposed. @throws KafkaError OPTION_INVALID */
export const openKafka = (options: KafkaOptions): Kafka => {
  const { clock = systemClock, random = systemRandom, brokers, rackId, ...connection } = options
  const addresses = addressesOf(brokers)
  const opened = new Set<AsyncDisposable>()
  const near = rackId === undefined ? {} : { rackId }
  /** Kept until it ends, by itself or with all others. */
  const open = <Part extends AsyncDisposable>(make: (cluster: KafkaCluster) => Part): Part => {
    const preset = { clientId: 'sluice-kafka-client', tls: false, sasl: null }
    const onClosed = (): void => void opened.delete(part)
    const part = make(
      new KafkaCluster({ ...preset, ...connection, brokers: addresses, clock, random, onClosed }),
    )
    opened.add(part)
    return part
  }
  return {
    consumer: (consumerOptions = {}) =>
      open((cluster) => new Consumer(cluster, { ...near, ...consumerOptions }, clock, random)),
    producer: (settings = {}) => open((cluster) => new KafkaProducer(cluster, settings, clock, random)),
    transactionalProducer: (settings) =>
      open((cluster) => new TransactionalProducer(cluster, settings, clock, random)),
    groupConsumer: (groupOptions) =>
      open((cluster) => new GroupConsumer(cluster, { ...near, ...groupOptions }, clock, random)),
    admin: () => open((cluster) => new Admin(cluster, clock)),
    [Symbol.asyncDispose]: async () => {
      const parts = [...opened]
      opened.clear()
      await Promise.all(parts.map((part) => part[Symbol.asyncDispose]()))
    },
  }
}
