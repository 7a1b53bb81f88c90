/** The newest rows of a stream, at most so many; what falls out is counted. */

export interface Ring<Row> {
  readonly push: (rows: readonly Row[]) => void
  /** Newest last. */
  readonly rows: () => readonly Row[]
  /** Rows that fell out because there was no room. */
  readonly fallen: () => number
  readonly clear: () => void
}

/** Keeps the newest `capacity` rows. Rows are removed in bulk, so that a push costs the same however full it is. */
export const createRing = <Row>(capacity: number): Ring<Row> => {
  let kept: Row[] = []
  let fallen = 0
  return {
    push: (rows) => {
      kept.push(...rows.slice(-capacity))
      if (kept.length >= capacity * 2) {
        fallen += kept.length - capacity
        kept = kept.slice(-capacity)
      }
    },
    rows: () => (kept.length > capacity ? kept.slice(-capacity) : [...kept]),
    fallen: () => fallen + Math.max(0, kept.length - capacity),
    clear: () => {
      kept = []
      fallen = 0
    },
  }
}
