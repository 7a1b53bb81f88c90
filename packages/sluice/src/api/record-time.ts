/** Times of records as the API shows them: whoever writes a record may stamp it with any 64-bit number. */

const earliestMs = Date.parse('0001-01-01T00:00:00.000Z')
const latestMs = Date.parse('9999-12-31T23:59:59.999Z')

/** ISO 8601; what lies before year 1 or after year 9999 is shown as the nearest time that can be written. */
export const recordTimeText = (ms: number): string =>
  new Date(Math.min(latestMs, Math.max(earliestMs, ms))).toISOString()
