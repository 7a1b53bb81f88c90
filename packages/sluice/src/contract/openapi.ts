/** The API as an OpenAPI 3.1 document. Schemas are JSON Schema already, so this only arranges them. */
import type { TSchema } from 'typebox'
import { catalogue, type FaultCode } from '../kernel/faults/index.ts'
import { type Endpoint, isRawBody, type Resource } from './endpoint.ts'
import { permissions } from './permissions.ts'
import { errorBody } from './schemas.ts'

type Json = Record<string, unknown>

/** Any entry may answer with these. */
const commonFaults: readonly FaultCode[] = ['REQUEST_INVALID', 'HOST_REFUSED', 'INTERNAL', 'UNAVAILABLE']
const keyFaults: readonly FaultCode[] = ['UNAUTHENTICATED', 'FORBIDDEN']
const sessionFaults: readonly FaultCode[] = ['CSRF_REFUSED']
const bodyFaults: readonly FaultCode[] = ['JSON_INVALID', 'BODY_TOO_LARGE', 'MEDIA_TYPE_UNSUPPORTED']

/** Every fault that an entry may answer with. */
export const faultsOf = (entry: Endpoint): readonly FaultCode[] => [
  ...new Set([
    ...commonFaults,
    ...(entry.open ? [] : keyFaults),
    ...(entry.open || entry.method === 'GET' ? [] : sessionFaults),
    ...(entry.body === null ? [] : bodyFaults),
    ...entry.faults,
  ]),
]

const isSchema = (value: unknown): value is TSchema & Json => typeof value === 'object' && value !== null

/** The schema of an optional field carries a mark of the library's that no reader needs. */
const plain = (schema: unknown): unknown => JSON.parse(JSON.stringify(schema))

const parametersOf = (entry: Endpoint): Json[] => {
  const of = (
    where: 'path' | 'query',
    fields: Readonly<Record<string, unknown>>,
    required: readonly string[],
  ) =>
    Object.entries(fields).map(([name, schema]) => ({
      name,
      in: where,
      required: where === 'path' || (required.includes(name) && !(isSchema(schema) && 'default' in schema)),
      ...(isSchema(schema) && typeof schema['description'] === 'string'
        ? { description: schema['description'] }
        : {}),
      schema: plain(schema),
    }))
  return [
    ...of('path', entry.params.properties, entry.params.required ?? []),
    ...of('query', entry.query.properties, entry.query.required ?? []),
  ]
}

/** What a caller may leave out because it has a default is not required in the document. */
export const relaxDefaults = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(relaxDefaults)
  if (!isSchema(schema)) return schema
  const relaxed: Json = {}
  for (const [key, value] of Object.entries(schema)) relaxed[key] = relaxDefaults(value)
  const { properties, required } = schema
  if (isSchema(properties) && Array.isArray(required)) {
    const needed = required.filter((name) => {
      const property: unknown = properties[String(name)]
      return !(isSchema(property) && 'default' in property)
    })
    if (needed.length > 0) relaxed['required'] = needed
    else delete relaxed['required']
  }
  return relaxed
}

const requestBodyOf = (entry: Endpoint): Json => {
  const { body } = entry
  if (body === null) return {}
  if (isRawBody(body)) {
    return {
      requestBody: {
        required: true,
        description: body.description,
        content: Object.fromEntries(body.types.map((type) => [type, { schema: {} }])),
      },
    }
  }
  return {
    requestBody: {
      required: true,
      content: { 'application/json': { schema: relaxDefaults(plain(body)) } },
    },
  }
}

const contentOf = (entry: Endpoint): Json => {
  const { answer } = entry
  switch (answer.kind) {
    case 'json':
      return { 'application/json': { schema: plain(answer.schema) } }
    case 'lines':
      return { 'application/x-ndjson': { schema: plain(answer.schema) } }
    case 'text':
      return { [answer.contentType]: { schema: { type: 'string' } } }
  }
}

const responsesOf = (entry: Endpoint): Json => {
  const responses: Json = {
    [entry.answer.status]: { description: entry.answer.description, content: contentOf(entry) },
  }
  const further = entry.answer.kind === 'json' ? (entry.answer.also ?? []) : []
  for (const { status, description } of further) {
    responses[status] = { description, content: contentOf(entry) }
  }
  const byStatus = Map.groupBy(faultsOf(entry), (code) => catalogue[code].http)
  for (const [status, codes] of byStatus) {
    responses[status] ??= {
      description: codes.map((code) => `\`${code}\`: ${catalogue[code].says}`).join(' '),
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
    }
  }
  return responses
}

const operationOf = (resource: Resource, key: string, entry: Endpoint): Json => ({
  operationId: `${resource.name}.${key}`,
  tags: [resource.name],
  summary: entry.summary,
  description:
    entry.permission === null
      ? entry.description
      : `${entry.description}\n\nNeeds the permission \`${entry.permission}\`: ${permissions[entry.permission]}`,
  parameters: parametersOf(entry),
  ...requestBodyOf(entry),
  responses: responsesOf(entry),
  ...(entry.open ? { security: [] } : {}),
})

/** Describes resources for tools that read OpenAPI. */
export const openApiOf = (resources: readonly Resource[], version: string): Json => {
  const paths: Record<string, Json> = {}
  for (const resource of resources) {
    for (const [key, entry] of Object.entries(resource.endpoints)) {
      const path = (paths[entry.path] ??= {})
      path[entry.method.toLowerCase()] = operationOf(resource, key, entry)
    }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Sluice', version, description: 'Governed event streaming.' },
    tags: resources.map(({ name, summary }) => ({ name, description: summary })),
    security: [{ key: [] }, { session: [] }],
    paths,
    components: {
      schemas: { Error: plain(errorBody) },
      securitySchemes: {
        key: {
          type: 'http',
          scheme: 'bearer',
          description: 'The admin key, or a key made for a person or service.',
        },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'sluice_session',
          description:
            'The session of a browser that signed in. Behind the name stands the port of the server, where it has one: ' +
            '`sluice_session_8080`. Calls that change something need the header `x-csrf-token` too.',
        },
      },
    },
  }
}
