/**
 * Partitions of a topic read as one stream, merged by time: oldest first, or newest first.
 *
 * What was taken and what was not is told by offsets at any moment, so reading goes on elsewhere without gap or double.
 * Holds one fetch or chunk a partition.
 */
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
// Fetches in a row that may bring nothing at all before what is left is given up.
const idleFetchesMax = 4

export class MergedReader {
  readonly #peek: Kafka['peek']
  readonly #topic: string
  readonly #isBackward: boolean
  readonly #lanes: readonly Lane[]
  #partitionBytes = partitionBytesMin

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
   * Fetches once for each partition that has nothing to take, until there is something to take or something moved.
   * @returns false when nothing is left
   * @throws whatever Kafka answers; the reason of `signal`
   */
  async fill(signal: AbortSignal): Promise<boolean> {
    for (let idle = 0; idle < idleFetchesMax; idle++) {
      signal.throwIfAborted()
      if (await this.#fetch(signal)) return !this.isDone
    }
    for (const lane of this.#lanes) if (lane.wants !== null) lane.giveUp()
    return !this.isDone
  }

  /** True where something moved, or nothing had to. */
  async #fetch(signal: AbortSignal): Promise<boolean> {
    const hungry = this.#lanes.filter((lane) => lane.wants !== null)
    if (hungry.length === 0) return true
    const from = new Map(hungry.map((lane) => [lane.partition, lane.wants ?? 0n]))
    const share = Math.max(partitionBytesMin, Math.floor(roundBytesMax / from.size))
    const wanted = Math.max(...hungry.map(({ wantsBytes }) => wantsBytes ?? partitionBytesMax))
    const partitionBytes = Math.min(this.#partitionBytes, share, Math.max(partitionBytesMin, wanted))
    const fetched = await this.#peek.read(
      {
        topic: this.#topic,
        from,
        maxBytes: Math.min(roundBytesMax, partitionBytes * from.size),
        partitionBytes,
        wholeBatches: this.#isBackward,
        waitMs: 0,
      },
      signal,
    )
    for (const each of fetched) this.#lanes.find((lane) => lane.partition === each.partition)?.accept(each)
    // Whoever reads on reads much: pages stay small, searches become fast. Batches that did not fit need more room.
    const isStarved = fetched.length < from.size
    this.#partitionBytes = isStarved
      ? partitionBytesMax
      : Math.min(partitionBytesMax, this.#partitionBytes * 2)
    return fetched.length > 0
  }
}
