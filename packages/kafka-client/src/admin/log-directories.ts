/** What the brokers' disks hold (KIP-113, KIP-827). */
import { DescribeLogDirs } from 'sluice-kafka-protocol'
import type { KafkaCluster } from '../cluster/cluster.ts'
import { throwOn } from '../errors/broker-errors.ts'

export interface LogDirectory {
  readonly broker: number
  readonly path: string
  /** Of the volume; null where the broker does not tell. */
  readonly totalBytes: bigint | null
  readonly usableBytes: bigint | null
  readonly partitions: readonly {
    readonly topic: string
    readonly partition: number
    readonly sizeBytes: bigint
    /** Records that this copy is behind. */
    readonly lag: bigint
  }[]
}

const told = (bytes: bigint): bigint | null => (bytes < 0n ? null : bytes)

/** Of every broker. @throws KafkaError */
export const logDirectories = async (cluster: KafkaCluster): Promise<readonly LogDirectory[]> => {
  const { nodeIds } = await cluster.metadata([])
  const found = await Promise.all(
    nodeIds.map(async (broker) => {
      const connection = await cluster.connectionTo(broker, 'control')
      const answer = await connection.request(DescribeLogDirs, { topics: null })
      throwOn(answer.errorCode, `log directories of broker ${broker}`)
      return answer.results.map((result): LogDirectory => {
        throwOn(result.errorCode, `log directory ${result.logDir} of broker ${broker}`)
        return {
          broker,
          path: result.logDir,
          totalBytes: told(result.totalBytes),
          usableBytes: told(result.usableBytes),
          partitions: result.topics.flatMap(({ name, partitions }) =>
            partitions.map((each) => ({
              topic: name,
              partition: each.partitionIndex,
              sizeBytes: each.partitionSize,
              lag: each.offsetLag,
            })),
          ),
        }
      })
    }),
  )
  return found.flat()
}
