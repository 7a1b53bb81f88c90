/** Answers of `topics`: what is in the cluster, create, delete. */

import type { Answers } from '../../contract/answers.ts'
import type { topicsResource } from '../../contract/topics.ts'
import type { PartitionState } from '../../flow/kafka-ports.ts'
import type { Clock } from '../../kernel/clock.ts'
import { fault } from '../../kernel/faults/index.ts'
import { counted } from '../../kernel/plural.ts'
import type { Kafka, Pipelines } from '../ports.ts'

const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : 0

const summaryOf = (topic: {
  readonly name: string
  readonly id: string
  readonly partitions: number
  readonly internal: boolean
}) => ({
  topic_name: topic.name,
  name: topic.name,
  status: 'active' as const,
  partitions: topic.partitions,
  internal: topic.internal,
  uuid: topic.id,
})

/** Pipelines that read a topic, and those that write it. */
const usersOf = async (
  pipelines: Pipelines,
  name: string,
): Promise<{ readonly readBy: string[]; readonly writtenBy: string[] }> => {
  const all = await pipelines.list()
  return {
    readBy: all.filter(({ reads }) => reads.includes(name)).map((pipeline) => pipeline.name),
    writtenBy: all.filter(({ writes }) => writes.includes(name)).map((pipeline) => pipeline.name),
  }
}

const partitionStateOf = (one: PartitionState) => ({
  partition: one.partition,
  leader: one.leader,
  replicas: [...one.replicas],
  in_sync_replicas: [...one.inSyncReplicas],
  earliest: String(one.earliest),
  latest: String(one.latest),
})

const visibleWithinMs = 10_000
const lookEveryMs = 50

/**
 * A cluster answers before every broker knows the new topic, and before its partitions have leaders: whoever
 * wrote at once would be told that it does not exist.
 */
const untilVisible = async (kafka: Kafka, clock: Clock, name: string, signal: AbortSignal): Promise<void> => {
  const untilMs = clock.now() + visibleWithinMs
  while (clock.now() < untilMs && !signal.aborted) {
    // Not to be described yet is what is waited for.
    const topic = await kafka.admin.topic(name).catch(() => null)
    const isLed = topic?.partitions.every(({ leader }) => leader >= 0) ?? false
    if (isLed) return
    await clock.sleep(lookEveryMs, signal)
  }
}

export const topicsAnswers = (
  kafka: Kafka,
  pipelines: Pipelines,
  clock: Clock,
): Answers<typeof topicsResource> => {
  return {
    list: async ({ query }) => {
      const topics = await kafka.admin.topics()
      const data = topics
        .filter(({ internal }) => query.internal || !internal)
        .toSorted(byName)
        .map(summaryOf)
      return { data, count: data.length, timestamp: new Date(clock.now()).toISOString() }
    },
    show: async ({ params }) => {
      const topic = await kafka.admin.topic(params.name)
      if (topic === null) throw fault('NOT_FOUND', { kind: 'topic', name: params.name })
      const { readBy, writtenBy } = await usersOf(pipelines, params.name)
      const messages = topic.partitions.reduce((sum, one) => sum + one.latest - one.earliest, 0n)
      return {
        ...summaryOf({ ...topic, partitions: topic.partitions.length }),
        replication_factor: topic.partitions[0]?.replicas.length ?? null,
        messages: String(messages),
        partition_states: topic.partitions.map(partitionStateOf),
        settings: { ...(await kafka.admin.topicConfigs(params.name)) },
        read_by: readBy,
        written_by: writtenBy,
      }
    },
    create: async ({ body, signal }) => {
      await kafka.admin.createTopic({
        name: body.name,
        partitions: body.partitions,
        replicationFactor: body.replication_factor,
        configs: body.settings,
      })
      await untilVisible(kafka, clock, body.name, signal)
      return {
        message: `Topic ${body.name} is made, with ${counted(body.partitions, 'partition')}.`,
        topic_name: body.name,
        name: body.name,
        status: 'active',
        partitions: body.partitions,
      }
    },
    delete: async ({ params, query }) => {
      const { name } = params
      const topic = await kafka.admin.topic(name)
      if (topic === null) throw fault('NOT_FOUND', { kind: 'topic', name })
      if (topic.internal) throw fault('CONFLICT', { what: `Topic ${name}`, problem: 'is Kafka’s own' })
      const { readBy, writtenBy } = await usersOf(pipelines, name)
      const affected = [...new Set([...readBy, ...writtenBy])]
      if (affected.length > 0 && !query.force) {
        const problem = `is used by ${affected.join(', ')}; force=true deletes it all the same`
        throw fault('CONFLICT', { what: `Topic ${name}`, problem })
      }
      await kafka.admin.deleteTopic(name)
      return { message: `Topic ${name} and its messages are deleted.`, topic_name: name, affected }
    },
  }
}
