/**
 * validate: passes on the records whose body fits a JSON Schema.
 *
 * - The schema is compiled once; a record that does not fit is refused with the place in its body (JSON pointer).
 * - Bodies pass untouched: nothing is coerced and no default is filled in.
 */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Step } from '../flow/step.ts'
import { fault, messageOf } from '../kernel/faults/index.ts'
import { defineTransform, type TransformContext } from './define.ts'
import { isJsonSchema, type JsonSchema } from './expression/schema-types.ts'
import { checkDepth } from './json-depth.ts'
import { endOnError, type OnError, onErrorOption } from './policy.ts'

const options = Type.Object(
  {
    schema: Type.Union([Type.String(), Type.Record(Type.String(), Type.Unknown())], {
      description: 'Path of a JSON Schema file, relative to the configuration, or the schema itself.',
      examples: ['schemas/order.json'],
    }),
    on_error: onErrorOption,
  },
  { additionalProperties: false },
)

const parse = (given: unknown): Static<typeof options> => Value.Parse(options, Value.Default(options, given))

const loadSchema = (given: Static<typeof options>['schema'], context: TransformContext): JsonSchema => {
  const schema: unknown = typeof given === 'string' ? context.readJson(given) : given
  if (!isJsonSchema(schema)) throw new Error('a JSON Schema is an object')
  return schema
}

const createAjv = (): Ajv2020 => {
  const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allowUnionTypes: true })
  addFormats.default(ajv)
  return ajv
}

// Made on first use and kept: it compiles the schema of schemas, which costs far more than any of ours.
let shared: Ajv2020 | undefined

const compileSchema = (schema: JsonSchema): ValidateFunction => {
  shared ??= createAjv()
  // Schemas written for draft 7 mean the same here; their `$schema` would only name a dialect that is not loaded.
  const { $schema: _dialect, ...rest } = schema
  try {
    return shared.compile(rest)
  } finally {
    // Nothing is remembered: the next schema may have the same `$id`, and a reload compiles anew.
    shared.removeSchema(rest)
  }
}

/** What is wrong with a body, with the place as a JSON pointer. */
const sentenceOf = (error: ErrorObject | undefined): string => {
  if (error === undefined) return 'the body does not fit the schema'
  const place = error.instancePath === '' ? 'the body' : error.instancePath
  const unknown: unknown = error.params['additionalProperty']
  const allowed: unknown = error.params['allowedValues']
  if (typeof unknown === 'string') return `${place} must not have the field ${JSON.stringify(unknown)}`
  const tail = Array.isArray(allowed) ? `: ${allowed.map((value) => JSON.stringify(value)).join(', ')}` : ''
  return `${place} ${error.message ?? 'does not fit the schema'}${tail}`
}

const createValidate = (id: string, fits: ValidateFunction, policy: OnError): Step => {
  const step: Step = {
    id,
    kind: 'validate',
    run: (rows, report) => {
      const passed: number[] = []
      for (let row = 0; row < rows.count; row++) {
        try {
          const body = rows.bodyOf(row)
          checkDepth(body)
          if (fits(body) !== true) throw new Error(sentenceOf(fits.errors?.[0]))
          passed.push(row)
        } catch (error) {
          endOnError(policy, step, row, error, report)
        }
      }
      return passed.length === rows.count ? rows : rows.pick(passed)
    },
  }
  return step
}

export const validateTransform = defineTransform({
  name: 'validate',
  summary: 'Passes on the records whose body fits a JSON Schema.',
  details: [
    'The short form `validate: schemas/order.json` stands for `validate: { schema: schemas/order.json }`.',
    'Schemas are JSON Schema 2020-12, with the usual formats (`date-time`, `email`, `uuid`, …). Steps after it know the fields: a mistyped one is found by the linter.',
  ].join('\n'),
  example: '- validate: { schema: schemas/order.json }',
  options,
  shorthand: 'schema',
  examine: (given, context) => {
    try {
      const schema = loadSchema(parse(given).schema, context)
      compileSchema(schema)
      return { problems: [], eventSchema: schema }
    } catch (error) {
      const fix = 'Name a JSON Schema file, relative to the configuration, or write the schema in place.'
      return {
        problems: [{ path: ['schema'], offset: null, problem: messageOf(error), fix }],
        eventSchema: null,
      }
    }
  },
  compile: (given, context) => {
    const { schema, on_error } = parse(given)
    try {
      return createValidate(context.id, compileSchema(loadSchema(schema, context)), on_error)
    } catch (error) {
      throw fault(
        'OPTION_INVALID',
        { option: 'schema', connector: context.id, problem: messageOf(error) },
        error,
      )
    }
  },
})
