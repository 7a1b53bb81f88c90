/**
 * Partitions of a topic read as one stream, merged by time: oldest first, or newest first.
 *
 * What was taken and what was not is told by offsets at any moment, so reading goes on elsewhere without gap or double.
 * Holds one fetch or chunk a partition.
 */
import type { PeekedPartition } from '../flow/kafka-ports.ts'
import type { ReadRecord } from './message-body.ts'
import { backwardLane, forwardLane, type Lane } from './message-lane.ts'
import { offsetsText, type Stretch } from './message-start.ts'
import type { Kafka } from './ports.ts'

export interface ReaderOptions {
  readonly topic: string
  readonly stretches: ReadonlyMap<number, Stretch>
  readonly isBackward: boolean
  /** How many records are likely to be taken. */
  readonly wanted: number
}

const kibibyte = 1024
const roundBytesMax = 8 * kibibyte * kibibyte
const partitionBytesMin = 64 * kibibyte
const partitionBytesMax = kibibyte * kibibyte
const parallelFetchesMax = 8
// Fetches in a row that may bring nothing at all before what is left is given up.
const idleFetchesMax = 4

export class MergedReader {
  readonly #peek: Kafka['peek']
  readonly #topic: string
  readonly #isBackward: boolean
  readonly #lanes: readonly Lane[]
  #partitionBytes = partitionBytesMin
  /** A request for each partition, since one for all leaves some without an answer. */
  #isSplit = false

  constructor(peek: Kafka['peek'], options: ReaderOptions) {
    const { stretches, isBackward, wanted } = options
    this.#peek = peek
    this.#topic = options.topic
    this.#isBackward = isBackward
    const each = Math.max(1, stretches.size)
    const chunkBytes = Math.min(partitionBytesMax, Math.max(partitionBytesMin, roundBytesMax / each))
    this.#lanes = Array.from(stretches, ([partition, stretch]) =>
      isBackward ? backwardLane(partition, stretch, wanted, chunkBytes) : forwardLane(partition, stretch),
    ).toSorted((a, b) => a.partition - b.partition)
  }

  /** Where reading goes on, as `from` takes it. */
  get next(): string {
    const offsets = offsetsText(this.positions())
    if (offsets === '') return 'latest'
    return `${this.#isBackward ? 'before' : 'at'}:${offsets}`
  }

  get remaining(): bigint {
    return this.#lanes.reduce((sum, lane) => sum + lane.remaining, 0n)
  }

  /** Nothing is left. */
  get isDone(): boolean {
    return this.#lanes.every((lane) => lane.isDone)
  }

  positions(): ReadonlyMap<number, bigint> {
    return new Map(this.#lanes.map((lane) => [lane.partition, lane.position]))
  }

  /** The record that is next of all partitions; null where one has to be fetched first, or nothing is left. */
  take(): ReadRecord | null {
    let best: Lane | null = null
    let bestMs = 0
    for (const lane of this.#lanes) {
      const { timeMs } = lane
      if (timeMs === null) {
        if (lane.wants !== null) return null
      } else if (best === null || (this.#isBackward ? timeMs > bestMs : timeMs < bestMs)) {
        best = lane
        bestMs = timeMs
      }
    }
    return best === null ? null : best.take()
  }

  /**
   * Fetches for partitions that have nothing to take, until something came or moved.
   * @returns false when nothing is left
   * @throws whatever Kafka answers; the reason of `signal`
   */
  async fill(signal: AbortSignal): Promise<boolean> {
    for (let idle = 0; idle < idleFetchesMax; idle++) {
      signal.throwIfAborted()
      if (await this.#fetch(this.#hungry(), signal)) return !this.isDone
    }
    for (const lane of this.#hungry()) lane.giveUp()
    return !this.isDone
  }

  /** Partitions that are fetched next. */
  #hungry(): readonly Lane[] {
    const hungry = this.#lanes.filter((lane) => lane.wants !== null)
    return this.#isSplit ? hungry.slice(0, parallelFetchesMax) : hungry
  }

  /** True where something moved, or nothing had to. */
  async #fetch(lanes: readonly Lane[], signal: AbortSignal): Promise<boolean> {
    if (lanes.length === 0) return true
    const requests = this.#isSplit ? lanes.map((lane) => [lane]) : [lanes]
    const fetched = (await Promise.all(requests.map((request) => this.#read(request, signal)))).flat()
    for (const each of fetched) lanes.find((lane) => lane.partition === each.partition)?.accept(each)
    // Brokers give only the first partition of a request a batch that is larger than its share.
    if (fetched.length < lanes.length) this.#isSplit = true
    // Whoever reads on reads much: pages stay small, searches become fast.
    this.#partitionBytes = Math.min(partitionBytesMax, this.#partitionBytes * 2)
    return fetched.length > 0
  }

  #read(lanes: readonly Lane[], signal: AbortSignal): Promise<readonly PeekedPartition[]> {
    const share = Math.max(partitionBytesMin, Math.floor(roundBytesMax / lanes.length))
    const wanted = Math.max(...lanes.map(({ wantsBytes }) => wantsBytes ?? partitionBytesMax))
    const partitionBytes = Math.min(this.#partitionBytes, share, Math.max(partitionBytesMin, wanted))
    const options = {
      topic: this.#topic,
      from: new Map(lanes.map((lane) => [lane.partition, lane.wants ?? 0n])),
      maxBytes: Math.min(roundBytesMax, partitionBytes * lanes.length),
      partitionBytes,
      wholeBatches: this.#isBackward,
      waitMs: 0,
    }
    return this.#peek.read(options, signal)
  }
}
