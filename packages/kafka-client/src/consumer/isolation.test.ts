/** `read_committed` against a model of a log: any transactions of several producers, fetched from anywhere in any pieces. */
import fc from 'fast-check'
import { BatchEncoder, BatchView } from 'sluice-kafka-protocol'
import { describe, expect, test } from 'vitest'
import { valuesIn } from '../cluster/fake-cluster.suite.ts'
import { type AbortedRange, decodeRecordSet, endOf } from './record-sets.ts'

type Step =
  | {
      readonly does: 'write'
      readonly producer: number
      readonly count: number
      readonly isTransactional: boolean
    }
  | { readonly does: 'commit' | 'abort'; readonly producer: number }

interface Stored {
  readonly bytes: Buffer
  readonly base: bigint
  readonly values: readonly string[]
  /** Of its transaction; plain records have none. */
  readonly transaction: {
    state: 'open' | 'committed' | 'aborted'
    readonly first: bigint
    last: bigint
  } | null
  readonly producer: number
}

/** The log that these steps make, as a broker keeps it. */
class ModelLog {
  readonly stored: Stored[] = []
  readonly #open = new Map<number, NonNullable<Stored['transaction']>>()
  readonly #aborted: (AbortedRange & { readonly last: bigint })[] = []
  #next = 0n

  constructor(steps: readonly Step[]) {
    for (const step of steps) {
      if (step.does === 'write') this.#write(step)
      else this.#end(step)
    }
  }

  /** Nothing from here on may be read: the first open transaction begins here, or the log ends. */
  get lastStable(): bigint {
    const firsts = [...this.#open.values()].map(({ first }) => first)
    return firsts.reduce((least, first) => (first < least ? first : least), this.#next)
  }

  /** What a broker sends for one fetch: at least one batch, where there is one. */
  fetch(from: bigint, batches: number) {
    const readable = this.stored.filter(
      (each) => new BatchView().move(each.bytes).lastOffset >= from && each.base < this.lastStable,
    )
    const bytes = Buffer.concat(readable.slice(0, batches).map((each) => each.bytes))
    const end = bytes.length === 0 ? from : (endOf(bytes)?.offset ?? from)
    const aborted = this.#aborted.filter(({ firstOffset, last }) => last >= from && firstOffset < end)
    return { bytes, from, aborted, next: end }
  }

  /** What a reader has to see from an offset on. */
  readableFrom(from: bigint): string[] {
    return this.stored
      .filter(({ transaction }) => transaction === null || transaction.state === 'committed')
      .flatMap(({ base, values }) => values.map((value, i) => ({ value, offset: base + BigInt(i) })))
      .filter(({ offset }) => offset >= from && offset < this.lastStable)
      .map(({ value }) => value)
  }

  #write({ producer, count, isTransactional }: Extract<Step, { does: 'write' }>): void {
    const transaction = isTransactional
      ? (this.#open.get(producer) ?? { state: 'open' as const, first: this.#next, last: -1n })
      : null
    if (transaction !== null) this.#open.set(producer, transaction)
    const values = Array.from({ length: count }, (_, i) => `${producer} at ${this.#next + BigInt(i)}`)
    this.#store(values, { producer, transaction, isControl: false }, (encoder) => {
      for (const value of values) encoder.append(null, Buffer.from(value), 1_000)
    })
  }

  #end({ does, producer }: Exclude<Step, { does: 'write' }>): void {
    const transaction = this.#open.get(producer)
    if (transaction === undefined) return
    this.#open.delete(producer)
    transaction.state = does === 'commit' ? 'committed' : 'aborted'
    if (does === 'abort') {
      this.#aborted.push({ producerId: BigInt(producer), firstOffset: transaction.first, last: this.#next })
    }
    this.#store([], { producer, transaction, isControl: true }, (encoder) => {
      encoder.append(Buffer.from([0, 0, 0, does === 'commit' ? 1 : 0]), Buffer.alloc(6), 1_000)
    })
  }

  #store(
    values: readonly string[],
    { producer, transaction, isControl }: Pick<Stored, 'producer' | 'transaction'> & { isControl: boolean },
    fill: (encoder: BatchEncoder) => void,
  ): void {
    const encoder = new BatchEncoder()
    fill(encoder)
    const bytes = encoder.finish({
      baseOffset: this.#next,
      producerId: BigInt(producer),
      isTransactional: transaction !== null,
      isControl,
    })
    this.stored.push({ bytes, base: this.#next, values, transaction, producer })
    this.#next += BigInt(Math.max(1, values.length))
  }
}

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant('write' as const),
      producer: fc.integer({ min: 1, max: 3 }),
      count: fc.integer({ min: 1, max: 3 }),
      isTransactional: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constantFrom('commit' as const, 'abort' as const),
      producer: fc.integer({ min: 1, max: 3 }),
    }),
  },
)

describe('read_committed', () => {
  test('gives exactly the records of no transaction and of committed ones, wherever and in what pieces one reads', () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 40, size: 'max' }),
        fc.integer({ min: 0, max: 30 }),
        fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 }),
        (steps, start, pieces) => {
          const log = new ModelLog(steps)
          const from = BigInt(start)
          const values: string[] = []
          let at = from
          for (let fetches = 0; ; fetches++) {
            const set = log.fetch(at, pieces[fetches % pieces.length] ?? 1)
            if (set.bytes.length === 0) break
            values.push(...valuesIn(decodeRecordSet(set)))
            at = set.next
          }
          expect(values).toStrictEqual(log.readableFrom(from))
        },
      ),
      { seed: 5, numRuns: 500 },
    )
  })
})
