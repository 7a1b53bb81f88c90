/**
 * The dead letters of all pipelines as one store, whichever databases they live in: beside the rows of their sinks.
 *
 * Each database numbers its letters by itself. Outside, those of a sink's own database carry a mark of that database
 * in their number's upper bits; those of Sluice's own database keep their numbers. A database that cannot be reached
 * hides only its own letters from lists and counts.
 */
import { createHash } from 'node:crypto'
import type { ConfiguredPipeline } from '../config/configuration.ts'
import { messageOf } from '../kernel/faults/index.ts'
import type { Logger } from '../kernel/logger.ts'
import type { DeadLetterRow, DeadLetterStore } from '../store/dead-letters.ts'
import { sinkDatabaseUrl } from './sink-databases.ts'

export interface DeadLetterPlaces {
  readonly pipelines: () => readonly ConfiguredPipeline[]
  /** The letters in the database at an address; null: Sluice's own. */
  readonly at: (url: string | null) => Promise<DeadLetterStore>
  readonly logger: Logger
}

// 2^40 letters in each of 2^13 databases: every number stays exact.
const lettersMax = 2 ** 40
const marksMax = 2 ** 13

/** Stable for an address; 0 is Sluice's own database. */
const markOf = (url: string | null): number =>
  url === null ? 0 : 1 + (createHash('sha256').update(url).digest().readUInt32BE() % (marksMax - 1))

type Ids = readonly number[] | 'all'

class DeadLettersEverywhere implements Omit<DeadLetterStore, 'toRedrive'> {
  readonly #places: DeadLetterPlaces

  constructor(places: DeadLetterPlaces) {
    this.#places = places
  }

  async list(query: Parameters<DeadLetterStore['list']>[0]): Promise<readonly DeadLetterRow[]> {
    const chosen = query.pipeline === undefined ? this.#urls() : [this.#urlOf(query.pipeline)]
    const pages = await Promise.all(chosen.map(async (url) => this.#page(url, query)))
    return pages
      .flat()
      .toSorted((a, b) => b.id - a.id)
      .slice(0, query.limit)
  }

  async one(id: number): Promise<DeadLetterRow | null> {
    const place = this.#placeOf(id)
    if (place === null) return null
    const row = await (await this.#places.at(place.url)).one(place.id)
    return row === null ? null : outside(place.url, row)
  }

  async counts(): Promise<ReadonlyMap<string, number>> {
    const none: ReadonlyMap<string, number> = new Map()
    const counts = await Promise.all(
      this.#urls().map(async (url) => this.#ask(url, none, async (store) => store.counts())),
    )
    const sum = new Map<string, number>()
    for (const [pipeline, waiting] of counts.flatMap((each) => [...each])) {
      sum.set(pipeline, (sum.get(pipeline) ?? 0) + waiting)
    }
    return sum
  }

  async redriveEdited(id: number, value: Uint8Array | null): Promise<boolean> {
    const place = this.#placeOf(id)
    return place !== null && (await (await this.#places.at(place.url)).redriveEdited(place.id, value))
  }

  async redrive(pipeline: string, ids: Ids): Promise<number> {
    const url = this.#urlOf(pipeline)
    return await (await this.#places.at(url)).redrive(pipeline, this.#inside(url, ids))
  }

  async purge(pipeline: string, ids: Ids): Promise<number> {
    const url = this.#urlOf(pipeline)
    return await (await this.#places.at(url)).purge(pipeline, this.#inside(url, ids))
  }

  #urlOf(pipeline: string): string | null {
    const found = this.#places.pipelines().find(({ name }) => name === pipeline)
    return found === undefined ? null : sinkDatabaseUrl(found)
  }

  #urls(): readonly (string | null)[] {
    return [...new Set([null, ...this.#places.pipelines().map(sinkDatabaseUrl)])]
  }

  /** Where a letter is, and its number there. */
  #placeOf(id: number): { readonly url: string | null; readonly id: number } | null {
    const mark = Math.floor(id / lettersMax)
    const url = this.#urls().find((candidate) => markOf(candidate) === mark)
    return url === undefined ? null : { url, id: id % lettersMax }
  }

  /** The numbers that letters of one database have there. */
  #inside(url: string | null, ids: Ids): Ids {
    if (ids === 'all') return 'all'
    return ids.flatMap((id) => {
      const place = this.#placeOf(id)
      return place === null || place.url !== url ? [] : [place.id]
    })
  }

  async #page(
    url: string | null,
    query: Parameters<DeadLetterStore['list']>[0],
  ): Promise<readonly DeadLetterRow[]> {
    const { before } = query
    const first = markOf(url) * lettersMax
    if (before !== undefined && before <= first) return []
    const inner = before === undefined || before >= first + lettersMax ? undefined : before - first
    const none: readonly DeadLetterRow[] = []
    return this.#ask(url, none, async (store) =>
      (await store.list({ ...query, before: inner })).map((row) => outside(url, row)),
    )
  }

  /** Sluice's own must answer; others may be away. */
  async #ask<Answer>(
    url: string | null,
    away: Answer,
    work: (store: DeadLetterStore) => Promise<Answer>,
  ): Promise<Answer> {
    try {
      return await work(await this.#places.at(url))
    } catch (error) {
      if (url === null) throw error
      this.#places.logger.debug('the dead letters of a sink cannot be read now', {
        problem: messageOf(error),
      })
      return away
    }
  }
}

const outside = (url: string | null, row: DeadLetterRow): DeadLetterRow => ({
  ...row,
  id: markOf(url) * lettersMax + row.id,
})

export const deadLettersOf = (places: DeadLetterPlaces): Omit<DeadLetterStore, 'toRedrive'> =>
  new DeadLettersEverywhere(places)
