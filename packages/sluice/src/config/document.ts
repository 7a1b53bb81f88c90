/**
 * Reads YAML 1.2 into a located tree, bounded in size, depth, nodes and aliases. Never throws.
 *
 * A text that cannot be read at all gives no tree; what can be read around an error is not guessed at.
 */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
} from 'yaml'
import { messageOf } from '../kernel/faults/index.ts'
import { limits } from '../kernel/limits.ts'
import type { Report } from './findings.ts'
import type { Located, LocatedEntry, LocatedScalar } from './located.ts'
import { textOffsets } from './text-offsets.ts'
import { disguise, disguiseConflict, interpolate, reveal } from './variables.ts'

const depthMax = 32
const nodesMax = 100_000
const aliasesMax = 100

export type Environment = Readonly<Record<string, string | undefined>>

const fixOf: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'indent with spaces',
  BAD_INDENT: 'indent like the lines around it',
  MISSING_CHAR: 'close what was opened: quotes, brackets and braces come in pairs',
  MULTIPLE_DOCS: 'keep everything in one document, without a second ---',
  MULTILINE_IMPLICIT_KEY: 'keep a key on one line, and put a space after its colon',
  TAG_RESOLVE_FAILED: 'take the tag out',
  BAD_ALIAS: 'define the anchor before it is used',
}

interface Reading {
  readonly text: string
  readonly document: Document
  readonly environment: Environment
  readonly report: Report
  nodes: number
  aliases: number
  tooLarge: boolean
}

const startOf = (node: Node | null | undefined, fallback: number): number => node?.range?.[0] ?? fallback

const giveUp = (reading: Reading, offset: number, problem: string, fix: string): undefined => {
  if (!reading.tooLarge) reading.report.error(offset, problem, fix)
  reading.tooLarge = true
  return undefined
}

/** What a plain text means once a variable is in it: `${PORT}` may be a number. */
const retyped = (text: string): LocatedScalar['value'] => {
  if (/^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text) && Number.isFinite(Number(text))) return Number(text)
  if (text === 'true' || text === 'false') return text === 'true'
  return text
}

const readScalar = (reading: Reading, node: Scalar, fallback: number): LocatedScalar => {
  const offset = startOf(node, fallback)
  const start = (): number => offset
  if (typeof node.value !== 'string') {
    const value = typeof node.value === 'number' || typeof node.value === 'boolean' ? node.value : null
    return { kind: 'scalar', value, offset, offsetOf: start, reference: null, problems: [] }
  }
  const revealed = reveal(node.value)
  const offsetOf = textOffsets(reading.text, node, revealed)
  const filled = interpolate(revealed, reading.environment)
  const problems = filled.problems.map(({ at, problem, fix }) => ({ offset: offsetOf(at), problem, fix }))
  if (!filled.changed)
    return { kind: 'scalar', value: filled.text, offset, offsetOf, reference: null, problems }
  const value = node.type === 'PLAIN' ? retyped(filled.text) : filled.text
  return { kind: 'scalar', value, offset, offsetOf: start, reference: revealed, problems }
}

const readNode = (reading: Reading, node: unknown, depth: number, fallback: number): Located | undefined => {
  reading.nodes++
  if (depth > depthMax) {
    return giveUp(reading, fallback, `it is nested more than ${depthMax} deep`, 'no setting needs that depth')
  }
  if (reading.nodes > nodesMax) {
    return giveUp(reading, fallback, `it has more than ${nodesMax} values`, 'split it over several files')
  }
  if (reading.tooLarge) return undefined
  if (isAlias(node)) return readAlias(reading, node, depth, fallback)
  if (isScalar(node)) return readScalar(reading, node, fallback)
  if (isMap(node)) return readMap(reading, node, depth, fallback)
  if (isSeq(node)) {
    const offset = startOf(node, fallback)
    const items = node.items.map((item) => readNode(reading, item, depth + 1, offset))
    return { kind: 'list', items: items.filter((item) => item !== undefined), offset }
  }
  return {
    kind: 'scalar',
    value: null,
    offset: fallback,
    offsetOf: () => fallback,
    reference: null,
    problems: [],
  }
}

