/** Durations and sizes as people write them: `250ms`, `5s`, `1m`, `2h`, `7d`; `512B`, `64KiB`, `10MB`. */

const msOf: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

const bytesOf: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1_000,
  MB: 1_000_000,
  GB: 1_000_000_000,
  KiB: 1_024,
  MiB: 1_048_576,
  GiB: 1_073_741_824,
}

const parseWith = (units: Readonly<Record<string, number>>, text: string): number | undefined => {
  const parts = /^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*$/.exec(text)
  const factor = units[parts?.[2] ?? '']
  if (parts === null || factor === undefined) return undefined
  const value = Math.round(Number(parts[1]) * factor)
  return Number.isSafeInteger(value) ? value : undefined
}

/** Milliseconds, or undefined where the text is no duration. */
export const parseDurationMs = (text: string): number | undefined => parseWith(msOf, text)

/** Bytes, or undefined where the text is no size. */
export const parseSizeBytes = (text: string): number | undefined => parseWith(bytesOf, text)

export const durationPattern = '^\\d+(\\.\\d+)?(ms|s|m|h|d)$'
export const sizePattern = '^\\d+(\\.\\d+)?(B|KB|MB|GB|KiB|MiB|GiB)$'
