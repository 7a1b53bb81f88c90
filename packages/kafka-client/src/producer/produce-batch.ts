/**
 * Batches on their way to a broker, and the tickets of those who wait for them.
 *
 * A batch of a partition may hold records of several tickets; a ticket may have records in many batches.
 */
import {
  BatchEncoder,
  BatchView,
  compressionIds,
  decodeHeaders,
  type HeaderInput,
  RecordColumns,
  walkRecords,
} from 'sluice-kafka-protocol'
import { crc32c } from '../compression/checksum.ts'
import { type CompressionName, compress, decompress } from '../compression/codecs.ts'

/** Who produces: kept by the broker to tell repeated batches. */
export interface ProducerId {
  readonly id: bigint
  readonly epoch: number
}

/** Somebody who waits for records to be written. */
export interface Ticket {
  /**
   * Record `index` of the ticket stands at `offset`; -1 where the broker did not say.
   * @param appendedMs when the broker appended it, on topics that keep this time instead of the record's; else -1
   */
  written(index: number, partition: number, offset: bigint, appendedMs: number): void
  /** The broker will never take it. */
  refused(index: number, problem: Error): void
  /** Nothing is known of it. */
  failed(problem: Error): void
  /** One batch more, or less, that holds records of this ticket. */
  hold(): void
  letGo(): void
}

/** Sequence numbers go round after 2^31 - 1. */
export const sequenceAfter = (sequence: number, count: number): number => (sequence + count) % 0x8000_0000

export class ProduceBatch {
  readonly createdMs: number
  /** Its place among the batches of its partition; parts of a batch share its place out among them. */
  order = 0
  #step = 1
  readonly tickets: Ticket[] = []
  /** The ticket of each record, as an index into `tickets`, and its number there. */
  readonly ticketOf: number[] = []
  readonly indexOf: number[] = []
  attempts = 0
  /** Why the last attempt failed. */
  problem: Error | null = null
  /** An attempt ended without an answer that tells whether it was written. */
  isUncertain = false
  /** Set when it is first sent, and kept when it is sent again. */
  sequence: number | null = null
  producer: ProducerId | null = null
  /** Who waits for its end, whatever that is. */
  readonly whenSettled: (() => void)[] = []
  /** What it took in, before compression; kept until it is settled. */
  bufferedBytes = 0
  #encoder: BatchEncoder | null
  #bytes: Buffer | null = null
  /** The bytes are what the encoder wrote into, and not a part of memory that is shared. */
  #isMemoryOwn = false
  #markedProducer: ProducerId | null = null
  #markedSequence = -1

  constructor(encoder: BatchEncoder, createdMs: number) {
    this.#encoder = encoder
    this.createdMs = createdMs
  }

  get count(): number {
    return this.ticketOf.length
  }

  get sizeBytes(): number {
    return this.#encoder?.sizeBytes ?? this.#bytes?.length ?? 0
  }

  add(
    key: Uint8Array | null,
    value: Uint8Array | null,
    timeMs: number,
    headers: readonly HeaderInput[],
    ticket: Ticket,
    index: number,
  ): void {
    const encoder = this.#encoder
    if (encoder === null) throw new Error('a batch that was sent takes no more records')
    encoder.append(key, value, timeMs, headers)
    this.bufferedBytes = encoder.sizeBytes
    if (this.tickets.at(-1) !== ticket) {
      this.tickets.push(ticket)
      ticket.hold()
    }
    this.ticketOf.push(this.tickets.length - 1)
    this.indexOf.push(index)
  }

