/**
 * Bounds on what an expression may cost, put into the library's parsed tree before it is checked.
 *
 * - Macros (`all`, `exists`, `map`, …, `cel.bind`) nest at most `macroNestingMax` deep.
 * - Each evaluation has a budget of `evaluationCostMax` units, spent by the list elements that macros visit and by the
 *   sizes of what is compared, searched or called inside of them.
 * - The library's `matches` backtracks and cannot be overridden: calls of it are renamed to ours.
 *
 * The tree's inside is no public interface of the library: its version is pinned, and the tests beside this hold it.
 */
import { EvaluationError } from '@marcbachmann/cel-js'
import { messageOf } from '../../kernel/faults/index.ts'
import { compilePattern } from './patterns.ts'

export const expressionLimits = {
  textCharactersMax: 8_192,
  nodesMax: 4_000,
  nestingMax: 64,
  macroNestingMax: 2,
  /** About 10 ms of work. */
  evaluationCostMax: 100_000,
} as const

/** What is wrong with an expression, and where in its text. */
export class ExpressionProblem extends Error {
  readonly offset: number
  readonly fix: string

  constructor(offset: number, problem: string, fix: string) {
    super(problem)
    this.name = 'ExpressionProblem'
    this.offset = offset
    this.fix = fix
  }
}

interface Operator {
  readonly name: string
  readonly check: (checker: Checker, node: Node, context: unknown) => unknown
  readonly evaluate: (evaluator: Evaluator, node: Node, context: unknown) => unknown
}
interface Checker {
  check(node: unknown, context: unknown): unknown
}
interface Evaluator {
  run(node: unknown, context: unknown): unknown
}

/** A node of the library's tree, as much of it as is used here. */
export interface Node {
  readonly op: string
  args: unknown
  readonly start: number
  readonly meta: { readonly alternate?: unknown; readonly macro?: unknown }
  clone(operator: Operator, args: unknown): Node
  setMeta(key: string, value: unknown): Node
}

export const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'op' in value && 'setMeta' in value

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

// One evaluation runs at a time and never waits: the budget can be shared.
let budget = 0

/** A new evaluation begins. */
export const refillBudget = (): void => {
  budget = expressionLimits.evaluationCostMax
}

export const spend = (cost: number): void => {
  budget -= cost
  if (budget < 0) {
    throw new EvaluationError(
      `the expression does too much work on this record (more than ${expressionLimits.evaluationCostMax} steps)`,
    )
  }
}

/** What it costs to look through a value once; stops counting when the budget is spent. */
const spendOn = (value: unknown): void => {
  if (typeof value === 'string') spend(1 + (value.length >> 6))
  else if (Array.isArray(value)) {
    spend(1)
    for (const item of value) spendOn(item)
  } else if (typeof value === 'object' && value !== null) {
    spend(1)
    if (value.constructor === Object) for (const item of Object.values(value)) spendOn(item)
  } else spend(1)
}

const operator = (name: string, charge: (value: unknown) => void): Operator => ({
  name,
  check: (checker, node, context) => checker.check(node.args, context),
  evaluate: (evaluator, node, context) => {
    const value = evaluator.run(node.args, context)
    charge(value)
    return value
  },
})

const chargedRange = operator('charged-range', (value) => {
  if (Array.isArray(value)) spend(1 + value.length)
  else if (typeof value === 'object' && value !== null) spend(1 + Object.keys(value).length)
})
const chargedOperand = operator('charged-operand', spendOn)
// Calendar functions with a time zone go through the locale library: far dearer than anything else.
const chargedCalendar = operator('charged-calendar', () => spend(10_000))

const charged = (by: Operator, node: unknown): unknown =>
  isNode(node) && (node.op !== 'value' || by === chargedCalendar)
    ? node.clone(by, node).setMeta('async', false)
    : node

const sizeBound = new Set(['in', '==', '!=', '+', '<', '<=', '>', '>='])

