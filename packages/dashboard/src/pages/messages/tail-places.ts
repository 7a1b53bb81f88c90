/**
 * How far a tail has come in each partition: from where it goes on after a break, and what a break may have cost. Pure.
 */
import type { MessageRow } from './message-row.ts'

type Place = Pick<MessageRow, 'partition' | 'offset'>

export class TailPlaces {
  readonly #newest = new Map<number, bigint>()
  /** Partitions of which nothing came since the feed began anew. */
  readonly #broken = new Set<number>()

  /**
   * Rows came.
   * @returns how many rows before them a break may have left out: offsets nobody saw, whether a filter wants them or not
   */
  take(rows: readonly Place[]): number {
    let missing = 0n
    // In the order of offsets: the first row after a break says how wide it was.
    const ordered = rows
      .map(({ partition, offset }) => ({ partition, offset: BigInt(offset) }))
      .toSorted((a, b) => (a.offset < b.offset ? -1 : a.offset > b.offset ? 1 : 0))
    for (const { partition, offset } of ordered) {
      const before = this.#newest.get(partition)
      if (this.#broken.delete(partition) && before !== undefined && offset > before + 1n)
        missing += offset - before - 1n
      this.#newest.set(partition, offset)
    }
    return Number(missing)
  }

  /** The feed did not go on from where it was. */
  break(): void {
    for (const partition of this.#newest.keys()) this.#broken.add(partition)
  }

  /** `at:PARTITION=OFFSET,…` behind the newest rows; null where `from` names no offsets to go on from. */
  after(from: string | undefined): string | null {
    if (from === undefined || !from.startsWith('at:')) return null
    const places = from
      .slice('at:'.length)
      .split(',')
      .map((place) => {
        const partition = place.slice(0, place.indexOf('='))
        const newest = this.#newest.get(Number(partition))
        return newest === undefined ? place : `${partition}=${newest + 1n}`
      })
    return `at:${places.join(',')}`
  }
}
