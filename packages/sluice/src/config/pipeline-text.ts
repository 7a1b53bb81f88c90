/** Cuts one pipeline out of the text of a configuration, for pages that show how it is defined. */
import { isMap, isNode, isScalar, LineCounter, type Pair, parseDocument } from 'yaml'
import { disguise, reveal } from './variables.ts'

export interface PipelineSlice {
  /** From its name to its end, moved to the left edge. */
  readonly text: string
  /** Line of the file in which it begins, from 1. */
  readonly line: number
}

/** Passwords in addresses that were written into the file; variables stay as they are written. */
const password = /(:\/\/[^\s/:@'"]+:)(?!\$\{)[^\s@'"]+@/g

const withoutPasswords = (text: string): string => text.replaceAll(password, '$1***@')

const moveLeft = (text: string, columns: number): string =>
  text.replaceAll(new RegExp(`\n {1,${columns}}`, 'g'), '\n')

const pairOf = (node: unknown, key: string): Pair | undefined =>
  isMap(node)
    ? node.items.find(
        ({ key: at }) => isScalar(at) && typeof at.value === 'string' && reveal(at.value) === key,
      )
    : undefined

/** null where the text holds no such pipeline. Never throws. */
export const pipelineText = (text: string, name: string): PipelineSlice | null => {
  try {
    const lineCounter = new LineCounter()
    const document = parseDocument(disguise(text), { lineCounter, uniqueKeys: false, prettyErrors: false })
    const pair = pairOf(pairOf(document.contents, 'pipelines')?.value, name)
    if (pair === undefined || !isScalar(pair.key)) return null
    const start = pair.key.range?.[0]
    const end = isNode(pair.value) ? pair.value.range?.[1] : pair.key.range?.[1]
    if (start === undefined || end === undefined) return null
    const { line, col } = lineCounter.linePos(start)
    return { text: `${withoutPasswords(moveLeft(text.slice(start, end), col - 1)).trimEnd()}\n`, line }
  } catch {
    return null
  }
}
