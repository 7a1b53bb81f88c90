/**
 * Topics and consumer groups as pages, commands and series see them: one look at the cluster for whoever asks at about
 * the same time, at most 2 s old, and what follows only from watching it (rates, verdicts).
 */
import type { GroupMemberState, GroupState, TopicOffsetsState } from '../../flow/kafka-ports.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { Kafka, PipelineStatus, Pipelines } from '../ports.ts'
import { type LagHistory, partitionKey, withObservation } from './lag-history.ts'
import { type Judged, lagVerdict } from './lag-verdict.ts'
import { type RecordTimes, recordTimes, type WantedTime, wantedKey } from './record-times.ts'
import { type Shared, shared } from './shared.ts'
import { type TopicWatch, topicWatch } from './topic-watch.ts'

/** A topic with what is known of it; what is unknown is null. */
export interface TopicView extends TopicOffsetsState {
  /** Records kept, over all partitions that somebody leads. */
  readonly messages: bigint
  readonly sizeBytes: number | null
  readonly inPerSecond: number | null
  /** Time of the newest record. */
  readonly newestMs: number | null
  readonly groups: readonly string[]
  readonly readBy: readonly string[]
  readonly writtenBy: readonly string[]
}

export interface GroupPartitionView {
  readonly topic: string
  readonly partition: number
  readonly committed: bigint | null
  readonly earliest: bigint | null
  readonly latest: bigint | null
  /** null where nothing is committed or the end is not known. */
  readonly lag: bigint | null
  /** Age of the record it reads next; 0 where nothing waits, null where unknown. */
  readonly seconds: number | null
  /** Since when records wait and nothing is committed, as far as watched. */
  readonly stuckSinceMs: number | null
  readonly member: GroupMemberState | null
}

export interface GroupView extends Judged {
  readonly name: string
  /** As Kafka calls it. */
  readonly state: string
  readonly protocol: string | null
  readonly members: readonly GroupMemberState[]
  /** Sorted by name. */
  readonly topics: readonly string[]
  /** null where nothing is committed. */
  readonly lag: { readonly records: number; readonly seconds: number | null } | null
  /** Whose own group it is. */
  readonly pipeline: string | null
  /** Sorted by topic and number. */
  readonly partitions: readonly GroupPartitionView[]
}

export interface KafkaView extends AsyncDisposable {
  /** Sorted by name. @throws fault UNAVAILABLE */
  topics(): Promise<readonly TopicView[]>
  /** Sorted by name. @throws fault UNAVAILABLE */
  groups(): Promise<readonly GroupView[]>
  /** Something was changed: the next look is a new one. */
  forget(): void
  /** Looks regularly until the signal aborts, so that rates and verdicts are there when somebody asks. Never rejects. */
  watch(signal: AbortSignal): Promise<void>
}

export interface KafkaViewParts {
  readonly kafka: Pick<Kafka, 'admin' | 'openPeek'>
  readonly pipelines: Pick<Pipelines, 'list'>
  readonly clock: Clock
}

const keepMs = 2_000
const sizesKeepMs = 10_000
const retentionsKeepMs = 60_000
const watchEveryMs = 5_000
/** Watching takes at most this share of the time. */
const watchShare = 0.05

const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : 0

const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n)

const writtenOf = ({ partitions }: TopicOffsetsState): bigint | null =>
  partitions.every(({ latest }) => latest !== null) ? sum(partitions.map(({ latest }) => latest ?? 0n)) : null

const messagesOf = ({ partitions }: TopicOffsetsState): bigint =>
  sum(
    partitions.map(({ earliest, latest }) => (earliest === null || latest === null ? 0n : latest - earliest)),
  )

/** Partitions of a group: those it committed, and those its members read. */
const partitionsOf = (
  group: GroupState,
  topics: ReadonlyMap<string, TopicOffsetsState>,
): Omit<GroupPartitionView, 'seconds' | 'stuckSinceMs'>[] => {
  const members = new Map(
    group.members.flatMap((member) => member.partitions.map((each) => [partitionKey(each), member] as const)),
  )
  const committed = new Map(group.offsets.map((each) => [partitionKey(each), each.committed]))
  const all = new Map(
    [...group.offsets, ...group.members.flatMap(({ partitions }) => partitions)].map((each) => [
      partitionKey(each),
      each,
    ]),
  )
  return [...all]
    .map(([key, { topic, partition }]) => {
      const { earliest = null, latest = null } = topics.get(topic)?.partitions[partition] ?? {}
      const offset = committed.get(key) ?? null
      const lag = offset === null || latest === null ? null : latest > offset ? latest - offset : 0n
      return { topic, partition, committed: offset, earliest, latest, lag, member: members.get(key) ?? null }
    })
    .toSorted((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1))
}