const checkNesting = (node: Node, depth: number): void => {
  if (depth <= expressionLimits.macroNestingMax) return
  throw new ExpressionProblem(
    node.start,
    `macros are nested more than ${expressionLimits.macroNestingMax} deep`,
    'Flatten the data in an earlier map step.',
  )
}

const visitMacro = (node: Node, macro: object, names: Set<string>, depth: number): void => {
  if ('val' in macro && 'exp' in macro) {
    checkNesting(node, depth + 1)
    visit(macro.val, names, depth + 1)
    visit(macro.exp, names, depth + 1)
  } else if ('args' in macro) visit(macro.args, names, depth)
}

const visitComprehension = (node: Node, args: object, names: Set<string>, depth: number): void => {
  checkNesting(node, depth + 1)
  if (!('iterable' in args && 'step' in args)) throw new Error('the expression library changed its tree')
  visit(args.iterable, names, depth)
  visit(args.step, names, depth + 1)
  args.iterable = charged(chargedRange, args.iterable)
}

const checkPattern = (pattern: unknown): void => {
  if (!isNode(pattern) || pattern.op !== 'value' || typeof pattern.args !== 'string') return
  try {
    compilePattern(pattern.args)
  } catch (error) {
    const fix = 'Write an RE2 pattern: no look-around, no back-references.'
    throw new ExpressionProblem(pattern.start, messageOf(error), fix)
  }
}

const visitMethod = (node: Node, names: Set<string>, depth: number): void => {
  const [given, receiver, list] = listOf(node.args)
  const parameters = listOf(list)
  visit(receiver, names, depth)
  visit(parameters, names, depth)
  const name = given === 'matches' ? 'matchesRe2' : String(given)
  if (given === 'matches') checkPattern(parameters[0])
  if (depth === 0 && name !== 'join') {
    node.args = [name, receiver, parameters]
    return
  }
  const by = name.startsWith('get') ? chargedCalendar : chargedOperand
  node.args = [name, charged(chargedOperand, receiver), parameters.map((node) => charged(by, node))]
}

/** Walks a freshly parsed tree: collects the identifiers, renames `matches`, puts the charges in. @throws ExpressionProblem */
export const visit = (node: unknown, names: Set<string>, depth: number): void => {
  for (const child of listOf(node)) visit(child, names, depth)
  if (!isNode(node)) return
  const { alternate, macro } = node.meta
  if (alternate !== undefined) visit(alternate, names, depth)
  else if (typeof macro === 'object' && macro !== null) visitMacro(node, macro, names, depth)
  else if (node.op === 'comprehension' && typeof node.args === 'object' && node.args !== null) {
    visitComprehension(node, node.args, names, depth)
  } else if (node.op === 'rcall') visitMethod(node, names, depth)
  else if (node.op === 'id') names.add(String(node.args))
  else {
    visit(node.args, names, depth)
    if (depth > 0 && sizeBound.has(node.op)) {
      node.args = listOf(node.args).map((operand) => charged(chargedOperand, operand))
    }
  }
}

/** A field access `root.a.b`, from its root on. */
export interface FieldPath {
  readonly root: string
  readonly fields: readonly string[]
}

/** Every field access in a freshly parsed tree. */
export const pathsOf = (value: unknown): FieldPath[] => {
  if (!isNode(value)) return listOf(value).flatMap(pathsOf)
  const fields: string[] = []
  let at: Node = value
  while (at.op === '.') {
    const [target, field] = listOf(at.args)
    if (!isNode(target)) break
    fields.unshift(String(field))
    at = target
  }
  if (at.op === 'id') return [{ root: String(at.args), fields }]
  return pathsOf(at === value ? value.args : at)
}

/** Whether the expression only reads something out of `root`, by names and indexes. */
export const isReadFrom = (node: unknown, root: string): boolean => {
  let at = node
  while (isNode(at) && (at.op === '.' || at.op === '[]')) at = listOf(at.args)[0]
  return isNode(at) && at.op === 'id' && at.args === root
}
