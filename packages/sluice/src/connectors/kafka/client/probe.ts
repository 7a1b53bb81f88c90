/** One round trip to a cluster over a new connection: what it tells of itself. For tests of the connection. */
import { ApiVersions, Fetch, Produce } from 'sluice-kafka-protocol'
import type { KafkaAccess } from '../../../flow/connector.ts'
import { openCluster } from './open-cluster.ts'

export interface KafkaProbe {
  readonly clusterId: string
  /** `host:port` of each broker that the cluster tells of. */
  readonly brokers: readonly string[]
  /** Versions of the protocol that both sides speak, by request. */
  readonly versions: readonly { readonly request: string; readonly version: number }[]
}

/** Connects anew, asks once, and lets go. @throws KafkaError */
export const probeKafka = async (access: KafkaAccess): Promise<KafkaProbe> => {
  using cluster = openCluster(access)
  const connection = await cluster.anyConnection('control')
  const { clusterId, brokers } = await cluster.metadata([])
  const versions = [ApiVersions, Fetch, Produce].map((message) => ({
    request: message.name,
    version: connection.versionOf(message),
  }))
  return { clusterId, brokers, versions }
}
