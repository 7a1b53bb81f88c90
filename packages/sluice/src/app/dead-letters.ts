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

export const deadLettersOf = (places: DeadLetterPlaces): Omit<DeadLetterStore, 'toRedrive'> => {
  const urlOf = (pipeline: string): string | null => {
    const found = places.pipelines().find(({ name }) => name === pipeline)
    return found === undefined ? null : sinkDatabaseUrl(found)
  }
  const urls = (): readonly (string | null)[] => [
    ...new Set([null, ...places.pipelines().map(sinkDatabaseUrl)]),
  ]
  const outside = (url: string | null, row: DeadLetterRow): DeadLetterRow => ({
    ...row,
    id: markOf(url) * lettersMax + row.id,
  })
  /** Where a letter is, and its number there. */
  const placeOf = (id: number): { readonly url: string | null; readonly id: number } | null => {
    const mark = Math.floor(id / lettersMax)
    const url = urls().find((candidate) => markOf(candidate) === mark)
    return url === undefined ? null : { url, id: id % lettersMax }
  }
  /** Sluice's own must answer; others may be away. */
  const ask = async <Answer>(
    url: string | null,
    away: Answer,
    work: (store: DeadLetterStore) => Promise<Answer>,
  ): Promise<Answer> => {
    try {
      return await work(await places.at(url))
    } catch (error) {
      if (url === null) throw error
      places.logger.debug('the dead letters of a sink cannot be read now', { problem: messageOf(error) })
      return away
    }
  }
  const inside = (url: string | null, ids: readonly number[] | 'all'): readonly number[] | 'all' =>
    ids === 'all'
      ? 'all'
      : ids.flatMap((id) => {
          const place = placeOf(id)
          return place === null || place.url !== url ? [] : [place.id]
        })
  return {
    list: async (query) => {
      const { pipeline, before, limit } = query
      const chosen = pipeline === undefined ? urls() : [urlOf(pipeline)]
      const pages = await Promise.all(
        chosen.map((url) => {
          const first = markOf(url) * lettersMax
          if (before !== undefined && before <= first) return []
          const inner = before === undefined || before >= first + lettersMax ? undefined : before - first
          return ask<readonly DeadLetterRow[]>(url, [], async (store) =>
            (await store.list({ ...query, before: inner })).map((row) => outside(url, row)),
          )
        }),
      )
      return pages
        .flat()
        .toSorted((a, b) => b.id - a.id)
        .slice(0, limit)
    },
    one: async (id) => {
      const place = placeOf(id)
      if (place === null) return null
      const row = await (await places.at(place.url)).one(place.id)
      return row === null ? null : outside(place.url, row)
    },
    counts: async () => {
      const counts = await Promise.all(
        urls().map((url) =>
          ask<ReadonlyMap<string, number>>(url, new Map(), async (store) => store.counts()),
        ),
      )
      const sum = new Map<string, number>()
      for (const [pipeline, waiting] of counts.flatMap((each) => [...each])) {
        sum.set(pipeline, (sum.get(pipeline) ?? 0) + waiting)
      }
      return sum
    },
    edit: async (id, value) => {
      const place = placeOf(id)
      return place !== null && (await (await places.at(place.url)).edit(place.id, value))
    },
    redrive: async (pipeline, ids) => {
      const url = urlOf(pipeline)
      return await (await places.at(url)).redrive(pipeline, inside(url, ids))
    },
    purge: async (pipeline, ids) => {
      const url = urlOf(pipeline)
      return await (await places.at(url)).purge(pipeline, inside(url, ids))
    },
  }
}
