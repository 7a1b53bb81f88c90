/** Where reading a topic starts: `earliest`, `newest`, `latest`, an offset, a time, or an offset by partition. */
import type { TopicState } from '../flow/kafka-ports.ts'
import { RequestProblems } from './checks.ts'
import type { Kafka } from './ports.ts'

export type Start = { readonly partition: number | null } & (
  | { readonly kind: 'earliest' | 'latest' | 'newest' }
  | { readonly kind: 'offset'; readonly offset: bigint }
  | { readonly kind: 'time'; readonly timeMs: number }
  | { readonly kind: 'at'; readonly offsets: ReadonlyMap<number, bigint> }
)

const refuse = (problem: string): never => {
  throw new RequestProblems([{ field: 'from', problem }])
}

const timeMsOf = (text: string): number => {
  const timeMs = /^\d{1,15}$/.test(text) ? Number(text) : Date.parse(text)
  return Number.isNaN(timeMs)
    ? refuse(`${JSON.stringify(text)} is no time; write ISO 8601 or milliseconds`)
    : timeMs
}

/**
 * Reads `from` of a query, whose pattern was checked.
 * @throws RequestProblems
 */
export const parseStart = (from: string, partition: number | undefined): Start => {
  const base = { partition: partition ?? null }
  const rest = from.slice(from.indexOf(':') + 1)
  if (from === 'earliest' || from === 'latest' || from === 'newest') return { ...base, kind: from }
  if (from.startsWith('offset:')) return { ...base, kind: 'offset', offset: BigInt(rest) }
  if (from.startsWith('time:')) return { ...base, kind: 'time', timeMs: timeMsOf(rest) }
  const offsets = new Map<number, bigint>()
  for (const pair of rest.split(',')) {
    const [at = '', offset = '0'] = pair.split('=')
    offsets.set(Number(at), BigInt(offset))
  }
  return { ...base, kind: 'at', offsets }
}

const clamp = (offset: bigint, earliest: bigint, latest: bigint): bigint =>
  offset < earliest ? earliest : offset > latest ? latest : offset

/**
 * The first offset to read in each partition, within what there is.
 * @param newest how many records before the end `newest` starts, in each partition
 */
export const startOffsets = async (
  kafka: Kafka,
  topic: TopicState,
  start: Start,
  newest: number,
): Promise<ReadonlyMap<number, bigint>> => {
  const { partition } = start
  const partitions = topic.partitions.filter((one) => partition === null || one.partition === partition)
  if (partitions.length === 0) {
    throw new RequestProblems([
      {
        field: 'partition',
        problem: `${partition} does not exist; the topic has ${topic.partitions.length}`,
      },
    ])
  }
  const times = start.kind === 'time' ? await kafka.admin.offsetsAt(topic.name, start.timeMs) : null
  const offsets = new Map<number, bigint>()
  for (const { partition: number, earliest, latest } of partitions) {
    switch (start.kind) {
      case 'earliest':
        offsets.set(number, earliest)
        break
      case 'latest':
        offsets.set(number, latest)
        break
      case 'newest':
        offsets.set(number, clamp(latest - BigInt(newest), earliest, latest))
        break
      case 'offset':
        offsets.set(number, clamp(start.offset, earliest, latest))
        break
      case 'time':
        offsets.set(number, clamp(times?.get(number) ?? latest, earliest, latest))
        break
      case 'at': {
        // A partition that is not named is not read.
        const offset = start.offsets.get(number)
        if (offset !== undefined) offsets.set(number, clamp(offset, earliest, latest))
        break
      }
    }
  }
  return offsets
}
