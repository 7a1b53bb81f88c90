/** Schemas that several resources share. */
import { type TProperties, type TSchema, Type } from 'typebox'
import { limits } from '../kernel/limits.ts'

/** An object that has these fields and no others. */
export const strict = <Fields extends TProperties>(fields: Fields, description?: string) =>
  Type.Object(fields, { additionalProperties: false, ...(description === undefined ? {} : { description }) })

export const timestamp = Type.String({
  format: 'date-time',
  description: 'Time in UTC, ISO 8601 with milliseconds.',
  examples: ['2026-01-31T12:00:00.000Z'],
})

export const nullable = <Schema extends TSchema>(schema: Schema, description?: string) =>
  Type.Union([schema, Type.Null()], description === undefined ? {} : { description })

/** Offsets and other 64-bit numbers travel as text: JSON numbers would round them. */
export const offset = Type.String({
  pattern: '^\\d{1,19}$',
  description: 'A 64-bit number as text.',
  examples: ['42'],
})

export const count = Type.Integer({ minimum: 0 })

/** How many rows an answer may have at most. */
export const limit = (preset: number, most: number = limits.pageRowsMax) =>
  Type.Integer({
    minimum: 1,
    maximum: most,
    default: preset,
    description: `At most so many rows; from 1 to ${most}.`,
  })

/** An answer that lists things. */
export const list = <Row extends TSchema>(row: Row) =>
  strict({ data: Type.Array(row), count: count, timestamp })

/** The body of every answer that is not a success. */
export const errorBody = strict({
  error: Type.String({ description: 'What is wrong, in a sentence.' }),
  details: strict({
    fix: Type.String({ description: 'What to do about it.' }),
    problems: Type.Array(strict({ field: Type.String(), problem: Type.String() }), {
      description: 'Every field that is wrong, when the request was.',
    }),
  }),
  code: Type.String({ description: 'Code in the catalogue of faults.' }),
  request_id: Type.String({ description: 'Name of this call in the log.' }),
})

/** Names of topics as Kafka allows them; digits alone are ids, so they are no names. */
export const topicName = Type.String({
  minLength: 1,
  maxLength: 249,
  pattern: '^(?!\\d+$)(?!\\.{1,2}$)[A-Za-z0-9._-]+$',
  description: 'Letters, digits, dot, underscore and dash; not digits alone.',
})

/** Name of a topic that may be there, made by whomever: digits alone too. */
export const anyTopicName = Type.String({
  minLength: 1,
  maxLength: 249,
  pattern: '^(?!\\.{1,2}$)[A-Za-z0-9._-]+$',
  description: 'Name of the topic.',
})

/** Name of a consumer group as its members chose it. */
export const groupName = Type.String({
  minLength: 1,
  maxLength: 500,
  pattern: '^[^\\u0000-\\u001f]+$',
  description: 'Name of the consumer group.',
})

export const pipelineName = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: '^[^\\u0000-\\u001f]+$',
  description: 'Name of the pipeline.',
})

export const dryRun = Type.Boolean({
  default: true,
  description: 'Only say what would be done. Send false to do it.',
})
