/** Sets of partitions by topic, and what changes from one to another. */

/** Partition numbers by topic. */
export type Partitions = ReadonlyMap<string, readonly number[]>

export const noPartitions: Partitions = new Map()

export const countOf = (partitions: Partitions): number =>
  [...partitions.values()].reduce((sum, numbers) => sum + numbers.length, 0)

/** Those of `all` that are not in `others`; topics without any are left out. */
export const without = (all: Partitions, others: Partitions): Partitions => {
  const rest = new Map<string, readonly number[]>()
  for (const [topic, numbers] of all) {
    const excluded = new Set(others.get(topic))
    const kept = numbers.filter((number) => !excluded.has(number))
    if (kept.length > 0) rest.set(topic, kept)
  }
  return rest
}

/** Both together; they must not overlap. */
export const joined = (some: Partitions, others: Partitions): Partitions => {
  const all = new Map(some)
  for (const [topic, numbers] of others) all.set(topic, [...(all.get(topic) ?? []), ...numbers])
  return all
}

export const partitionsOf = (
  entries: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
): Partitions => {
  const partitions = new Map<string, readonly number[]>()
  for (const { topic, partitions: numbers } of entries) {
    if (numbers.length > 0) partitions.set(topic, [...(partitions.get(topic) ?? []), ...numbers])
  }
  return partitions
}

export const entriesOf = (partitions: Partitions): { topic: string; partitions: number[] }[] =>
  Array.from(partitions, ([topic, numbers]) => ({ topic, partitions: [...numbers] }))
