/** Which of many rows are sent when they are too many: evenly spread, the newest always among them. Decides only. */

/** Positions of at most `most` of `count` rows, ascending. */
export const sampleEvenly = (count: number, most: number): readonly number[] => {
  const taken = Math.min(count, Math.max(0, most))
  return Array.from({ length: taken }, (_, i) => Math.ceil(((i + 1) * count) / taken) - 1)
}

/**
 * How many of `count` rows that have `sizeBytes` together may be sent at once. At least one, whatever its size: a row
 * that never fits would never come.
 */
export const rowsThatFit = (
  count: number,
  sizeBytes: number,
  most: { readonly rows: number; readonly bytes: number },
): number => {
  if (count === 0) return 0
  const byBytes = sizeBytes <= most.bytes ? count : Math.floor((most.bytes / sizeBytes) * count)
  return Math.max(1, Math.min(count, most.rows, byBytes))
}
