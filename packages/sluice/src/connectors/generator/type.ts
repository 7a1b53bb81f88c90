/** What a type of generated data is, and what it may draw upon to make one record. */
import { type Random, randomInteger } from '../../kernel/random.ts'

/** The place of one record: everything in it follows from these. */
export interface Draw {
  readonly seed: number
  /** Event time of the record. */
  readonly timeMs: number
  /** The same as ISO 8601 text in UTC. */
  readonly timestamp: string
  /** Chance of this record alone. */
  readonly random: Random
  /** How many sensors, devices or users there are. */
  readonly subjects: number
  /** One of `count` things (from 0), by chance; one thing is always in the same lane, so that it keeps its order. */
  readonly anyOf: (count: number) => number
  /** The sensor or device whose turn it is (from 0), and how often it had its turn before. */
  readonly inTurn: () => { readonly subject: number; readonly turn: number }
  /** The name that envelopes carry as their topic. */
  readonly topic: string
}

export interface GeneratedRecord {
  readonly key: string
  readonly body: Readonly<Record<string, unknown>>
}

export interface GeneratorType {
  readonly name: string
  /** What its records are, for the reference. */
  readonly summary: string
  /** Sensors, devices or users when the options don't say. */
  readonly subjects: number
  readonly make: (draw: Draw) => GeneratedRecord
}

/** One of several, all equally likely. */
export const pick = <T>(random: Random, things: readonly T[]): T => {
  const thing = things[Math.floor(random() * things.length)]
  if (thing === undefined) throw new RangeError('nothing to pick from')
  return thing
}

/** Picks by weight. */
export const pickWeighted = <T>(
  random: Random,
  things: readonly [readonly [T, number], ...(readonly [T, number])[]],
): T => {
  const all = things.reduce((sum, [, weight]) => sum + weight, 0)
  let left = random() * all
  for (const [thing, weight] of things) {
    left -= weight
    if (left < 0) return thing
  }
  return things[0][0]
}

export const round = (value: number, digits = 2): number => {
  const factor = 10 ** digits
  return Math.round(value * factor) / factor
}

export const between = (random: Random, min: number, max: number, digits = 2): number =>
  round(min + random() * (max - min), digits)

export const clamp = (value: number, min: number, max: number): number => Math.min(max, Math.max(min, value))

export const padded = (number: number, digits: number): string => String(number).padStart(digits, '0')

/** So many hexadecimal digits. */
export const hex = (random: Random, digits: number): string => {
  let text = ''
  while (text.length < digits) text += randomInteger(random, 0, 65_535).toString(16).padStart(4, '0')
  return text.slice(0, digits)
}

/** A UUID (version 4 by its form) made of the record's own chance, so that it is the same every time. */
export const uuid = (random: Random): string => {
  const digits = hex(random, 30)
  const variant = pick(random, ['8', '9', 'a', 'b'])
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(12, 15)}-${variant}${digits.slice(15, 18)}-${digits.slice(18, 30)}`
}

/** System E's envelope. */
export const enveloped = (
  draw: Draw,
  dataType: string,
  key: string,
  payload: Readonly<Record<string, unknown>>,
): GeneratedRecord => ({
  key,
  body: { topic: draw.topic, data_type: dataType, payload, timestamp: draw.timestamp },
})
