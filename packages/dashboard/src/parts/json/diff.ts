/**
 * What changed between two JSON documents, line by line, as a reader of diffs expects it.
 *
 * - Both are written one value a line, in the order of the text; numbers keep every digit.
 * - Of long documents the first lines are compared, and that is said.
 * - The shortest script is sought (Myers 1986) within bounds; beyond them the middle is told as replaced, and said so.
 */
import { indexJson, type JsonIndex, kinds } from './scan.ts'
import { rowsOf, unfoldAll } from './tree.ts'

/** One line of a difference; the numbers count from 1, null where the line is not on that side. */
export interface DiffLine {
  readonly kind: 'same' | 'removed' | 'added'
  readonly text: string
  readonly before: number | null
  readonly after: number | null
}

export interface JsonDiff {
  readonly lines: readonly DiffLine[]
  readonly added: number
  readonly removed: number
  /** False when the documents were too large or too different for the shortest script. */
  readonly shortest: boolean
  /** False when only the first `linesMax` lines were compared. */
  readonly whole: boolean
}

/** More lines of a document are not compared. */
export const linesMax = 20_000
const changesMax = 1_000

/** A JSON document as lines, two spaces a level; text that is no JSON keeps its own lines. */
export const prettyLines = (text: string): readonly string[] => linesOf(indexJson(text)).slice(0, linesMax)

/** One line more than are compared, where there are more. */
const linesOf = (index: JsonIndex): readonly string[] => {
  if (!index.complete) return index.text.split('\n', linesMax + 1)
  const lines: string[] = []
  for (const row of rowsOf(index, unfoldAll, linesMax + 1)) {
    const node = row < 0 ? ~row : row
    const object = index.kind(node) === kinds.object
    const last = node === 0 || index.place(node) === index.size(index.parent(node)) - 1
    const pad = '  '.repeat(index.depth(node))
    const comma = last ? '' : ','
    if (row < 0) {
      lines.push(`${pad}${object ? '}' : ']'}${comma}`)
      continue
    }
    const start = index.keyStart(node)
    const name = start === -1 ? '' : `${index.text.slice(start - 1, index.keyEnd(node) + 1)}: `
    const empty = index.size(node) === 0
    const value = !index.isContainer(node)
      ? index.text.slice(index.start(node), index.end(node)) + comma
      : object
        ? `{${empty ? `}${comma}` : ''}`
        : `[${empty ? `]${comma}` : ''}`
    lines.push(pad + name + value)
  }
  return lines
}

/** Indices of lines that stay, as pairs; null when there are more than `changesMax` changes. */
const common = (
  a: readonly string[],
  b: readonly string[],
): readonly (readonly [number, number])[] | null => {
  const most = Math.min(a.length + b.length, changesMax)
  const width = 2 * most + 3
  let reach = new Int32Array(width)
  const history: Int32Array[] = []
  for (let changes = 0; changes <= most; changes += 1) {
    history.push(reach.slice())
    const next = reach
    for (let k = -changes; k <= changes; k += 2) {
      const up = reach[k + 1 + most + 1] ?? 0
      const left = reach[k - 1 + most + 1] ?? 0
      const down = k === -changes || (k !== changes && left < up)
      let x = down ? up : left + 1
      let y = x - k
      while (x < a.length && y < b.length && a[x] === b[y]) {
        x += 1
        y += 1
      }
      next[k + most + 1] = x
      if (x >= a.length && y >= b.length) return walkBack(a, b, history, most)
    }
    reach = next
  }
  return null
}

const walkBack = (
  a: readonly string[],
  b: readonly string[],
  history: readonly Int32Array[],
  most: number,
): readonly (readonly [number, number])[] => {
  const pairs: (readonly [number, number])[] = []
  let x = a.length
  let y = b.length
  for (let changes = history.length - 1; changes >= 0; changes -= 1) {
    const reach = history[changes]
    const k = x - y
    const up = reach?.[k + 1 + most + 1] ?? 0
    const left = reach?.[k - 1 + most + 1] ?? 0
    const down = k === -changes || (k !== changes && left < up)
    const fromX = changes === 0 ? 0 : down ? up : left
    const fromY = changes === 0 ? 0 : fromX - (down ? k + 1 : k - 1)
    const startX = changes === 0 ? 0 : down ? fromX : fromX + 1
    while (x > startX && x > 0 && y > 0) {
      x -= 1
      y -= 1
      pairs.push([x, y])
    }
    x = fromX
    y = fromY
  }
  return pairs.reverse()
}

/** The difference between two texts, as JSON where they are JSON. */
export const diffJson = (before: string, after: string): JsonDiff =>
  diffOf(indexJson(before), indexJson(after))

/** The difference between two documents that were read. */
export const diffOf = (before: JsonIndex, after: JsonIndex): JsonDiff => {
  const [allA, allB] = [linesOf(before), linesOf(after)]
  const [a, b] = [allA.slice(0, linesMax), allB.slice(0, linesMax)]
  let head = 0
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1
  let tail = 0
  while (
    tail < a.length - head &&
    tail < b.length - head &&
    a[a.length - 1 - tail] === b[b.length - 1 - tail]
  )
    tail += 1
  const pairs = common(a.slice(head, a.length - tail), b.slice(head, b.length - tail))
  const lines: DiffLine[] = []
  let [x, y, added, removed] = [0, 0, 0, 0]
  const upTo = (toX: number, toY: number) => {
    for (; x < toX; x += 1, removed += 1)
      lines.push({ kind: 'removed', text: a[x] ?? '', before: x + 1, after: null })
    for (; y < toY; y += 1, added += 1)
      lines.push({ kind: 'added', text: b[y] ?? '', before: null, after: y + 1 })
  }
  const same = () => {
    lines.push({ kind: 'same', text: b[y] ?? '', before: x + 1, after: y + 1 })
    x += 1
    y += 1
  }
  while (x < head) same()
  for (const [pairX, pairY] of pairs ?? []) {
    upTo(pairX + head, pairY + head)
    same()
  }
  upTo(a.length - tail, b.length - tail)
  while (x < a.length) same()
  const whole = allA.length <= linesMax && allB.length <= linesMax
  return { lines, added, removed, shortest: pairs !== null, whole }
}

/** A difference with long runs of equal lines left out: `null` lines say how many. */
export const withContext = (
  diff: JsonDiff,
  context = 3,
): readonly (DiffLine | { readonly kind: 'left-out'; readonly count: number })[] => {
  const near = new Uint8Array(diff.lines.length)
  diff.lines.forEach((line, place) => {
    if (line.kind === 'same') return
    near.fill(1, Math.max(0, place - context), place + context + 1)
  })
  const shown: (DiffLine | { kind: 'left-out'; count: number })[] = []
  let count = 0
  diff.lines.forEach((line, place) => {
    if (near[place] === 1) {
      if (count > 0) shown.push({ kind: 'left-out', count })
      count = 0
      shown.push(line)
    } else count += 1
  })
  if (count > 0) shown.push({ kind: 'left-out', count })
  return shown
}
