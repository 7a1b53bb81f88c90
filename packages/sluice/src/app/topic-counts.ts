/** How many records were ever written, by topic: the sum of the ends of its partitions. */
import type { Kafka, PipelineStatus } from '../api/ports.ts'

/** So many topics are asked for each time. */
const topicsMax = 200
const atOnce = 16

/** Of the topics that pipelines read or write; what does not answer is left out. */
export const topicCounts =
  (admin: Pick<Kafka['admin'], 'topic'>) =>
  async (pipelines: readonly PipelineStatus[]): Promise<ReadonlyMap<string, number>> => {
    const names = [...new Set(pipelines.flatMap(({ reads, writes }) => [...reads, ...writes]))].slice(
      0,
      topicsMax,
    )
    const counts = new Map<string, number>()
    for (let from = 0; from < names.length; from += atOnce) {
      await Promise.all(
        names.slice(from, from + atOnce).map(async (name) => {
          const topic = await admin.topic(name)
          if (topic === null) return
          counts.set(name, Number(topic.partitions.reduce((sum, { latest }) => sum + latest, 0n)))
        }),
      )
    }
    return counts
  }
