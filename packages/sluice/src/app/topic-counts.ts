/** How many records were ever written, by topic: the sum of the ends of its partitions. */
import type { Kafka } from '../api/ports.ts'

/** Without the cluster's own topics, and those of which a partition's end is not known. @throws fault UNAVAILABLE */
export const topicCounts = async (
  admin: Pick<Kafka['admin'], 'catalogue'>,
): Promise<ReadonlyMap<string, number>> => {
  const counts = new Map<string, number>()
  for (const { name, internal, partitions } of await admin.catalogue()) {
    const ends = partitions.flatMap(({ latest }) => (latest === null ? [] : [latest]))
    if (internal || ends.length < partitions.length) continue
    counts.set(name, Number(ends.reduce((sum, end) => sum + end, 0n)))
  }
  return counts
}
