/** The served OpenAPI document as a list of operations that a page can show and try. Pure: JSON goes in. */

export interface Parameter {
  readonly name: string
  readonly where: 'path' | 'query'
  readonly required: boolean
  readonly description: string
  /** Said of its type: `integer, 1 to 1000`. */
  readonly type: string
  /** What may be chosen; empty where anything may. */
  readonly choices: readonly string[]
  readonly preset: string
}

export interface Operation {
  readonly id: string
  readonly tag: string
  readonly method: string
  readonly path: string
  readonly summary: string
  readonly description: string
  readonly parameters: readonly Parameter[]
  /** A body to begin with; null where none is taken. */
  readonly body: string | null
  readonly answers: readonly { readonly status: string; readonly description: string }[]
  /** Goes on for as long as somebody listens: not to be tried here. */
  readonly endless: boolean
}

type Json = Readonly<Record<string, unknown>>

const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const jsonOf = (value: unknown): Json => (isJson(value) ? value : {})
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value)

const choicesOf = (schema: Json): readonly string[] => {
  if (Array.isArray(schema['enum'])) return schema['enum'].map(textOf)
  const constants = listOf(schema['anyOf']).map((one) => jsonOf(one)['const'])
  if (constants.length > 0 && constants.every((one) => one !== undefined)) return constants.map(textOf)
  return schema['type'] === 'boolean' ? ['false', 'true'] : []
}

const typeText = (schema: Json): string => {
  const type = textOf(schema['type'])
  const { minimum, maximum } = schema
  if (minimum !== undefined && maximum !== undefined)
    return `${type}, ${textOf(minimum)} to ${textOf(maximum)}`
  return minimum === undefined ? type : `${type}, at least ${textOf(minimum)}`
}

const parameterOf = (value: unknown): Parameter => {
  const given = jsonOf(value)
  const schema = jsonOf(given['schema'])
  return {
    name: textOf(given['name']),
    where: given['in'] === 'path' ? 'path' : 'query',
    required: given['required'] === true,
    description: textOf(given['description']),
    type: typeText(schema),
    choices: choicesOf(schema),
    preset: schema['default'] === undefined ? '' : textOf(schema['default']),
  }
}

const exampleDepthMax = 6

/** A value of the shape that a schema wants, to be filled in by whoever tries. */
const exampleOf = (value: unknown, depth = 0): unknown => {
  const schema = jsonOf(value)
  if (schema['default'] !== undefined) return schema['default']
  if (schema['const'] !== undefined) return schema['const']
  const [example] = listOf(schema['examples'])
  if (example !== undefined) return example
  const [choice] = listOf(schema['enum'])
  if (choice !== undefined) return choice
  const [first] = listOf(schema['anyOf'])
  if (first !== undefined) return exampleOf(first, depth)
  if (schema['type'] === 'object' && depth < exampleDepthMax) {
    const required = new Set(listOf(schema['required']))
    return Object.fromEntries(
      Object.entries(jsonOf(schema['properties']))
        .filter(([name, property]) => required.has(name) || jsonOf(property)['default'] !== undefined)
        .map(([name, property]) => [name, exampleOf(property, depth + 1)]),
    )
  }
  if (schema['type'] === 'array')
    return depth < exampleDepthMax ? [exampleOf(schema['items'], depth + 1)] : []
  if (schema['type'] === 'integer' || schema['type'] === 'number') return schema['minimum'] ?? 0
  return schema['type'] === 'boolean' ? false : ''
}

const bodyOf = (operation: Json): string | null => {
  const body = operation['requestBody']
  if (body === undefined) return null
  const content = jsonOf(jsonOf(body)['content'])
  const schema = jsonOf(content['application/json'])['schema']
  return schema === undefined ? '' : JSON.stringify(exampleOf(schema), null, 2)
}

const operationOf = (method: string, path: string, value: unknown): Operation => {
  const given = jsonOf(value)
  const responses = Object.entries(jsonOf(given['responses']))
  return {
    id: textOf(given['operationId']),
    tag: textOf(listOf(given['tags'])[0]),
    method: method.toUpperCase(),
    path,
    summary: textOf(given['summary']),
    description: textOf(given['description']),
    parameters: listOf(given['parameters']).map(parameterOf),
    body: bodyOf(given),
    answers: responses.map(([status, answer]) => ({
      status,
      description: textOf(jsonOf(answer)['description']),
    })),
    endless: responses.some(([, answer]) => 'application/x-ndjson' in jsonOf(jsonOf(answer)['content'])),
  }
}

/** Every operation, in the order of the document. */
export const operationsOf = (document: unknown): readonly Operation[] =>
  Object.entries(jsonOf(jsonOf(document)['paths'])).flatMap(([path, methods]) =>
    Object.entries(jsonOf(methods)).map(([method, operation]) => operationOf(method, path, operation)),
  )

/** The address with values filled in; what has no value is left out of the query. */
export const urlOf = (operation: Operation, values: Readonly<Record<string, string>>): string => {
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) =>
    encodeURIComponent(values[name] ?? ''),
  )
  const search = new URLSearchParams()
  for (const { name, where, preset } of operation.parameters) {
    const value = values[name] ?? ''
    if (where === 'query' && value !== '' && value !== preset) search.set(name, value)
  }
  const text = search.toString()
  return text === '' ? path : `${path}?${text}`
}

/** Names of parameters of the path that have no value yet. */
export const missingIn = (
  operation: Operation,
  values: Readonly<Record<string, string>>,
): readonly string[] =>
  operation.parameters
    .filter(({ name, required, preset }) => required && preset === '' && (values[name] ?? '') === '')
    .map(({ name }) => name)

/** The same call with curl; the key comes from its file, so that it stands in no history. */
export const curlOf = (method: string, url: string, body: string | null, origin: string): string =>
  [
    `curl${method === 'GET' ? '' : ` -X ${method}`} -H "Authorization: Bearer $(cat .sluice/admin.key)"`,
    ...(body === null
      ? []
      : [
          `-H 'content-type: application/json' -d '${body.replaceAll(/\s*\n\s*/g, ' ').replaceAll("'", `'\\''`)}'`,
        ]),
    `'${origin}${url}'`,
  ].join(' \\\n  ')
