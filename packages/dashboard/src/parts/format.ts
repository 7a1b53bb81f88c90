/** Numbers, sizes, times and durations as words. Unknown is `–`, never 0. */

export const unknown = '–'

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

/** `18,402,117`; exact for 64-bit numbers given as text. */
export const countText = (value: number | string | null | undefined): string => {
  if (value === null || value === undefined) return unknown
  if (typeof value === 'number') return Number.isFinite(value) ? whole.format(value) : unknown
  return /^-?\d+$/.test(value) ? BigInt(value).toLocaleString('en') : value
}

/** A rate with as many digits as mean something: `4,812`, `12.4`, `0.03`, `0`. */
export const rateText = (value: number | null | undefined): string => {
  if (value === null || value === undefined || !Number.isFinite(value)) return unknown
  if (value === 0) return '0'
  if (value >= 100) return whole.format(value)
  if (value >= 10) return String(Number(value.toFixed(1)))
  if (value >= 1) return value.toFixed(1)
  return value >= 0.01 ? String(Number(value.toFixed(2))) : '< 0.01'
}

/** For axes: `4.5k`, `1.2M`, `0`. */
export const shortText = (value: number): string => {
  const size = Math.abs(value)
  if (size >= 1e9) return `${Number((value / 1e9).toFixed(1))}G`
  if (size >= 1e6) return `${Number((value / 1e6).toFixed(1))}M`
  if (size >= 1e3) return `${Number((value / 1e3).toFixed(1))}k`
  return String(Number(value.toPrecision(3)))
}

const sizeUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** `171 B`, `6.1 GiB`. */
export const sizeText = (bytes: number | null | undefined): string => {
  if (bytes === null || bytes === undefined || !Number.isFinite(bytes)) return unknown
  const step = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), sizeUnits.length - 1)
  const value = bytes / 1024 ** step
  return `${step === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${sizeUnits[step]}`
}

const durationUnits = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
] as const

/** The two units that matter: `3 d 4 h`, `1 h 12 min`, `40 s`. */
export const durationText = (seconds: number | null | undefined): string => {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return unknown
  const at = durationUnits.findIndex(([size]) => seconds >= size)
  if (at === -1) return '0 s'
  const [size, name] = durationUnits[at] ?? [1, 's']
  const first = `${Math.floor(seconds / size)} ${name}`
  const next = durationUnits[at + 1]
  if (next === undefined) return first
  const rest = Math.floor((seconds % size) / next[0])
  return rest === 0 ? first : `${first} ${rest} ${next[1]}`
}

/** A lag: `0.4 s`, `38 s`, `2 min 5 s`. */
export const lagText = (seconds: number | null | undefined): string => {
  if (seconds === null || seconds === undefined) return unknown
  return seconds < 10 ? `${seconds.toFixed(1)} s` : durationText(seconds)
}

/** `9 µs`, `2.1 ms`, `1.4 s`. */
export const microsText = (micros: number | null | undefined): string => {
  if (micros === null || micros === undefined) return unknown
  if (micros < 1_000) return `${Math.round(micros)} µs`
  if (micros < 1_000_000) return `${Number((micros / 1_000).toPrecision(2))} ms`
  return `${Number((micros / 1_000_000).toPrecision(2))} s`
}

const two = (value: number): string => String(value).padStart(2, '0')
const dateOf = (time: Date | number | string): Date => (time instanceof Date ? time : new Date(time))

/** Local time of day: `09:14:57`, with milliseconds on demand. */
export const clockText = (time: Date | number | string, precise = false): string => {
  const date = dateOf(time)
  const text = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  return precise ? `${text}.${String(date.getMilliseconds()).padStart(3, '0')}` : text
}

const sameDay = (a: Date, b: Date): boolean => a.toDateString() === b.toDateString()

/** Time of day today, else with the date: `09:14`, `3 Nov 09:14`. */
export const momentText = (time: Date | number | string, now: number = Date.now()): string => {
  const date = dateOf(time)
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}`
  return sameDay(date, new Date(now))
    ? clock
    : `${date.getDate()} ${date.toLocaleString('en', { month: 'short' })} ${clock}`
}

/** `now`, `3 s ago`, `2 min ago`. */
export const agoText = (time: Date | number | string, now: number = Date.now()): string => {
  const seconds = (now - dateOf(time).getTime()) / 1_000
  if (seconds < 1) return 'now'
  const at = durationUnits.find(([size]) => seconds >= size) ?? durationUnits[3]
  return `${Math.floor(seconds / at[0])} ${at[1]} ago`
}

/** Local and UTC, for hovering. */
export const bothTimes = (time: Date | number | string): string => {
  const date = dateOf(time)
  return `${date.toLocaleString('en-GB')} local\n${date.toISOString()}`
}