type Partition = ReturnType<typeof partitionsOf>[number]

/** Where the record that a group reads next is. */
const nextRecord = (
  { topic, partition, committed, earliest, lag }: Partition,
  topics: ReadonlyMap<string, TopicOffsetsState>,
): WantedTime | null => {
  if (committed === null || earliest === null || lag === null || lag === 0n) return null
  const offset = committed > earliest ? committed : earliest
  return { topic, topicId: topics.get(topic)?.id ?? '', partition, offset }
}

/** What is asked of the cluster, and what is made of it. */
interface Looks {
  readonly catalogue: Shared<readonly TopicOffsetsState[]>
  readonly states: Shared<readonly GroupState[]>
  readonly pipelines: Shared<readonly PipelineStatus[]>
  readonly sizes: Shared<ReadonlyMap<string, number> | null>
  readonly retentions: Shared<ReadonlyMap<string, number | null>>
  readonly topics: Shared<readonly TopicView[]>
  readonly groups: Shared<readonly GroupView[]>
}

class View implements KafkaView {
  readonly #clock: Clock
  readonly #times: RecordTimes
  readonly #closing = new AbortController()
  #histories: ReadonlyMap<string, LagHistory> = new Map()
  readonly #shared: Looks
  readonly #watched: TopicWatch