const readAlias = (
  reading: Reading,
  node: Extract<Node, { source: string }>,
  depth: number,
  fallback: number,
): Located | undefined => {
  const offset = startOf(node, fallback)
  reading.aliases++
  if (reading.aliases > aliasesMax) {
    return giveUp(reading, offset, `it has more than ${aliasesMax} aliases`, 'write the values out')
  }
  if (!isAlias(node)) return undefined
  const target = node.resolve(reading.document)
  if (target === undefined) {
    reading.report.error(offset, `there is no anchor &${node.source}`, 'define it before it is used')
    return undefined
  }
  return readNode(reading, target, depth + 1, offset)
}

const readMap = (
  reading: Reading,
  node: Extract<Node, { items: unknown[] }>,
  depth: number,
  fallback: number,
): Located => {
  const offset = startOf(node, fallback)
  const entries: LocatedEntry[] = []
  const keys = new Set<string>()
  for (const pair of isMap(node) ? node.items : []) {
    const keyNode = isScalar(pair.key) ? pair.key : undefined
    const keyOffset = startOf(keyNode, offset)
    const value = readNode(reading, pair.value, depth + 1, keyOffset)
    const key = typeof keyNode?.value === 'string' ? reveal(keyNode.value) : ''
    if (keys.has(key))
      reading.report.error(keyOffset, `the key ${JSON.stringify(key)} stands twice`, 'keep one of them')
    keys.add(key)
    if (value !== undefined) entries.push({ key, keyOffset, value })
  }
  return { kind: 'map', entries, offset }
}

const sentenceOf = (message: string): string =>
  // The reader goes as deep as the text is nested, and runs out of stack before anything is bounded here.
  message.includes('call stack')
    ? 'it is nested too deep'
    : message.charAt(0).toLowerCase() + message.slice(1)

/** Most brackets that may stand open at once; far more than any text has by accident, quotes and comments included. */
const openBracketsMax = 1_000

const firstTooDeep = (text: string): number => {
  let open = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '[' || character === '{') open++
    else if ((character === ']' || character === '}') && open > 0) open--
    if (open > openBracketsMax) return at
  }
  return -1
}

const parse = (text: string, lineCounter: LineCounter, report: Report): Document | undefined => {
  try {
    const document = parseDocument(text, {
      lineCounter,
      version: '1.2',
      schema: 'core',
      prettyErrors: false,
      stringKeys: true,
      merge: false,
      // Its own check compares every key with every other; ours is below.
      uniqueKeys: false,
    })
    for (const { code, message, pos } of [...document.errors, ...document.warnings]) {
      report.error(
        pos[0],
        sentenceOf(reveal(message)),
        fixOf[code] ?? 'check indentation, quotes and brackets',
      )
    }
    return document.errors.length + document.warnings.length === 0 ? document : undefined
  } catch (error) {
    report.error(0, sentenceOf(messageOf(error)), 'check indentation, quotes and brackets')
    return undefined
  }
}

/**
 * Reads the text; findings go to the report that `reporting` makes.
 * @returns undefined where there is nothing to check further
 */
export const readDocument = (
  text: string,
  environment: Environment,
  lineCounter: LineCounter,
  report: Report,
): Located | undefined => {
  if (Buffer.byteLength(text) > limits.configBytesMax) {
    report.error(0, `it has more than ${limits.configBytesMax} bytes`, 'split it over several files')
    return undefined
  }
  const conflict = disguiseConflict(text)
  if (conflict >= 0) {
    report.error(
      conflict,
      'a private-use character stands here',
      'take it out: U+E000 to U+E07F are not allowed',
    )
    return undefined
  }
  const disguised = disguise(text)
  const tooDeep = firstTooDeep(disguised)
  if (tooDeep >= 0) {
    report.error(0, 'it is nested too deep', `at most ${openBracketsMax} brackets may stand open`)
    return undefined
  }
  const document = parse(disguised, lineCounter, report)
  if (document === undefined) return undefined
  const reading: Reading = { text, document, environment, report, nodes: 0, aliases: 0, tooLarge: false }
  const root = readNode(reading, document.contents, 0, 0)
  return reading.tooLarge ? undefined : root
}

export { LineCounter }
