/**
 * Expressions for everybody: filter and map steps, keys and headers of sinks, alert conditions.
 *
 * They see `event` (the body) and `meta`: topic, partition, offset, key, headers, time, id, lane. `meta` is built only where
 * the expression mentions it.
 */

import type { RecordBatch } from '../../flow/record-batch.ts'
import type { Rows } from '../../flow/rows.ts'
import { fault } from '../../kernel/faults/index.ts'
import { nearest } from '../../kernel/near-miss.ts'
import { checkExpression, type ParsedExpression, parseExpression } from './cel.ts'
import { ExpressionProblem } from './cel-tree.ts'
import { toJsonValue } from './json-value.ts'
import { fieldsOfSchema, isJsonSchema, typeOfSchema } from './schema-types.ts'

export interface ExpressionOptions {
  /** JSON Schema of `event`, where it is known: then fields and types are checked now. */
  readonly eventSchema?: unknown
  /** `bool` where only true and false will do. */
  readonly gives?: 'bool' | 'string' | 'any'
}

/** Gives the value of the expression for a row, as plain JSON. @throws whatever the record's shape provokes */
export type RowExpression = (rows: Rows, row: number) => unknown

const metaFields = ['topic', 'partition', 'offset', 'key', 'headers', 'time', 'id', 'lane']

const metaType = {
  topic: 'string',
  partition: 'dyn',
  offset: 'int',
  key: 'dyn',
  headers: 'map<string, string>',
  time: 'google.protobuf.Timestamp',
  id: 'string',
  lane: 'string',
} as const

const nameOfType: Readonly<Record<string, string>> = {
  bool: 'true or false',
  string: 'a text',
  int: 'a number',
  uint: 'a number',
  double: 'a number',
  list: 'a list',
  map: 'an object',
}

const quoted = (problem: string): string => problem.replace(/: (\S+)$/, ' `$1`')

/** Whoever writes a bare name means a field of the body, or a text. */
const fieldHint = (name: string, variables: readonly string[]): string => {
  const root = ['event', 'row'].find((one) => variables.includes(one))
  return root === undefined ? '' : `a field is \`${root}.${name}\`, `
}

const hintFor = (problem: ExpressionProblem, variables: readonly string[], schema: unknown): string => {
  if (problem.fix !== '') return problem.fix
  const unknownVariable = /unknown variable: (\S+)/i.exec(problem.message)?.[1]
  if (unknownVariable !== undefined) {
    const near = nearest(unknownVariable, variables)
    return near === undefined
      ? `Known here: ${variables.join(', ')}; ${fieldHint(unknownVariable, variables)}texts stand in quotes.`
      : `Did you mean \`${near}\`?`
  }
  const unknownField = /no such key: (\S+)/i.exec(problem.message)?.[1]
  if (unknownField !== undefined) return hintForField(unknownField, schema)
  return 'Expressions are CEL: `event.amount > 100 && event.type == "payment"`.'
}

const allFields = (schema: unknown, path: readonly string[] = []): string[] => {
  if (path.length > 8) return []
  const here = fieldsOfSchema(schema, path)
  return here.flatMap((name) => [name, ...allFields(schema, [...path, name])])
}

const hintForField = (name: string, schema: unknown): string => {
  const known = [...allFields(schema), ...metaFields]
  const near = nearest(name, known)
  return near === undefined ? `Known fields: ${known.slice(0, 12).join(', ')}.` : `Did you mean \`${near}\`?`
}

const asFault = (error: unknown, variables: readonly string[], schema: unknown): unknown => {
  if (!(error instanceof ExpressionProblem)) return error
  return fault('EXPRESSION_INVALID', {
    column: error.offset + 1,
    problem: quoted(error.message),
    hint: hintFor(error, variables, schema),
  })
}

const checkResult = (type: string, gives: ExpressionOptions['gives']): void => {
  if (gives === undefined || gives === 'any' || type === gives || type.startsWith('dyn')) return
  const wanted = gives === 'bool' ? 'true or false' : 'a text'
  const fix =
    gives === 'bool' ? 'Compare it with something: `event.amount > 100`.' : 'Wrap it in `string(…)`.'
  throw new ExpressionProblem(0, `it gives ${nameOfType[type] ?? type}, where ${wanted} is needed`, fix)
}

/**
 * Parses and checks an expression over named variables, for callers with variables of their own (`row` of a window).
 * @throws fault EXPRESSION_INVALID, with the column in the text
 */
export const prepareExpression = (
  text: string,
  variables: readonly string[],
  options: ExpressionOptions = {},
): ParsedExpression => {
  const schema = options.eventSchema
  try {
    const parsed = parseExpression(text, variables)
    let type = parsed.type
    if (variables.includes('event') && (isJsonSchema(schema) || parsed.names.has('meta'))) {
      const accesses = parsed.paths.filter((path) => path.root === 'event')
      type = checkExpression(text, {
        event: isJsonSchema(schema) ? typeOfSchema(schema, accesses) : 'dyn',
        ...(variables.includes('meta') ? { meta: metaType } : {}),
      })
    }
    checkResult(type, options.gives)
    return parsed
  } catch (error) {
    throw asFault(error, variables, schema)
  }
}

/** The value of a prepared expression as plain JSON. */
export const evaluateExpression = (
  expression: ParsedExpression,
  context: Record<string, unknown>,
): unknown => {
  const value = expression.run(context)
  // What was read out of the body is JSON already, and may be shared: bodies are never changed.
  return expression.makesValues ? toJsonValue(value) : value
}

const laneNumber = /(?:^|\D)(\d+)$/

const headersOf = (batch: RecordBatch, index: number): Record<string, string> => {
  // A repeated header: the last one counts, as for Kafka's `lastHeader`.
  const entries = batch
    .headersOf(index)
    .map((header): [string, string] => [
      header.key,
      header.value === null ? '' : Buffer.from(header.value).toString(),
    ])
  return Object.fromEntries(entries)
}

/** What `meta` is for a record. */
export const metaOf = (batch: RecordBatch, index: number): Readonly<Record<string, unknown>> => {
  const partition = laneNumber.exec(batch.origin.lane)?.[1]
  return {
    topic: batch.origin.stream,
    partition: partition === undefined ? null : BigInt(partition),
    offset: batch.numberOf(index),
    key: batch.keyTextOf(index),
    headers: headersOf(batch, index),
    time: new Date(batch.timeOf(index)),
    id: batch.idOf(index),
    lane: batch.origin.lane,
  }
}

/**
 * Compiles an expression over `event` and `meta`.
 * @throws fault EXPRESSION_INVALID, with the column in the text
 */
export const compileExpression = (text: string, options: ExpressionOptions = {}): RowExpression => {
  const expression = prepareExpression(text, ['event', 'meta'], options)
  const needsEvent = expression.names.has('event')
  if (!expression.names.has('meta')) {
    // Evaluation never waits, so one context serves all rows.
    const context: Record<string, unknown> = { event: null }
    return (rows, row) => {
      context['event'] = rows.bodyOf(row)
      return evaluateExpression(expression, context)
    }
  }
  return (rows, row) =>
    evaluateExpression(expression, {
      event: needsEvent ? rows.bodyOf(row) : null,
      meta: metaOf(rows.batch, rows.recordOf(row)),
    })
}
