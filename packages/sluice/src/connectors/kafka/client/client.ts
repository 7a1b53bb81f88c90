/** Opens the Kafka ports. Each has connections of its own, and ends them when it is disposed. */
import { Admin, Peek, Producer } from 'sluice-kafka-client/parts'
import type { KafkaAccess } from '../../../flow/connector.ts'
import type { KafkaClient } from '../../../flow/kafka-ports.ts'
import type { Clock } from '../../../kernel/clock.ts'
import type { Random } from '../../../kernel/random.ts'
import { KafkaAdministrator } from './admin.ts'
import { openCluster } from './open-cluster.ts'
import { KafkaPeeker } from './peek.ts'
import { Writer } from './writer.ts'

const batchBytes = 1_000_000
/** Somebody waits for the answer. */
const deliveryTimeoutMs = 30_000

/** Nothing is connected before it is used. */
export const openKafkaClient = (access: KafkaAccess, clock: Clock, random: Random): KafkaClient => ({
  admin: () => Promise.resolve(new KafkaAdministrator(new Admin(openCluster(access), clock))),
  writer: ({ acks = 'all', compression = 'none' } = {}) => {
    const cluster = openCluster(access)
    const options = { acks, compression, batchBytes, lingerMs: 0, deliveryTimeoutMs }
    return Promise.resolve(new Writer(cluster, new Producer(cluster, options, clock, random)))
  },
  peek: () => Promise.resolve(new KafkaPeeker(new Peek(openCluster(access)))),
})
