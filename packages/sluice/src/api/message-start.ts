/**
 * Which stretch of each partition is read, and in which direction: `from` and `until` of a query as offsets.
 *
 * `earliest`, `newest`, `latest`, an offset, a time, or an offset by partition; `before:` reads backwards.
 */
import type { TopicState } from '../flow/kafka-ports.ts'
import { RequestProblems } from './checks.ts'
import type { Kafka } from './ports.ts'

type Offsets = ReadonlyMap<number, bigint>

type Point =
  | { readonly kind: 'earliest' | 'latest' | 'newest' }
  | { readonly kind: 'offset'; readonly offset: bigint }
  | { readonly kind: 'time'; readonly timeMs: number }
  | { readonly kind: 'at'; readonly offsets: Offsets }

export interface Start {
  readonly partition: number | null
  /** Newest first, from the point on towards the past. */
  readonly isBackward: boolean
  readonly point: Point
}

/** What is read of a partition: offsets from `low` to before `high`. */
export interface Stretch {
  readonly low: bigint
  readonly high: bigint
}

const refuse = (field: string, problem: string): never => {
  throw new RequestProblems([{ field, problem }])
}

/** The latest time that a date can hold. */
const timeMsMax = 8_640_000_000_000_000

/**
 * A time as ISO 8601 or milliseconds, with or without `time:` before it.
 * @throws RequestProblems
 */
export const parseTimeMs = (field: string, given: string): number => {
  const text = given.replace(/^time:/, '')
  const timeMs = /^\d{1,15}$/.test(text) ? Number(text) : Date.parse(text)
  return Number.isNaN(timeMs) || timeMs > timeMsMax
    ? refuse(field, `${JSON.stringify(text)} is no time; write ISO 8601 or milliseconds`)
    : timeMs
}

const parseOffsets = (text: string): Offsets => {
  const offsets = new Map<number, bigint>()
  for (const pair of text.split(',')) {
    const [at = '', offset = '0'] = pair.split('=')
    offsets.set(Number(at), BigInt(offset))
  }
  return offsets
}

const parsePoint = (field: string, text: string): Point => {
  if (text === 'earliest' || text === 'latest' || text === 'newest') return { kind: text }
  const rest = text.slice(text.indexOf(':') + 1)
  if (text.startsWith('offset:')) return { kind: 'offset', offset: BigInt(rest) }
  if (/^\d+=/.test(rest)) return { kind: 'at', offsets: parseOffsets(rest) }
  return { kind: 'time', timeMs: parseTimeMs(field, rest) }
}

/**
 * Reads `from` of a query, whose pattern was checked.
 * @throws RequestProblems
 */
export const parseStart = (from: string, partition: number | undefined): Start => ({
  partition: partition ?? null,
  isBackward: from === 'newest' || from.startsWith('before:'),
  point: parsePoint('from', from),
})

const clamp = (offset: bigint, earliest: bigint, latest: bigint): bigint =>
  offset < earliest ? earliest : offset > latest ? latest : offset

const partitionsOf = (topic: TopicState, partition: number | null): TopicState['partitions'] => {
  const partitions = topic.partitions.filter((one) => partition === null || one.partition === partition)
  return partitions.length === 0
    ? refuse('partition', `${partition} does not exist; the topic has ${topic.partitions.length}`)
    : partitions
}

/** Where a point lies in each partition, within what there is. A partition that a list does not name is left out. */
const offsetsOf = async (
  kafka: Kafka,
  topic: TopicState,
  partitions: TopicState['partitions'],
  point: Point,
): Promise<Offsets> => {
  const times = point.kind === 'time' ? await kafka.admin.offsetsAt(topic.name, point.timeMs) : null
  const offsets = new Map<number, bigint>()
  for (const { partition, earliest, latest } of partitions) {
    const offset =
      point.kind === 'earliest'
        ? earliest
        : point.kind === 'offset'
          ? point.offset
          : point.kind === 'time'
            ? (times?.get(partition) ?? latest)
            : point.kind === 'at'
              ? point.offsets.get(partition)
              : latest
    if (offset !== undefined) offsets.set(partition, clamp(offset, earliest, latest))
  }
  return offsets
}

/** The first offset to read in each partition, within what there is. */
export const startOffsets = (kafka: Kafka, topic: TopicState, start: Start): Promise<Offsets> =>
  offsetsOf(kafka, topic, partitionsOf(topic, start.partition), start.point)

/**
 * What is to be read of each partition.
 * @param until as the query has it; the end (backwards: the beginning) when left out
 * @throws RequestProblems
 */
export const stretchesOf = async (
  kafka: Kafka,
  topic: TopicState,
  start: Start,
  until: string | undefined,
): Promise<ReadonlyMap<number, Stretch>> => {
  const partitions = partitionsOf(topic, start.partition)
  const end = parsePoint('until', until ?? (start.isBackward ? 'earliest' : 'latest'))
  const [from, to] = await Promise.all([
    offsetsOf(kafka, topic, partitions, start.point),
    offsetsOf(kafka, topic, partitions, end),
  ])
  const stretches = new Map<number, Stretch>()
  for (const [partition, offset] of from) {
    const other = to.get(partition) ?? offset
    const [low, high] = start.isBackward ? [other, offset] : [offset, other]
    // A stretch that ends before it begins holds nothing; reading stays where it was to begin.
    stretches.set(partition, low > high ? { low: offset, high: offset } : { low, high })
  }
  return stretches
}

/** Offsets as `at:` and `before:` list them. */
export const offsetsText = (offsets: Offsets): string =>
  [...offsets]
    .toSorted(([a], [b]) => a - b)
    .map(([partition, offset]) => `${partition}=${offset}`)
    .join(',')
