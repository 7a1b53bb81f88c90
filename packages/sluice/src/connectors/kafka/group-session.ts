/** The membership of a source in its consumer group, told by the partitions of its one topic. */
import { randomUUID } from 'node:crypto'
import {
  ClassicMember,
  ConsumerMember,
  type GroupListener,
  type GroupOptions,
  type KafkaCluster,
  type Membership,
  type Partitions,
} from 'sluice-kafka-client/parts'
import type { Clock } from '../../kernel/clock.ts'
import type { Random } from '../../kernel/random.ts'

export interface PartitionListener extends Pick<GroupListener, 'trouble'> {
  assigned(partitions: readonly number[], generation: number): void
  revoking(partitions: readonly number[]): Promise<void>
  lost(partitions: readonly number[]): void
}

export const groupSession = (
  cluster: KafkaCluster,
  topic: string,
  options: GroupOptions & { readonly protocol: 'classic' | 'consumer' },
  listener: PartitionListener,
  clock: Clock,
  random: Random,
): Membership => {
  const ofTopic = (partitions: Partitions): readonly number[] => partitions.get(topic) ?? []
  const told: GroupListener = {
    assigned: (added, generation) => listener.assigned(ofTopic(added), generation),
    revoking: (partitions) => listener.revoking(ofTopic(partitions)),
    lost: (partitions) => listener.lost(ofTopic(partitions)),
    trouble: listener.trouble,
  }
  if (options.protocol === 'classic') return new ClassicMember(cluster, options, told, clock, random)
  const own = { ...options, serverAssignor: null }
  return new ConsumerMember(cluster, own, randomUUID(), told, clock, random)
}

/** @throws KafkaError */
export const commitPartitions = (
  membership: Membership,
  topic: string,
  offsets: ReadonlyMap<number, bigint>,
): Promise<void> =>
  membership.commit(Array.from(offsets, ([partition, offset]) => ({ topic, partition, offset })))
