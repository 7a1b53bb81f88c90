/**
 * The JSON Schema of the whole file, for editors (`sluice schema`): from the same definitions as the linter's.
 *
 * It is draft 7, which the YAML extensions of editors know. Where a value stands, a variable may (`${NAME}`); where a
 * text stands, a secret file may.
 */
import type { SinkDefinition, SourceDefinition } from '../flow/connector.ts'
import type { TransformDefinition } from '../transforms/define.ts'
import {
  branchesOf,
  choicesOf,
  isSchemaNode,
  kindOf,
  propertiesOf,
  recordOf,
  requiredOf,
  type SchemaNode,
} from './schema-nodes.ts'
import {
  pipelineNamePattern,
  pipelineSettings,
  topicNamePattern,
  topicSettings,
  topSettings,
} from './structure.ts'

export interface Definitions {
  readonly sources: readonly SourceDefinition[]
  readonly sinks: readonly SinkDefinition[]
  readonly transforms: readonly TransformDefinition[]
}

const withVariable = { type: 'string', pattern: '\\$\\{' } as const
const secretFile = {
  type: 'object',
  required: ['file'],
  properties: { file: { type: 'string', description: 'File that holds the text.' } },
  additionalProperties: false,
} as const

const notesOf = (schema: SchemaNode): SchemaNode =>
  Object.fromEntries(
    ['description', 'default', 'examples'].filter((key) => key in schema).map((key) => [key, schema[key]]),
  )

/** A schema as editors need it: variables and secret files allowed. */
const editable = (schema: SchemaNode): SchemaNode => {
  const choices = choicesOf(schema)
  if (choices !== undefined) return { ...notesOf(schema), anyOf: [{ enum: choices }, withVariable] }
  if (branchesOf(schema).length > 0) return { ...notesOf(schema), anyOf: branchesOf(schema).map(editable) }
  switch (kindOf(schema)) {
    case 'object':
      return editableObject(schema)
    case 'array':
      return { ...schema, items: isSchemaNode(schema['items']) ? editable(schema['items']) : {} }
    case 'string': {
      const { secret: _secret, ...text } = schema
      return { ...notesOf(schema), anyOf: [text, withVariable, secretFile] }
    }
    case 'number':
    case 'boolean':
      return { ...notesOf(schema), anyOf: [schema, withVariable] }
    case 'null':
    case 'any':
      return schema
  }
}

const editableObject = (schema: SchemaNode): SchemaNode => {
  const record = recordOf(schema)
  const properties = Object.fromEntries(
    propertiesOf(schema).map(([name, property]) => [name, editable(property)]),
  )
  // What has a default need not be written.
  const required = requiredOf(schema).filter((name) => !hasDefault(schema, name))
  return {
    ...notesOf(schema),
    type: 'object',
    properties,
    ...(required.length === 0 ? {} : { required }),
    ...(isSchemaNode(schema['propertyNames']) ? { propertyNames: schema['propertyNames'] } : {}),
    additionalProperties: record === undefined ? false : editable(record[1]),
  }
}

const hasDefault = (schema: SchemaNode, name: string): boolean =>
  propertiesOf(schema).some(([key, property]) => key === name && 'default' in property)

const needsNothing = (schema: SchemaNode): boolean =>
  requiredOf(schema).every((name) => hasDefault(schema, name))

/** One key, naming the connector; its name alone where it needs no options. */
const connectorSchema = (
  definitions: readonly (SourceDefinition | SinkDefinition)[],
  words: string,
): SchemaNode => {
  const alone = definitions.filter((definition) => needsNothing({ ...definition.options }))
  const properties = definitions.map((definition): [string, SchemaNode] => {
    const options = editable({ ...definition.options })
    return [definition.name, { ...options, description: definition.summary }]
  })
  const mapping = {
    type: 'object',
    minProperties: 1,
    maxProperties: 1,
    properties: Object.fromEntries(properties),
    additionalProperties: false,
  }
  const names = { enum: alone.map((definition) => definition.name) }
  return { description: words, anyOf: alone.length === 0 ? [mapping] : [mapping, names] }
}

const transformSchema = (definition: TransformDefinition): SchemaNode => {
  const options = editable({ ...definition.options })
  const short = definition.shorthand === null ? [] : [{ type: 'string' }]
  return { description: definition.summary, anyOf: [options, ...short] }
}

const transformsSchema = (definitions: readonly TransformDefinition[]): SchemaNode => ({
  type: 'array',
  description: 'Steps between source and sink, in order.',
  items: {
    type: 'object',
    minProperties: 1,
    maxProperties: 2,
    properties: {
      id: {
        type: 'string',
        description: 'Name of the step, stable over edits. Default: the name of the transform.',
      },
      ...Object.fromEntries(definitions.map((definition) => [definition.name, transformSchema(definition)])),
    },
    additionalProperties: false,
  },
})

const pipelineSchema = (definitions: Definitions): SchemaNode => ({
  type: 'object',
  required: ['source', 'sink'],
  properties: {
    source: connectorSchema(definitions.sources, 'Where records come from.'),
    transforms: transformsSchema(definitions.transforms),
    sink: connectorSchema(definitions.sinks, 'Where records go.'),
    ...Object.fromEntries(
      Object.entries(pipelineSettings).map(([name, schema]) => [name, editable({ ...schema })]),
    ),
  },
  additionalProperties: false,
})

const named = (pattern: string, value: SchemaNode, description: string): SchemaNode => ({
  type: 'object',
  description,
  propertyNames: { pattern },
  additionalProperties: value,
})

/** The JSON Schema of a configuration. */
export const configurationSchema = (definitions: Definitions): SchemaNode => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Configuration of Sluice',
  type: 'object',
  properties: {
    ...Object.fromEntries(
      Object.entries(topSettings).map(([name, schema]) => [name, editable({ ...schema })]),
    ),
    topics: named(
      topicNamePattern,
      { anyOf: [editable({ ...topicSettings }), { type: 'null' }] },
      'Topics that Sluice makes when they are missing, by name.',
    ),
    pipelines: named(pipelineNamePattern, pipelineSchema(definitions), 'Pipelines, by name.'),
  },
  additionalProperties: false,
})
