/** Answers of `topics`: what is in the cluster, create, change, delete. */

import type { Answers } from '../../contract/answers.ts'
import type { AnswerOf } from '../../contract/endpoint.ts'
import type { topicsResource } from '../../contract/topics.ts'
import type { PartitionState, TopicSetting, TopicState } from '../../flow/kafka-ports.ts'
import type { Clock } from '../../kernel/clock.ts'
import { fault } from '../../kernel/faults/index.ts'
import { counted } from '../../kernel/plural.ts'
import type { KafkaView, TopicView } from '../kafka-view/kafka-view.ts'
import type { Kafka, Pipelines } from '../ports.ts'

type Endpoints = (typeof topicsResource)['endpoints']
type Summary = AnswerOf<Endpoints['list']>['data'][number]
type Detail = AnswerOf<Endpoints['show']>

/** Times that a client wrote may be any number. */
const isoOrNull = (ms: number | null): string | null =>
  ms === null || Math.abs(ms) > 8.64e15 ? null : new Date(ms).toISOString()

/** A topic as a row of the list. */
export const topicRow = (topic: TopicView): Summary => ({
  topic_name: topic.name,
  name: topic.name,
  status: 'active',
  partitions: topic.partitions.length,
  internal: topic.internal,
  uuid: topic.id,
  messages: String(topic.messages),
  size_bytes: topic.sizeBytes,
  in_per_second: topic.inPerSecond,
  last_write_at: isoOrNull(topic.newestMs),
  groups: [...topic.groups],
  read_by: [...topic.readBy],
  written_by: [...topic.writtenBy],
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
const untilVisible = async (
  kafka: Kafka,
  clock: Clock,
  name: string,
  signal: AbortSignal,
  partitions: number,
): Promise<void> => {
  const untilMs = clock.now() + visibleWithinMs
  while (clock.now() < untilMs && !signal.aborted) {
    // Not to be described yet is what is waited for.
    const topic = await kafka.admin.topic(name).catch(() => null)
    const led = topic?.partitions.filter(({ leader }) => leader >= 0) ?? []
    if (led.length >= partitions) return
    await clock.sleep(lookEveryMs, signal)
  }
}

/** @throws fault CONFLICT where it is Kafka's own, NOT_FOUND */
const changeable = async (kafka: Kafka, name: string): Promise<TopicState> => {
  const topic = await kafka.admin.topic(name)
  if (topic === null) throw fault('NOT_FOUND', { kind: 'topic', name })
  if (topic.internal) throw fault('CONFLICT', { what: `Topic ${name}`, problem: 'is Kafka’s own' })
  return topic
}

type Change = AnswerOf<Endpoints['settings']>['changes'][number]

const namedIn = (settings: readonly TopicSetting[]): ReadonlyMap<string, TopicSetting> =>
  new Map(settings.map((setting) => [setting.name, setting]))

/** Takes settings over, or only has them checked; what each of them was, and is or would be. */
const changeSettings = async (
  kafka: Kafka,
  topic: string,
  wanted: Readonly<Record<string, string | null>>,
  dryRun: boolean,
): Promise<Change[]> => {
  const before = namedIn(await kafka.admin.topicSettings(topic))
  await kafka.admin.changeTopicSettings(topic, new Map(Object.entries(wanted)), dryRun)
  // What one that was taken back is now, a cluster does not always tell before.
  const isTakenBack = Object.values(wanted).includes(null)
  const now = isTakenBack && !dryRun ? namedIn(await kafka.admin.topicSettings(topic)) : null
  return Object.entries(wanted).map(([name, value]) => {
    const shown = now?.get(name)
    const inherited = shown?.isOwn === false ? shown.value : (before.get(name)?.inherited ?? null)
    return { name, before: before.get(name)?.value ?? null, after: value ?? inherited }
  })
}

/** The topic of this moment, with what the last look at the cluster knew of it. */
const detailOf = async (kafka: Kafka, view: KafkaView, name: string): Promise<Detail> => {
  const topic = await kafka.admin.topic(name)
  if (topic === null) throw fault('NOT_FOUND', { kind: 'topic', name })
  const [views, settings] = await Promise.all([view.topics(), kafka.admin.topicSettings(name)])
  const seen = views.find((each) => each.name === name && each.id === topic.id)
  const messages = topic.partitions.reduce((sum, one) => sum + one.latest - one.earliest, 0n)
  const unseen = { sizeBytes: null, inPerSecond: null, newestMs: null, groups: [], readBy: [], writtenBy: [] }
  return {
    ...topicRow({ ...unseen, ...seen, ...topic, messages }),
    replication_factor: topic.partitions[0]?.replicas.length ?? null,
    partition_states: topic.partitions.map(partitionStateOf),
    settings: Object.fromEntries(
      settings.flatMap((each) => (each.value === null ? [] : [[each.name, each.value]])),
    ),
    own_settings: settings.filter(({ isOwn }) => isOwn).map((each) => each.name),
  }
}

const changeAnswers = (
  kafka: Kafka,
  view: KafkaView,
  clock: Clock,
): Pick<Answers<typeof topicsResource>, 'settings' | 'partitions'> => ({
  settings: async ({ params: { name }, body }) => {
    await changeable(kafka, name)
    const changes = await changeSettings(kafka, name, body.settings, body.dry_run)
    const what = counted(changes.filter(({ before, after }) => before !== after).length, 'setting')
    return {
      message: body.dry_run
        ? `Nothing is changed yet. ${what} of ${name} would be.`
        : `${what} of ${name} changed.`,
      topic_name: name,
      applied: !body.dry_run,
      changes,
    }
  },
  partitions: async ({ params: { name }, body, signal }) => {
    const before = (await changeable(kafka, name)).partitions.length
    if (body.partitions <= before) {
      const problem = `has ${counted(before, 'partition')} already; it can only get more`
      throw fault('CONFLICT', { what: `Topic ${name}`, problem })
    }
    await kafka.admin.addPartitions(name, body.partitions)
    await untilVisible(kafka, clock, name, signal, body.partitions)
    view.forget()
    return {
      message: `Topic ${name} has ${counted(body.partitions, 'partition')} now.`,
      topic_name: name,
      before,
      after: body.partitions,
    }
  },
})

export const topicsAnswers = (
  kafka: Kafka,
  view: KafkaView,
  pipelines: Pipelines,
  clock: Clock,
): Answers<typeof topicsResource> => {
  return {
    list: async ({ query }) => {
      const topics = await view.topics()
      const search = query.search?.toLowerCase() ?? ''
      const data = topics
        .filter(({ internal }) => query.internal || !internal)
        .filter(({ name }) => name.toLowerCase().includes(search))
        .map(topicRow)
      return { data, count: data.length, timestamp: new Date(clock.now()).toISOString() }
    },
    show: ({ params }) => detailOf(kafka, view, params.name),
    ...changeAnswers(kafka, view, clock),
    create: async ({ body, signal }) => {
      await kafka.admin.createTopic({
        name: body.name,
        partitions: body.partitions,
        replicationFactor: body.replication_factor,
        configs: body.settings,
      })
      await untilVisible(kafka, clock, body.name, signal, body.partitions)
      view.forget()
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
      await changeable(kafka, name)
      const { readBy, writtenBy } = await usersOf(pipelines, name)
      const affected = [...new Set([...readBy, ...writtenBy])]
      if (affected.length > 0 && !query.force) {
        const problem = `is used by ${affected.join(', ')}; force=true deletes it all the same`
        throw fault('CONFLICT', { what: `Topic ${name}`, problem })
      }
      await kafka.admin.deleteTopic(name)
      view.forget()
      return { message: `Topic ${name} and its messages are deleted.`, topic_name: name, affected }
    },
  }
}