  /** The bytes to send, under its producer and sequence; made once, and marked anew when either changed. */
  bytesFor(compression: CompressionName, isTransactional: boolean): Buffer {
    const { producer } = this
    const producerId = producer?.id ?? -1n
    const producerEpoch = producer?.epoch ?? -1
    const baseSequence = producer === null ? -1 : (this.sequence ?? -1)
    const encoder = this.#encoder
    if (encoder !== null) {
      this.#bytes = encoder.finish({
        producerId,
        producerEpoch,
        baseSequence,
        isTransactional,
        crc: crc32c,
        ...(compression === 'none'
          ? {}
          : {
              compression: {
                id: compressionIds[compression],
                compress: (bytes) => compress(compression, bytes),
              },
            }),
      })
      this.#encoder = null
      this.#isMemoryOwn = compression === 'none'
    } else if (
      this.#bytes !== null &&
      (this.#markedProducer !== producer || this.#markedSequence !== baseSequence)
    ) {
      new BatchView().move(this.#bytes).setProducer(producerId, producerEpoch, baseSequence, crc32c)
    }
    this.#markedProducer = producer
    this.#markedSequence = baseSequence
    return this.#bytes ?? Buffer.alloc(0)
  }

  /** The bytes that others may write into, now that it is written: null where somebody may still read them. */
  spareBytes(): Buffer | null {
    // Of an earlier attempt a socket may still hold them.
    const bytes = this.attempts === 1 && this.#isMemoryOwn ? this.#bytes : null
    if (bytes === null) return null
    this.#bytes = null
    return Buffer.from(bytes.buffer)
  }

  /** Its next attempt is as if it were the first, under whatever producer and sequence there is then. */
  forgetSequence(): void {
    this.sequence = null
    this.producer = null
  }

  /**
   * The same records in two batches (one, when only one is left), without those whose numbers are in `without`. Where
   * none are left out, the parts keep its sequence numbers. Who waits for its end waits for that of the last part.
   */
  split(without: ReadonlySet<number> = new Set()): ProduceBatch[] {
    const view = new BatchView().move(this.#bytes ?? Buffer.alloc(0))
    const records = decompress(view.compression, view.records)
    const columns = new RecordColumns(view.recordCount)
    walkRecords(records, 0, records.length, view.recordCount, columns)
    const rows = Array.from({ length: this.count }, (_, row) => row).filter((row) => !without.has(row))
    const middle = without.size > 0 ? rows.length : Math.ceil(rows.length / 2)
    const baseMs = Number(view.baseTimestamp)
    const parts = [rows.slice(0, middle), rows.slice(middle)].filter((part) => part.length > 0)
    let sequence = without.size > 0 ? null : this.sequence
    const made = parts.map((part, number) => {
      const batch = new ProduceBatch(new BatchEncoder(records.length + 128), this.createdMs)
      batch.#step = this.#step / 2
      batch.order = this.order + number * batch.#step
      batch.attempts = this.attempts
      batch.problem = this.problem
      if (sequence !== null) {
        batch.sequence = sequence
        batch.producer = this.producer
        sequence = sequenceAfter(sequence, part.length)
      }
      for (const row of part) {
        const ticket = this.tickets[this.ticketOf[row] ?? 0]
        if (ticket === undefined) continue
        batch.add(
          sliceOf(records, columns.keyStart[row], columns.keyEnd[row]),
          sliceOf(records, columns.valueStart[row], columns.valueEnd[row]),
          baseMs + (columns.timestampDelta[row] ?? 0),
          decodeHeaders(records, columns.headersStart[row] ?? 0, columns.headersEnd[row] ?? 0),
          ticket,
          this.indexOf[row] ?? 0,
        )
      }
      return batch
    })
    made.at(-1)?.whenSettled.push(...this.whenSettled.splice(0))
    return made
  }

  written(partition: number, baseOffset: bigint, appendedMs: number): void {
    this.#each((ticket, index, row) =>
      ticket.written(index, partition, baseOffset < 0n ? -1n : baseOffset + BigInt(row), appendedMs),
    )
    this.letGo()
  }

  refused(problem: Error): void {
    this.#each((ticket, index) => ticket.refused(index, problem))
    this.letGo()
  }

  /** Records `rows` of this batch alone are refused; the others are not settled by this. */
  refuseSome(rows: ReadonlySet<number>, problem: Error): void {
    this.#each((ticket, index, row) => {
      if (rows.has(row)) ticket.refused(index, problem)
    })
  }

  failed(problem: Error): void {
    for (const ticket of this.tickets) ticket.failed(problem)
    this.letGo()
  }

  letGo(): void {
    for (const ticket of this.tickets) ticket.letGo()
    for (const settled of this.whenSettled.splice(0)) settled()
  }

  #each(tell: (ticket: Ticket, index: number, row: number) => void): void {
    for (let row = 0; row < this.count; row++) {
      const ticket = this.tickets[this.ticketOf[row] ?? 0]
      if (ticket !== undefined) tell(ticket, this.indexOf[row] ?? 0, row)
    }
  }
}

const sliceOf = (bytes: Buffer, start: number | undefined, end: number | undefined): Buffer | null =>
  start === undefined || start < 0 ? null : bytes.subarray(start, end)