  constructor({ kafka: { admin, openPeek }, pipelines, clock }: KafkaViewParts) {
    this.#clock = clock
    this.#times = recordTimes(openPeek)
    this.#watched = topicWatch(clock, (names) => admin.newestTimes(names))
    this.#shared = {
      catalogue: shared(clock, keepMs, () => admin.catalogue()),
      states: shared(clock, keepMs, () => admin.groups()),
      pipelines: shared(clock, keepMs, () => pipelines.list()),
      sizes: shared(clock, sizesKeepMs, () => admin.topicSizes()),
      retentions: shared(clock, retentionsKeepMs, async () => {
        const read = new Set(
          (await this.#shared.states.get()).flatMap(({ offsets }) => offsets).map(({ topic }) => topic),
        )
        return admin.retentions([...read])
      }),
      topics: shared(clock, keepMs, () => this.#lookAtTopics()),
      groups: shared(clock, keepMs, () => this.#lookAtGroups()),
    }
  }

  topics(): Promise<readonly TopicView[]> {
    return this.#shared.topics.get()
  }

  groups(): Promise<readonly GroupView[]> {
    return this.#shared.groups.get()
  }

  forget(): void {
    const { catalogue, states, pipelines, sizes, retentions, topics, groups } = this.#shared
    for (const look of [catalogue, states, pipelines, sizes, retentions, topics, groups]) look.forget()
  }

  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const startedMs = this.#clock.now()
      await Promise.allSettled([this.topics(), this.groups()])
      const tookMs = this.#clock.now() - startedMs
      await this.#clock.sleep(Math.max(watchEveryMs, tookMs / watchShare), signal)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    await this.#times[Symbol.asyncDispose]()
  }

  async #lookAtTopics(): Promise<readonly TopicView[]> {
    const [catalogue, states, pipelines, sizes] = await Promise.all([
      this.#shared.catalogue.get(),
      this.#shared.states.get(),
      this.#shared.pipelines.get(),
      this.#shared.sizes.get(),
    ])
    await this.#watched.observe(
      catalogue.map((topic) => ({ name: topic.name, id: topic.id, written: writtenOf(topic) })),
    )
    const readers = Map.groupBy(
      states.flatMap(({ name, offsets, members }) => {
        const read = [...offsets.map(({ topic }) => topic), ...members.flatMap(({ topics }) => topics)]
        return [...new Set(read)].map((topic) => ({ topic, name }))
      }),
      ({ topic }) => topic,
    )
    const usersOf = (side: 'reads' | 'writes') =>
      Map.groupBy(
        pipelines.flatMap((pipeline) => pipeline[side].map((topic) => ({ topic, name: pipeline.name }))),
        ({ topic }) => topic,
      )
    const [readBy, writtenBy] = [usersOf('reads'), usersOf('writes')]
    const namesIn = (users: typeof readers, topic: string): string[] =>
      (users.get(topic) ?? []).map(({ name }) => name).toSorted()
    return catalogue.toSorted(byName).map((topic) => ({
      ...topic,
      messages: messagesOf(topic),
      sizeBytes: sizes?.get(topic.name) ?? null,
      inPerSecond: this.#watched.rateOf(topic.name),
      newestMs: this.#watched.newestMsOf(topic.name),
      groups: namesIn(readers, topic.name),
      readBy: namesIn(readBy, topic.name),
      writtenBy: namesIn(writtenBy, topic.name),
    }))
  }

  async #lookAtGroups(): Promise<readonly GroupView[]> {
    const [catalogue, states, pipelines, retentions] = await Promise.all([
      this.#shared.catalogue.get(),
      this.#shared.states.get(),
      this.#shared.pipelines.get(),
      this.#shared.retentions.get(),
    ])
    const topics = new Map(catalogue.map((topic) => [topic.name, topic]))
    const known = states.map((state) => ({ state, partitions: partitionsOf(state, topics) }))
    const wanted = known.flatMap(({ partitions }) =>
      partitions.flatMap((each) => nextRecord(each, topics) ?? []),
    )
    const times = await this.#times.of(wanted, this.#closing.signal)
    const owners = new Map(pipelines.flatMap(({ name, group }) => (group === null ? [] : [[group, name]])))
    const atMs = this.#clock.now()
    const histories = new Map<string, LagHistory>()
    const secondsOf = (partition: Partition): number | null => {
      if (partition.lag === 0n) return 0
      const record = nextRecord(partition, topics)
      const timeMs = record === null ? undefined : times.get(wantedKey(record))
      return timeMs === undefined ? null : Math.max(0, atMs - timeMs) / 1_000
    }
    const views = known.map(({ state, partitions }) => {
      const timed = partitions.map((each) => ({ ...each, seconds: secondsOf(each) }))
      const history = this.#observe(state, timed, retentions, atMs)
      if (history !== null) histories.set(state.name, history)
      return viewOf(state, timed, history, owners.get(state.name) ?? null)
    })
    this.#histories = histories
    return views.toSorted(byName)
  }

  #observe(
    state: GroupState,
    partitions: readonly (Partition & { readonly seconds: number | null })[],
    retentions: ReadonlyMap<string, number | null>,
    atMs: number,
  ): LagHistory | null {
    const observed = partitions.flatMap(({ topic, partition, committed, latest }) =>
      committed === null || latest === null ? [] : [{ topic, partition, committed, latest }],
    )
    const waiting = partitions.filter(({ lag }) => lag !== null && lag > 0n)
    const margins = waiting.flatMap(({ topic, seconds }) => {
      const retentionMs = retentions.get(topic) ?? null
      return retentionMs === null || seconds === null ? [] : [retentionMs / 1_000 - seconds]
    })
    return withObservation(this.#histories.get(state.name) ?? null, {
      atMs,
      members: state.members.length,
      seconds: oldestOf(waiting),
      marginSeconds: margins.length === 0 ? null : Math.min(...margins),
      partitions: observed,
    })
  }
}

/** Of what waits; one that is unknown could be the oldest. */
const oldestOf = (waiting: readonly { readonly seconds: number | null }[]): number | null => {
  const known = waiting.flatMap(({ seconds }) => (seconds === null ? [] : [seconds]))
  return known.length < waiting.length ? null : Math.max(0, ...known)
}

const viewOf = (
  state: GroupState,
  partitions: readonly (Partition & { readonly seconds: number | null })[],
  history: LagHistory | null,
  pipeline: string | null,
): GroupView => {
  const counted = partitions.filter(({ lag }) => lag !== null)
  const waiting = counted.filter(({ lag }) => lag !== 0n)
  const subscribed = state.members.flatMap(({ topics }) => topics)
  return {
    name: state.name,
    state: state.state,
    protocol: state.protocol,
    members: state.members,
    topics: [...new Set([...partitions.map(({ topic }) => topic), ...subscribed])].toSorted(),
    lag:
      counted.length === 0
        ? null
        : { records: Number(sum(counted.map(({ lag }) => lag ?? 0n))), seconds: oldestOf(waiting) },
    ...lagVerdict(history),
    pipeline,
    partitions: partitions.map((each) => ({
      ...each,
      stuckSinceMs: history?.partitions.get(partitionKey(each))?.waitingSinceMs ?? null,
    })),
  }
}

export const createKafkaView = (parts: KafkaViewParts): KafkaView => new View(parts)
