/** Finds names by a few of their letters: the letters in their order, better where they stand together or begin a word. */

/** How well letters fit a name; null where they do not. */
export const fitOf = (name: string, letters: string): number | null => {
  const text = name.toLowerCase()
  const wanted = letters.toLowerCase().replaceAll(' ', '')
  if (wanted === '') return 0
  const whole = text.indexOf(wanted)
  if (whole !== -1) return 1_000 - whole - text.length / 100
  let fit = 0
  let from = 0
  for (const letter of wanted) {
    const found = text.indexOf(letter, from)
    if (found === -1) return null
    const begins = found === 0 || /[^a-z0-9]/.test(text[found - 1] ?? '')
    fit += begins ? 10 : found === from ? 5 : 1
    from = found + 1
  }
  return fit - text.length / 100
}

/** The things whose names fit, best first; in their own order where nothing was typed. */
export const rank = <Thing>(
  things: readonly Thing[],
  letters: string,
  nameOf: (thing: Thing) => string,
): Thing[] =>
  things
    .map((thing) => ({ thing, fit: fitOf(nameOf(thing), letters) }))
    .filter((entry): entry is { thing: Thing; fit: number } => entry.fit !== null)
    .toSorted((a, b) => b.fit - a.fit)
    .map(({ thing }) => thing)
