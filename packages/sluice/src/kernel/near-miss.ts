/** `did you mean …`: the known name that a mistyped one is closest to. */

/** Edits (insert, delete, replace, swap of neighbours) between two texts; gives up and says `most` + 1 beyond `most`. */
export const editDistance = (a: string, b: string, most: number): number => {
  if (Math.abs(a.length - b.length) > most) return most + 1
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1]
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (isSame ? 0 : 1))
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (before[j - 2] ?? 0) + 1)
      row.push(cost)
    }
    if (Math.min(...row) > most) return most + 1
    before = last
    last = row
  }
  return last[b.length] ?? most + 1
}

const comparedCharactersMax = 64

/** The nearest of `known` within a third of the length (at most 3 edits, letter case and `-_` aside); undefined when none is near. */
export const nearest = (name: string, known: readonly string[]): string | undefined => {
  if (name.length > comparedCharactersMax) return undefined
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_ ]/g, '')
  const wanted = plain(name)
  const most = Math.min(3, Math.max(1, Math.floor(wanted.length / 3)))
  let best: string | undefined
  let bestDistance = most + 1
  for (const candidate of known) {
    if (candidate === name) continue
    const distance = editDistance(wanted, plain(candidate), most)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}
