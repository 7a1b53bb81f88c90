/** What is known of a value beside itself: how it changed since the message before, how long ago a time is. */

import { agoText } from '../../parts/format.ts'
import { type JsonIndex, kinds } from '../../parts/json/scan.ts'
import { keyOf, leafText, nodeAt } from '../../parts/json/tree.ts'

/** The path of a node as names and places. */
export const stepsTo = (index: JsonIndex, node: number): readonly (string | number)[] => {
  const steps: (string | number)[] = []
  for (let at = node; at > 0; at = index.parent(at)) steps.push(keyOf(index, at) ?? index.place(at))
  return steps.reverse()
}

const decimalsOf = (text: string): number => (/\.(\d+)$/.exec(text)?.[1] ?? '').length

/** `+0.6 in 1.7 s`; null where nothing changed or where the two cannot be compared. */
export const changeText = (
  index: JsonIndex,
  node: number,
  before: JsonIndex,
  secondsBetween: number,
): string | null => {
  if (index.kind(node) !== kinds.number) return null
  const old = nodeAt(before, stepsTo(index, node))
  if (old === null || before.kind(old) !== kinds.number) return null
  const [now, then] = [leafText(index, node, 30).text, leafText(before, old, 30).text]
  const difference = Number(now) - Number(then)
  if (!Number.isFinite(difference) || difference === 0 || now.length > 15 || then.length > 15) return null
  const digits = Math.max(decimalsOf(now), decimalsOf(then))
  const seconds = secondsBetween < 10 ? secondsBetween.toFixed(1) : String(Math.round(secondsBetween))
  return `${difference > 0 ? '+' : '−'}${Math.abs(difference).toFixed(digits)} in ${seconds} s`
}

const timePattern = /^"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}[^"]{0,20}"$/

/** `3 s ago` for a value that is a time. */
export const timeNote = (index: JsonIndex, node: number, now: number): string | null => {
  if (index.kind(node) !== kinds.string) return null
  const { text, more } = leafText(index, node, 50)
  if (more > 0 || !timePattern.test(text)) return null
  const at = Date.parse(text.slice(1, -1))
  return Number.isNaN(at) || at > now ? null : agoText(at, now)
}
