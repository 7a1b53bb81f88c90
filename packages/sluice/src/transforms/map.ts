/**
 * map: gives each record a new body.
 *
 * - `fields` makes a body of just these fields; `set` and `remove` change the body there is; `value` gives it whole.
 * - Key, headers and time stay. The record before is never changed, so that a dead letter shows it as it came.
 */
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { OptionProblem } from '../flow/connector.ts'
import type { Rows } from '../flow/rows.ts'
import type { Step } from '../flow/step.ts'
import { fault } from '../kernel/faults/index.ts'
import { defineTransform, type TransformContext } from './define.ts'
import { expressionProblems } from './examine.ts'
import { compileExpression, type RowExpression } from './expression/compile.ts'
import { checkDepth } from './json-depth.ts'
import { endOnError, type OnError, onErrorOption } from './policy.ts'

const fieldMap = (description: string) =>
  Type.Record(
    Type.String(),
    Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()], {
      description:
        'A text is a CEL expression (a constant text needs quotes inside); anything else is a constant.',
    }),
    { description },
  )

const options = Type.Object(
  {
    value: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'CEL expression that gives the whole body.',
        examples: ['{"id": event.id, "total": event.price * event.quantity}'],
      }),
    ),
    fields: Type.Optional(fieldMap('The new body: each field with its expression. Other fields are gone.')),
    set: Type.Optional(fieldMap('Fields to add or replace; the others stay.')),
    remove: Type.Optional(
      Type.Array(Type.String(), { description: 'Fields to take away; together with `set` or alone.' }),
    ),
    on_error: onErrorOption,
  },
  { additionalProperties: false },
)
type Options = Static<typeof options>
type FieldMap = NonNullable<Options['fields']>

type BodyOf = (rows: Rows, row: number) => unknown

const compileField = (given: FieldMap[string], context: TransformContext): RowExpression =>
  typeof given === 'string' ? compileExpression(given, { eventSchema: context.eventSchema }) : () => given

const compileFields = (given: FieldMap, context: TransformContext): [string, RowExpression][] =>
  Object.entries(given).map(([name, field]) => [name, compileField(field, context)])

const define = (body: Record<string, unknown>, name: string, value: unknown): void => {
  // A plain assignment to `__proto__` would change what the body is.
  if (name === '__proto__') Object.defineProperty(body, name, { value, enumerable: true, configurable: true })
  else body[name] = value
}

const makeFields =
  (fields: readonly [string, RowExpression][]): BodyOf =>
  (rows, row) => {
    const body: Record<string, unknown> = {}
    for (const [name, expression] of fields) define(body, name, expression(rows, row))
    return body
  }

const isBody = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const changeFields =
  (fields: readonly [string, RowExpression][], removed: readonly string[]): BodyOf =>
  (rows, row) => {
    const before = rows.bodyOf(row)
    if (!isBody(before)) throw new Error('`set` and `remove` need a body that is an object')
    const body = { ...before }
    for (const name of removed) delete body[name]
    for (const [name, expression] of fields) define(body, name, expression(rows, row))
    return body
  }

const compileBody = (given: Options, context: TransformContext): BodyOf => {
  if (given.value !== undefined) return compileExpression(given.value, { eventSchema: context.eventSchema })
  if (given.fields !== undefined) return makeFields(compileFields(given.fields, context))
  return changeFields(compileFields(given.set ?? {}, context), given.remove ?? [])
}

const createMap = (id: string, bodyOf: BodyOf, policy: OnError): Step => {
  const step: Step = {
    id,
    kind: 'map',
    run: (rows, report) => {
      const bodies: unknown[] = []
      const passed: number[] = []
      for (let row = 0; row < rows.count; row++) {
        // A tombstone has no body to map: it stays what it is.
        if (rows.bodies === undefined && rows.batch.isTombstone(rows.recordOf(row))) {
          bodies.push(null)
          passed.push(row)
          continue
        }
        try {
          const body = bodyOf(rows, row)
          // A new body is written out again, which a deep one would break far from here.
          checkDepth(body)
          bodies.push(body)
          passed.push(row)
        } catch (error) {
          endOnError(policy, step, row, error, report)
        }
      }
      return (passed.length === rows.count ? rows : rows.pick(passed)).withBodies(bodies)
    },
  }
  return step
}

const parse = (given: unknown): Options => Value.Parse(options, Value.Default(options, given))

const shapeProblems = (given: Options): OptionProblem[] => {
  const ways = [given.value, given.fields, given.set ?? given.remove].filter((way) => way !== undefined)
  if (ways.length === 1) return []
  const problem = ways.length === 0 ? 'map says nothing to do' : 'map has more than one way to make the body'
  return [{ path: [], offset: null, problem, fix: 'Use one of: `value`; `fields`; `set` and `remove`.' }]
}

const fieldProblems = (given: Options, context: TransformContext): OptionProblem[] =>
  (['fields', 'set'] as const).flatMap((option) =>
    Object.entries(given[option] ?? {}).flatMap(([name, text]) =>
      typeof text === 'string'
        ? expressionProblems(text, [option, name], { eventSchema: context.eventSchema })
        : [],
    ),
  )

export const mapTransform = defineTransform({
  name: 'map',
  summary: 'Gives each record a new body.',
  details: [
    'The short form `map: <expression>` stands for `map: { value: <expression> }`.',
    'Key, headers and time stay as they are. A tombstone passes unchanged.',
    'Whole numbers beyond ±(2^53 − 1) become decimal text, times ISO 8601 in UTC, durations seconds (`90.5s`), bytes base64; a result that is no finite number is an error.',
  ].join('\n'),
  example: [
    '- map:',
    '    fields:',
    '      id: event.id',
    '      total: event.price * event.quantity',
    '      source: \'"shop"\'',
  ].join('\n'),
  options,
  shorthand: 'value',
  examine: (given, context) => {
    const parsed = parse(given)
    const { value } = parsed
    return {
      problems: [
        ...shapeProblems(parsed),
        ...(value === undefined
          ? []
          : expressionProblems(value, ['value'], { eventSchema: context.eventSchema })),
        ...fieldProblems(parsed, context),
      ],
      eventSchema: null,
    }
  },
  compile: (given, context) => {
    const parsed = parse(given)
    const problem = shapeProblems(parsed)[0]
    if (problem !== undefined) {
      throw fault('OPTION_INVALID', { option: 'map', connector: context.id, problem: problem.problem })
    }
    return createMap(context.id, compileBody(parsed, context), parsed.on_error)
  },
})
