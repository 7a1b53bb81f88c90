/**
 * Reads the types that an expression can rely on out of a JSON Schema.
 *
 * A field that the schema does not name is refused where the schema closes the object (`additionalProperties: false`)
 * and where its name is nearly that of a field that exists (`amuont`); otherwise it is taken as of any type.
 */
import { nearest } from '../../kernel/near-miss.ts'
import type { VariableType } from './cel.ts'

export type JsonSchema = Readonly<Record<string, unknown>>

export const isJsonSchema = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const scalarTypes: Readonly<Record<string, string>> = {
  string: 'string',
  // JSON numbers are doubles to an expression, whole or not.
  number: 'double',
  integer: 'double',
  boolean: 'bool',
  array: 'list',
  object: 'map',
}

const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/

interface Access {
  readonly fields: readonly string[]
}

/** The type of the value that a schema describes; fields in `accesses` that it leaves open are of any type. */
export const typeOfSchema = (schema: unknown, accesses: readonly Access[]): VariableType => {
  if (!isJsonSchema(schema)) return 'dyn'
  const { type, properties } = schema
  if (type === 'object' || (type === undefined && isJsonSchema(properties))) {
    if (!isJsonSchema(properties) || Object.keys(properties).length === 0) return 'dyn'
    return typeOfObject(schema, properties, accesses)
  }
  return typeof type === 'string' ? (scalarTypes[type] ?? 'dyn') : 'dyn'
}

const typeOfObject = (
  schema: JsonSchema,
  properties: JsonSchema,
  accesses: readonly Access[],
): VariableType => {
  const fields: Record<string, VariableType> = {}
  const below = (name: string): Access[] =>
    accesses
      .filter((access) => access.fields[0] === name)
      .map((access) => ({ fields: access.fields.slice(1) }))
  for (const [name, property] of Object.entries(properties)) {
    if (identifier.test(name)) fields[name] = typeOfSchema(property, below(name))
  }
  const known = Object.keys(fields)
  for (const access of accesses) {
    const name = access.fields[0]
    if (name === undefined || name in fields || !identifier.test(name)) continue
    const isClosed = schema['additionalProperties'] === false && !isJsonSchema(schema['patternProperties'])
    if (!isClosed && nearest(name, known) === undefined) fields[name] = 'dyn'
  }
  return Object.keys(fields).length === 0 ? 'dyn' : fields
}

/** The names that an object schema has at a path; for hints. */
export const fieldsOfSchema = (schema: unknown, path: readonly string[]): readonly string[] => {
  let at: unknown = schema
  for (const name of path) {
    const properties = isJsonSchema(at) ? at['properties'] : undefined
    at = isJsonSchema(properties) ? properties[name] : undefined
  }
  const properties = isJsonSchema(at) ? at['properties'] : undefined
  return isJsonSchema(properties) ? Object.keys(properties) : []
}
