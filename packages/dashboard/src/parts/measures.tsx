/** Lags and figures as everywhere: number, unit, verdict in words. */
import type { ReactNode } from 'react'
import { Chip, type Tone } from './chip.tsx'
import { countText, lagText, unknown } from './format.ts'
import { type Points, Spark } from './spark.tsx'

/** Seconds where they are known, else records; hovering says both. */
export const Lag = ({
  lag,
}: {
  lag: { readonly records: number; readonly seconds: number | null } | null | undefined
}) => {
  if (lag === null || lag === undefined) return <span className="faint">{unknown}</span>
  const both = `${countText(lag.records)} records, ${lagText(lag.seconds)}`
  return (
    <span className="num" title={both}>
      {lag.seconds === null ? countText(lag.records) : lagText(lag.seconds)}
      {lag.seconds === null ? <span className="p"> records</span> : null}
    </span>
  )
}

const verdicts = {
  keeping_up: ['ok', 'Keeping up'],
  falling_behind: ['wn', 'Falling behind'],
  stalled: ['bd', 'Stalled'],
  idle: ['id', 'Idle'],
  unknown: ['un', 'Unknown'],
} as const satisfies Readonly<Record<string, readonly [Tone, string]>>

/** What a lag means. */
export const Verdict = ({ verdict, text }: { verdict: keyof typeof verdicts; text?: string }) => {
  const [tone, word] = verdicts[verdict]
  return (
    <span title={text}>
      <Chip tone={tone}>{word}</Chip>
    </span>
  )
}

/** What a verdict says beside its word: `by 1.9/s: 985 records, 8 min 37 s behind` of `falling behind by …`. */
export const reasonOf = (text: string): string =>
  text.replace(/^(keeping up|falling behind|stalled|idle|unknown)[:,]? */i, '')

/** A figure of the strip on top of a page: title, large number, unit, a line below. */
export const Figure = ({
  title,
  value,
  unit,
  points,
  color,
  about,
  children,
}: {
  title: string
  value: string
  unit: string
  points?: Points
  color?: string
  /** How it was measured. */
  about: string
  children?: ReactNode
}) => (
  <div className="fig">
    <h2>{title}</h2>
    <div className="v num" title={about}>
      {value}
      <small>{unit}</small>
    </div>
    {children}
    {points === undefined ? null : (
      <Spark points={points} unit={unit} {...(color === undefined ? {} : { color })} />
    )}
  </div>
)
