/** How a record ended. Each record that was read ends exactly once, in one of these ways. */

export const outcomes = [
  'delivered',
  'filtered',
  'deduplicated',
  'aggregated',
  'dead_lettered',
  'late',
] as const

export type Outcome = (typeof outcomes)[number]

/** Code of a record that has no outcome yet, in an outcome column. */
export const pending = 255

export const outcomeCode: Readonly<Record<Outcome, number>> = {
  delivered: 0,
  filtered: 1,
  deduplicated: 2,
  aggregated: 3,
  dead_lettered: 4,
  late: 5,
}

export type OutcomeCounts = Readonly<Record<Outcome, number>>

/** Counts a column of outcome codes; a pending record is in none of the counts. */
export const countOutcomes = (codes: Uint8Array): OutcomeCounts => {
  const tally = new Float64Array(256)
  for (const code of codes) tally[code] = (tally[code] ?? 0) + 1
  const of = (outcome: Outcome): number => tally[outcomeCode[outcome]] ?? 0
  return {
    delivered: of('delivered'),
    filtered: of('filtered'),
    deduplicated: of('deduplicated'),
    aggregated: of('aggregated'),
    dead_lettered: of('dead_lettered'),
    late: of('late'),
  }
}
