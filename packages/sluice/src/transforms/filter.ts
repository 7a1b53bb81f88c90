/**
 * filter: passes on the records for which an expression is true.
 *
 * - True passes, false ends the record as filtered; anything else is an error, never a silent no.
 * - Bodies pass untouched: no byte is written anew.
 */
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Step } from '../flow/step.ts'
import { defineTransform } from './define.ts'
import { expressionProblems } from './examine.ts'
import { compileExpression, type RowExpression } from './expression/compile.ts'
import { endOnError, type OnError, onErrorOption } from './policy.ts'

const options = Type.Object(
  {
    where: Type.String({
      minLength: 1,
      description: 'CEL expression over `event` and `meta`; must give true or false.',
      examples: ['event.type == "payment" && event.amount > 100'],
    }),
    on_error: onErrorOption,
  },
  { additionalProperties: false },
)

const createFilter = (id: string, where: RowExpression, policy: OnError): Step => {
  const step: Step = {
    id,
    kind: 'filter',
    run: (rows, report) => {
      const passed: number[] = []
      for (let row = 0; row < rows.count; row++) {
        try {
          const answer = where(rows, row)
          if (answer === true) passed.push(row)
          else if (answer === false) report.end(row, 'filtered')
          else throw new Error(`the expression gave ${typeof answer}, not true or false`)
        } catch (error) {
          endOnError(policy, step, row, error, report)
        }
      }
      return passed.length === rows.count ? rows : rows.pick(passed)
    },
  }
  return step
}

const parse = (given: unknown): Static<typeof options> => Value.Parse(options, Value.Default(options, given))

export const filterTransform = defineTransform({
  name: 'filter',
  summary: 'Passes on the records for which an expression is true.',
  details: [
    'The short form `filter: <expression>` stands for `filter: { where: <expression> }`.',
    'A field that is missing is an error, not false: write `has(event.amount) && event.amount > 100` where it may be.',
    'The body of a tombstone is null: `event == null || event.amount > 100` lets tombstones pass.',
  ].join('\n'),
  example: '- filter: event.type == "payment" && event.amount > 100',
  options,
  shorthand: 'where',
  examine: (given, context) => ({
    problems: expressionProblems(parse(given).where, ['where'], {
      eventSchema: context.eventSchema,
      gives: 'bool',
    }),
    eventSchema: context.eventSchema,
  }),
  compile: (given, context) => {
    const { where, on_error } = parse(given)
    const expression = compileExpression(where, { eventSchema: context.eventSchema, gives: 'bool' })
    return createFilter(context.id, expression, on_error)
  },
})
