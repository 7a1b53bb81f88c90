/**
 * The expression language: CEL with our functions and operators, checked before it runs and bounded while it does.
 *
 * Numbers of a JSON body are doubles and literals are 64-bit integers: arithmetic between the two is defined here.
 * Evaluation is untyped (faster); a second, typed check is made where types are known.
 */
import {
  TypeError as CelTypeError,
  Environment,
  EvaluationError,
  type ObjectSchema,
  ParseError,
} from '@marcbachmann/cel-js'
import { messageOf } from '../../kernel/faults/index.ts'
import {
  ExpressionProblem,
  expressionLimits,
  type FieldPath,
  isReadFrom,
  pathsOf,
  refillBudget,
  spend,
  visit,
} from './cel-tree.ts'
import { matchesPattern } from './patterns.ts'
import { toTimestamp } from './timestamps.ts'

const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
}

const registerMixedArithmetic = (environment: Environment): void => {
  for (const [symbol, apply] of Object.entries(arithmetic)) {
    environment.registerOperator(`double ${symbol} int`, (a: number, b: bigint) => apply(a, Number(b)))
    environment.registerOperator(`int ${symbol} double`, (a: bigint, b: number) => apply(Number(a), b))
  }
  environment.registerOperator('double % double', (a: number, b: number) => a % b)
}

// Without this the library looks for promises around every call.
const sync = { async: false }

const roundTo = (value: number, digits: bigint): number =>
  Number(value.toFixed(Math.min(15, Math.max(0, Number(digits)))))

const createBase = (): Environment => {
  const environment = new Environment({
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: expressionLimits.nodesMax, maxDepth: expressionLimits.nestingMax },
  })
  registerMixedArithmetic(environment)
  const matches = (text: string, pattern: string): boolean => {
    spend(1 + (text.length >> 3))
    return matchesPattern(text, pattern)
  }
  const time = 'google.protobuf.Timestamp'
  environment.registerFunction('string.matchesRe2(string): bool', matches, sync)
  environment.registerFunction(`ts(dyn): ${time}`, (value: unknown) => toTimestamp(value), sync)
  environment.registerFunction(`epochMs(${time}): double`, (value: Date) => value.getTime(), sync)
  environment.registerFunction('abs(double): double', (value: number) => Math.abs(value), sync)
  environment.registerFunction('round(double): double', (value: number) => Math.round(value), sync)
  environment.registerFunction('round(double, int): double', roundTo, sync)
  return environment
}

const base = createBase()

/** Types of a variable for checking: the name of a type, or fields. */
export type VariableType = string | { [field: string]: VariableType }

const environmentOf = (variables: Readonly<Record<string, VariableType>>): Environment => {
  const environment = base.clone()
  for (const [name, type] of Object.entries(variables)) {
    if (typeof type === 'string') environment.registerVariable(name, type)
    else {
      const schema: ObjectSchema = type
      environment.registerVariable({ name, schema })
    }
  }
  return environment
}

const untyped = new Map<string, Environment>()

const untypedEnvironment = (names: readonly string[]): Environment => {
  const key = names.join(' ')
  const kept = untyped.get(key)
  if (kept !== undefined) return kept
  const made = environmentOf(Object.fromEntries(names.map((name) => [name, 'dyn'])))
  untyped.set(key, made)
  return made
}

export interface ParsedExpression {
  /** Every identifier in the expression. */
  readonly names: ReadonlySet<string>
  /** The type it gives, as far as it can be told: `bool`, `string`, …, `dyn`. */
  readonly type: string
  /** True where the result can hold something that the expression itself made (so it may not be JSON yet). */
  readonly makesValues: boolean
  readonly paths: readonly FieldPath[]
  /** @throws whatever the record's shape provokes; the message may be shown */
  run(context: Record<string, unknown>): unknown
}

const endsEarly = /(?:Unexpected token: |got )EOF$/

const asProblem = (error: unknown): ExpressionProblem => {
  if (error instanceof ExpressionProblem) return error
  const isLibrarys =
    error instanceof ParseError || error instanceof CelTypeError || error instanceof EvaluationError
  const said = isLibrarys ? error.summary : messageOf(error)
  const sentence = endsEarly.test(said) ? 'it ends too early' : said.charAt(0).toLowerCase() + said.slice(1)
  return new ExpressionProblem(isLibrarys ? (error.range?.start ?? 0) : 0, sentence, '')
}

const parseWith = (environment: Environment, text: string) => {
  const { textCharactersMax } = expressionLimits
  if (text.length > textCharactersMax) {
    throw new ExpressionProblem(
      0,
      `it has ${text.length} characters`,
      `At most ${textCharactersMax} are allowed.`,
    )
  }
  try {
    const parsed = environment.parse(text)
    const names = new Set<string>()
    const paths = pathsOf(parsed.ast)
    const makesValues = !isReadFrom(parsed.ast, 'event')
    visit(parsed.ast, names, 0)
    const checked = parsed.check()
    if (!checked.valid) throw checked.error ?? new Error('it does not check')
    return { parsed, names, paths, makesValues, type: checked.type ?? 'dyn' }
  } catch (error) {
    throw asProblem(error)
  }
}

/**
 * Parses and checks an expression over untyped variables.
 * @throws ExpressionProblem
 */
export const parseExpression = (text: string, variables: readonly string[]): ParsedExpression => {
  const { parsed, ...known } = parseWith(untypedEnvironment(variables), text)
  const run: (context: Record<string, unknown>) => unknown = parsed
  return {
    ...known,
    run: (context) => {
      refillBudget()
      return run(context)
    },
  }
}

/**
 * Checks an expression against declared types; gives the type of its result.
 * @throws ExpressionProblem
 */
export const checkExpression = (text: string, variables: Readonly<Record<string, VariableType>>): string =>
  parseWith(environmentOf(variables), text).type

/** The sentence of an evaluation error, without the drawing of the expression that the library adds. */
export const evaluationProblem = (error: unknown): string =>
  error instanceof EvaluationError ? error.summary : messageOf(error)
