/** Reads the JSON Schemas behind TypeBox types, as far as the linter, the references and the editors' schema need them. */
import { durationPattern, sizePattern } from '../kernel/units.ts'

export type SchemaNode = Readonly<Record<string, unknown>>

export const isSchemaNode = (value: unknown): value is SchemaNode =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

export const propertiesOf = (schema: SchemaNode): readonly (readonly [string, SchemaNode])[] =>
  Object.entries(isSchemaNode(schema['properties']) ? schema['properties'] : {}).filter(
    (entry): entry is [string, SchemaNode] => isSchemaNode(entry[1]),
  )

export const requiredOf = (schema: SchemaNode): readonly string[] => listOf(schema['required']).map(String)

export const branchesOf = (schema: SchemaNode): readonly SchemaNode[] =>
  listOf(schema['anyOf']).filter(isSchemaNode)

/** The schema of values under free names (`Record`), with the pattern of the names. */
export const recordOf = (schema: SchemaNode): readonly [RegExp, SchemaNode] | undefined => {
  const patterns = schema['patternProperties']
  const first = isSchemaNode(patterns) ? Object.entries(patterns)[0] : undefined
  const names = isSchemaNode(schema['propertyNames']) ? schema['propertyNames']['pattern'] : undefined
  if (first !== undefined && isSchemaNode(first[1])) {
    return [new RegExp(typeof names === 'string' ? names : first[0], 'u'), first[1]]
  }
  const rest = schema['additionalProperties']
  return isSchemaNode(rest) ? [/^/, rest] : undefined
}

/** The literals that a schema allows, where it allows nothing else. */
export const choicesOf = (schema: SchemaNode): readonly unknown[] | undefined => {
  if ('const' in schema) return [schema['const']]
  if (Array.isArray(schema['enum'])) return listOf(schema['enum'])
  const branches = branchesOf(schema)
  if (branches.length === 0) return undefined
  const choices = branches.map(choicesOf)
  return choices.every((choice) => choice !== undefined) ? choices.flat() : undefined
}

export type NodeKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null' | 'any'

/** What kind of value a schema without branches takes. */
export const kindOf = (schema: SchemaNode): NodeKind => {
  const choices = choicesOf(schema)
  const type = choices === undefined ? schema['type'] : choices[0] === null ? 'null' : typeof choices[0]
  switch (type) {
    case 'object':
    case 'array':
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
      return type
    case 'integer':
      return 'number'
    default:
      return 'any'
  }
}

const numberAt = (schema: SchemaNode, name: string): number | undefined => {
  const value = schema[name]
  return typeof value === 'number' ? value : undefined
}

const numberWords = (schema: SchemaNode): string => {
  const words = schema['type'] === 'integer' ? 'a whole number' : 'a number'
  const [minimum, maximum, above] = ['minimum', 'maximum', 'exclusiveMinimum'].map((name) =>
    numberAt(schema, name),
  )
  if (minimum !== undefined && maximum !== undefined) return `${words} from ${minimum} to ${maximum}`
  if (minimum !== undefined) return `${words} of at least ${minimum}`
  if (above !== undefined) return `${words} above ${above}`
  return maximum === undefined ? words : `${words} of at most ${maximum}`
}

const stringWords = (schema: SchemaNode): string => {
  if (schema['pattern'] === durationPattern) return 'a duration like 500ms, 5s or 2h'
  if (schema['pattern'] === sizePattern) return 'a size like 512KiB or 64MiB'
  return 'text'
}

export const isUnit = (schema: SchemaNode): boolean =>
  schema['pattern'] === durationPattern || schema['pattern'] === sizePattern

const joined = (words: readonly string[]): string => {
  const distinct = [...new Set(words)]
  const last = distinct.at(-1) ?? ''
  return distinct.length < 2 ? last : `${distinct.slice(0, -1).join(', ')} or ${last}`
}

/** What a schema wants, in words: `a whole number of at least 1`, `"all", "1" or "0"`. */
export const wordsOf = (schema: SchemaNode): string => {
  const choices = choicesOf(schema)
  if (choices !== undefined) return joined(choices.map((choice) => String(choice)))
  const branches = branchesOf(schema)
  if (branches.length > 0) {
    return joined(branches.flatMap((branch) => choicesOf(branch)?.map(String) ?? [wordsOf(branch)]))
  }
  switch (kindOf(schema)) {
    case 'object':
      return 'a mapping'
    case 'array':
      return 'a list'
    case 'string':
      return stringWords(schema)
    case 'number':
      return numberWords(schema)
    case 'boolean':
      return 'true or false'
    case 'null':
      return 'nothing'
    case 'any':
      return 'a value'
  }
}

/** The first sentence of a description, without its full stop. */
export const firstSentence = (description: unknown): string => {
  const text = textOf(description)
  const end = text.search(/[.;](?:\s|$)/)
  return end < 0 ? text : text.slice(0, end)
}
