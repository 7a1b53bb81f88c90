/** The configuration as a tree that knows where everything stands, with variables put in. */

export interface LocatedScalar {
  readonly kind: 'scalar'
  readonly value: string | number | boolean | null
  readonly offset: number
  /** Where a character of a text stands in the file; the start of the text where that cannot be told. */
  readonly offsetOf: (character: number) => number
  /** The text as it stands in the file where a variable was put in (`${DATABASE_URL}`); else null. Safe to show. */
  readonly reference: string | null
  /** Variables that are not there or not well written; then `value` means nothing. */
  readonly problems: readonly LocatedProblem[]
}

export interface LocatedProblem {
  readonly offset: number
  readonly problem: string
  readonly fix: string
}

export interface LocatedEntry {
  readonly key: string
  readonly keyOffset: number
  readonly value: Located
}

export interface LocatedMap {
  readonly kind: 'map'
  readonly entries: readonly LocatedEntry[]
  readonly offset: number
}

export interface LocatedList {
  readonly kind: 'list'
  readonly items: readonly Located[]
  readonly offset: number
}

export type Located = LocatedScalar | LocatedMap | LocatedList

export const entryOf = (node: Located | undefined, key: string): LocatedEntry | undefined =>
  node?.kind === 'map' ? node.entries.find((entry) => entry.key === key) : undefined

/** The node at a path, or the nearest above it that exists. */
export const nodeAt = (node: Located, path: readonly (string | number)[]): Located => {
  let at = node
  for (const part of path) {
    const below =
      at.kind === 'list'
        ? at.items[Number(part)]
        : at.kind === 'map'
          ? entryOf(at, String(part))?.value
          : undefined
    if (below === undefined) return at
    at = below
  }
  return at
}

/** A scalar as a message may show it: the reference for what came from a variable, else the value, shortened. */
export const shown = (node: Located): string => {
  if (node.kind !== 'scalar') return node.kind === 'map' ? 'a mapping' : 'a list'
  if (node.reference !== null) return `the value of ${node.reference}`
  if (node.value === null) return 'nothing'
  const text = typeof node.value === 'string' ? JSON.stringify(node.value) : String(node.value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
