/**
 * A JSON document as rows that fold: what the tree of a message shows, decided without a page.
 *
 * - Rows are numbers (a node; the row that closes a container is its complement), so a million of them are one array.
 * - Large documents open folded, small ones open.
 */
import { type JsonIndex, kinds } from './scan.ts'

/** Which containers are closed: all from a depth on, except those that were turned over by hand. */
export interface Folding {
  readonly openDepth: number
  readonly turned: ReadonlySet<number>
}

/** How a document opens: whole when it is short, else only its first levels. */
export const firstFolding = (index: JsonIndex): Folding => ({
  openDepth: index.count <= 400 ? Number.MAX_SAFE_INTEGER : index.count <= 20_000 ? 2 : 1,
  turned: new Set(),
})

export const isFolded = (index: JsonIndex, folding: Folding, node: number): boolean =>
  index.isContainer(node) &&
  index.size(node) > 0 &&
  index.depth(node) >= folding.openDepth !== folding.turned.has(node)

/** Opens what is closed and closes what is open. */
export const turn = (folding: Folding, node: number): Folding => {
  const turned = new Set(folding.turned)
  if (!turned.delete(node)) turned.add(node)
  return { ...folding, turned }
}

export const unfoldAll: Folding = { openDepth: Number.MAX_SAFE_INTEGER, turned: new Set() }
export const foldAll: Folding = { openDepth: 1, turned: new Set() }

/** Opens every container around a node, so that its row exists. */
export const reveal = (index: JsonIndex, folding: Folding, node: number): Folding => {
  let opened = folding
  for (let around = index.parent(node); around !== -1; around = index.parent(around)) {
    if (isFolded(index, opened, around)) opened = turn(opened, around)
  }
  return opened
}

/** The rows in order, the first `most`: a node opens or is a leaf; `~node` closes a container that is open. */
export const rowsOf = (index: JsonIndex, folding: Folding, most = Number.MAX_SAFE_INTEGER): Int32Array => {
  // What is written behind the end of an array is lost, and nobody misses it.
  const rows = new Int32Array(Math.min(index.count * 2, most))
  const open: number[] = []
  let count = 0
  let node = 0
  while (node < index.count && count < most) {
    while (open.length > 0 && index.next(open.at(-1) ?? 0) <= node) rows[count++] = ~(open.pop() ?? 0)
    rows[count++] = node
    const enters = index.isContainer(node) && index.size(node) > 0 && !isFolded(index, folding, node)
    if (enters) open.push(node)
    node = enters ? node + 1 : index.next(node)
  }
  while (open.length > 0) rows[count++] = ~(open.pop() ?? 0)
  return rows.subarray(0, Math.min(count, most))
}

/** The name of a member, with its escapes resolved; null for members of arrays. */
export const keyOf = (index: JsonIndex, node: number): string | null => {
  const start = index.keyStart(node)
  if (start === -1) return null
  const raw = index.text.slice(start, index.keyEnd(node))
  if (!raw.includes('\\')) return raw
  try {
    const name: unknown = JSON.parse(`"${raw}"`)
    return typeof name === 'string' ? name : raw
  } catch {
    return raw
  }
}

const plainName = /^[A-Za-z_][A-Za-z0-9_]*$/

/** The value's path as the filter language writes it: `event.data.items[3]["odd name"]`. */
export const pathOf = (index: JsonIndex, node: number, root = 'event'): string => {
  const parts: string[] = []
  for (let at = node; at > 0; at = index.parent(at)) {
    const key = keyOf(index, at)
    if (key === null) parts.push(`[${index.place(at)}]`)
    else parts.push(plainName.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`)
  }
  return root + parts.reverse().join('')
}

/** A leaf's text as it was written, cut after `unitsMax`; `more` says how much was left away. */
export const leafText = (
  index: JsonIndex,
  node: number,
  unitsMax: number,
): { text: string; more: number } => {
  const start = index.start(node)
  const end = index.end(node)
  return end - start <= unitsMax
    ? { text: index.text.slice(start, end), more: 0 }
    : { text: index.text.slice(start, start + unitsMax), more: end - start - unitsMax }
}

/** What a closed container says of itself: `{…} 3 names`. */
export const foldedText = (index: JsonIndex, node: number): string => {
  const size = index.size(node).toLocaleString('en')
  const one = index.size(node) === 1
  return index.kind(node) === kinds.object
    ? `{…} ${size} ${one ? 'name' : 'names'}`
    : `[…] ${size} ${one ? 'item' : 'items'}`
}

/** A comparison that only this value fulfils, for the filter: `event.temperature == 41.2`. */
export const equalsFilter = (index: JsonIndex, node: number): string | null => {
  if (index.isContainer(node)) return null
  const { text, more } = leafText(index, node, 200)
  return more > 0 ? null : `${pathOf(index, node)} == ${text}`
}

/** The node at a path of names and places, or null. */
export const nodeAt = (index: JsonIndex, path: readonly (string | number)[]): number | null => {
  let at = 0
  if (index.count === 0) return null
  for (const part of path) {
    const inside = memberOf(index, at, part)
    if (inside === null) return null
    at = inside
  }
  return at
}

const memberOf = (index: JsonIndex, container: number, part: string | number): number | null => {
  const behind = index.next(container)
  for (let member = container + 1; member < behind; member = index.next(member)) {
    if (typeof part === 'number' ? index.place(member) === part : keyOf(index, member) === part) return member
  }
  return null
}

const nodesPerStep = 1_000

/** A search in steps: `step` looks at some nodes and is true once there is nothing more to look at. */
export interface TreeSearch {
  readonly found: readonly number[]
  step(): boolean
}

/** Searches for nodes whose name or leaf text contains the words, in order, at most `most`. */
export const startSearch = (index: JsonIndex, words: string, most = 1_000): TreeSearch => {
  const sought = words.toLowerCase()
  const found: number[] = []
  let node = sought === '' ? index.count : 0
  const isFound = (): boolean =>
    (keyOf(index, node) ?? '').toLowerCase().includes(sought) ||
    (!index.isContainer(node) && leafText(index, node, 10_000).text.toLowerCase().includes(sought))
  return {
    found,
    step: () => {
      const until = Math.min(index.count, node + nodesPerStep)
      for (; node < until && found.length < most; node += 1) if (isFound()) found.push(node)
      return node >= index.count || found.length >= most
    },
  }
}

/** The whole search at once: for what is short. */
export const searchTree = (index: JsonIndex, words: string, most = 1_000): readonly number[] => {
  const search = startSearch(index, words, most)
  while (!search.step()) continue
  return search.found
}
