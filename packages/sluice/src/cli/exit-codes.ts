/** What the number means with which a command ends. Documented in every help page. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  unreachable: 3,
  refused: 4,
  interrupted: 130,
} as const

export const exitCodeMeanings: readonly (readonly [code: number, meaning: string])[] = [
  [exitCodes.ok, 'done'],
  [exitCodes.failed, 'failed; the message says why'],
  [exitCodes.usage, 'used or configured wrongly; nothing was done'],
  [exitCodes.unreachable, 'no server answers'],
  [exitCodes.refused, 'no key, or not allowed'],
  [exitCodes.interrupted, 'cut short by Ctrl-C'],
]
