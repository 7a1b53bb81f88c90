/** Several nodes of a real Apache Kafka on this machine: leaders move when one is killed or stands still. */
import { type ApacheKafka, type ApacheKafkaOptions, newClusterId, startApacheKafka } from './apache-kafka.ts'
import { freePorts } from './part.ts'

export interface ApacheCluster extends AsyncDisposable {
  /** Addresses of all nodes, joined by commas. */
  readonly address: string
  readonly nodes: readonly ApacheKafka[]
}

export interface ApacheClusterOptions extends ApacheKafkaOptions {
  /** `broker.rack` of the node with this number. */
  readonly rackOf?: (id: number) => string
}

/** Nodes 1 to 3. Records are acknowledged when two of them have them. */
export const startApacheCluster = async (options: ApacheClusterOptions = {}): Promise<ApacheCluster> => {
  const ports = await Promise.all([1, 2, 3].map(async (id) => ({ id, ports: await freePorts(2) })))
  const voters = ports.map(({ id, ports: [, controller] }) => `${id}@127.0.0.1:${controller}`).join(',')
  const clusterId = newClusterId()
  const nodes = await Promise.all(
    ports.map(({ id, ports: own }) =>
      startApacheKafka({
        ...options,
        node: { id, voters, clusterId },
        ports: own,
        properties: {
          'offsets.topic.replication.factor': 3,
          'transaction.state.log.replication.factor': 3,
          'transaction.state.log.min.isr': 2,
          'min.insync.replicas': 2,
          'broker.session.timeout.ms': 6_000,
          'replica.lag.time.max.ms': 5_000,
          ...(options.rackOf === undefined ? {} : { 'broker.rack': options.rackOf(id) }),
          ...options.properties,
        },
      }),
    ),
  )
  return {
    address: nodes.map(({ address }) => address).join(','),
    nodes,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(nodes.map((node) => node.stop()))
    },
  }
}
