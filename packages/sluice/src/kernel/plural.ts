/** A count with its noun: `1 record`, `1,240 records`, `no record`. */

const group = new Intl.NumberFormat('en-US')

/** @param many where it is not the noun with an s */
export const counted = (count: number, noun: string, many = `${noun}s`): string =>
  count === 0 ? `no ${noun}` : `${group.format(count)} ${count === 1 ? noun : many}`
