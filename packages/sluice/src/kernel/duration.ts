/** Durations as people read them: `2 h 5 min`, `40 s`, `120 ms`. */

const units = [
  { name: 'd', ms: 86_400_000 },
  { name: 'h', ms: 3_600_000 },
  { name: 'min', ms: 60_000 },
  { name: 's', ms: 1_000 },
] as const

/** The two largest units; what is negative counts as nothing. */
export const durationWords = (ms: number): string => {
  const at = units.findIndex((unit) => ms >= unit.ms)
  const large = units[at]
  if (large === undefined) return `${Math.max(0, Math.round(ms))} ms`
  const small = units[at + 1]
  const whole = Math.floor(ms / large.ms)
  const rest = small === undefined ? 0 : Math.floor((ms % large.ms) / small.ms)
  return rest === 0 || small === undefined
    ? `${whole} ${large.name}`
    : `${whole} ${large.name} ${rest} ${small.name}`
}

/** The largest unit alone, for what is only foreseen: `40 min`, `3 h`. */
export const roughDurationWords = (ms: number): string => {
  const unit = units.find((each) => ms >= each.ms) ?? { name: 's', ms: 1_000 }
  return `${Math.max(1, Math.round(ms / unit.ms))} ${unit.name}`
}
