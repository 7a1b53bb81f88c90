/** The reference pages of the API and of the metrics, from the contract: what is in no entry is in no page. */
import {
  branchesOf,
  choicesOf,
  isSchemaNode,
  kindOf,
  propertiesOf,
  recordOf,
  requiredOf,
  type SchemaNode,
  textOf,
  wordsOf,
} from '../../packages/sluice/src/config/schema-nodes.ts'
import { type Endpoint, isRawBody, type Resource } from '../../packages/sluice/src/contract/endpoint.ts'
import type { MetricDefinition } from '../../packages/sluice/src/contract/metrics.ts'
import { faultsOf } from '../../packages/sluice/src/contract/openapi.ts'
import { permissions } from '../../packages/sluice/src/contract/permissions.ts'
import { catalogue } from '../../packages/sluice/src/kernel/faults/index.ts'
import { code, page, table } from './markdown.ts'

/** Left out of each entry's list because every entry has them. */
const everywhere: ReadonlySet<string> = new Set([
  'REQUEST_INVALID',
  'HOST_REFUSED',
  'INTERNAL',
  'UNAVAILABLE',
  'UNAUTHENTICATED',
  'FORBIDDEN',
])

export const nodeOf = (schema: unknown): SchemaNode => (isSchemaNode(schema) ? schema : {})

const isNull = (schema: SchemaNode): boolean => kindOf(schema) === 'null'

export const shapeOf = (schema: SchemaNode): string => {
  const choices = choicesOf(schema)
  if (choices !== undefined) return choices.map((choice) => code(JSON.stringify(choice))).join(', ')
  const branches = branchesOf(schema)
  if (branches.length > 0)
    return branches.map((branch) => (isNull(branch) ? 'null' : shapeOf(branch))).join(' or ')
  const items = schema['items']
  if (isSchemaNode(items)) return `list of ${shapeOf(items).replace(/^an? /, '')}`
  if (kindOf(schema) === 'object')
    return recordOf(schema) === undefined || propertiesOf(schema).length > 0
      ? 'object'
      : 'object with any names'
  return schema['format'] === 'date-time' ? 'time, ISO 8601' : wordsOf(schema)
}

export const descriptionOf = (schema: SchemaNode): string =>
  textOf(schema['description']) ||
  branchesOf(schema)
    .map(descriptionOf)
    .find((text) => text !== '') ||
  ''

export const presetOf = (schema: SchemaNode, isRequired: boolean): string => {
  const preset = schema['default']
  if (preset !== undefined) return code(JSON.stringify(preset))
  return isRequired ? '**required**' : ''
}

/** Rows of fields, with those of inner objects after them: `ledger.in`, `data[].name`. */
export const fieldRows = (
  schema: SchemaNode,
  prefix: string,
): readonly (readonly [string, SchemaNode, boolean])[] => {
  const inner = branchesOf(schema).filter((branch) => !isNull(branch))
  if (inner.length > 0) return inner.flatMap((branch) => fieldRows(branch, prefix))
  const items = schema['items']
  if (isSchemaNode(items)) return fieldRows(items, `${prefix}[]`)
  const required = requiredOf(schema)
  return propertiesOf(schema).flatMap(([name, property]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`
    return [[path, property, required.includes(name)] as const, ...fieldRows(property, path)]
  })
}

const inputTable = (entry: Endpoint): readonly string[] => {
  const of = (where: string, schema: SchemaNode) =>
    fieldRows(schema, '').map(([name, field, isRequired]) => [
      code(name),
      where,
      shapeOf(field),
      presetOf(field, isRequired),
      descriptionOf(field),
    ])
  const { body } = entry
  const bodyRows =
    body === null
      ? []
      : isRawBody(body)
        ? [['', `body, ${body.types.join(' or ')}`, 'bytes', '**required**', body.description]]
        : of('body', nodeOf(body))
  return table(
    ['Input', 'In', 'Takes', 'Default', 'Means'],
    [...of('path', nodeOf(entry.params)), ...of('query', nodeOf(entry.query)), ...bodyRows],
  )
}

const answerLines = (entry: Endpoint): readonly string[] => {
  const { answer } = entry
  if (answer.kind === 'text')
    return [`Answers ${answer.status}, ${answer.contentType}: ${answer.description}`, '']
  const how = answer.kind === 'lines' ? ', one JSON document a line' : ''
  const also = answer.kind === 'json' ? (answer.also ?? []) : []
  return [
    `Answers ${answer.status}${how}: ${answer.description}${also.map(({ status, description }) => ` Or ${status}, with the same body: ${description}`).join('')}`,
    '',
    ...table(
      ['Field', 'Is', 'Means'],
      fieldRows(nodeOf(answer.schema), '').map(([name, field]) => [
        code(name),
        shapeOf(field),
        descriptionOf(field),
      ]),
    ),
  ]
}

const errorLine = (entry: Endpoint): readonly string[] => {
  const own = faultsOf(entry).filter((fault) => !everywhere.has(fault))
  if (own.length === 0) return []
  return [`Errors: ${own.map((fault) => `${catalogue[fault].http} ${code(fault)}`).join(', ')}.`, '']
}

const headOf = ({ method, path }: Endpoint): string => `${method} ${path}`

const entrySection = (entry: Endpoint): readonly string[] => [
  `### ${headOf(entry)}`,
  '',
  `${entry.summary}. ${entry.description}`,
  '',
  entry.permission === null
    ? 'Open to everybody.'
    : `Permission ${code(entry.permission)}${entry.audit === null ? '' : `; in the audit log as ${code(entry.audit)}`}.`,
  '',
  ...inputTable(entry),
  ...answerLines(entry),
  ...errorLine(entry),
]

/** The heading's anchor, as Markdown viewers make it. */
const anchorOf = (entry: Endpoint): string =>
  headOf(entry)
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')

export const apiPage = (resources: readonly Resource[]): string => {
  const entries = resources.flatMap((resource) => Object.values(resource.endpoints))
  return page([
    '# REST API',
    '',
    'The server tells the same of itself as OpenAPI 3.1 at `/openapi.json`.',
    '',
    '- What changes is pushed over one WebSocket: the [live feed](live.md).',
    '- Calls carry `Authorization: Bearer KEY`. The first start makes `admin.key` in the data directory.',
    '- Bodies are JSON in UTF-8; names are `snake_case`, times ISO 8601 in UTC, 64-bit numbers text.',
    '- What is no success has the body `{error, details, code, request_id}`: what is wrong, in `details.fix` what to do, in',
    '  `details.problems` every field that is wrong. Codes are in [faults](faults.md).',
    '- Every call may answer 400 `REQUEST_INVALID`, 421 `HOST_REFUSED`, 500 `INTERNAL` and 503 `UNAVAILABLE`; every call that is not open',
    '  also 401 `UNAUTHENTICATED` and 403 `FORBIDDEN`.',
    '',
    ...table(
      ['Call', 'Does', 'Permission'],
      entries.map((entry) => [
        `[${headOf(entry)}](#${anchorOf(entry)})`,
        entry.summary,
        entry.permission === null ? 'open' : code(entry.permission),
      ]),
    ),
    ...resources.flatMap((resource) => [
      `## ${resource.name}`,
      '',
      resource.summary,
      '',
      ...Object.values(resource.endpoints).flatMap(entrySection),
    ]),
    '## Permissions',
    '',
    ...table(
      ['Permission', 'Allows'],
      Object.entries(permissions).map(([name, says]) => [code(name), says]),
    ),
  ])
}

export const metricsPage = (metrics: readonly MetricDefinition[]): string =>
  page([
    '# Metrics',
    '',
    '`GET /metrics` gives them in Prometheus’ text format 0.0.4. It asks for a key with the permission `metrics:read`:',
    '',
    '```yaml',
    'scrape_configs:',
    '  - job_name: sluice',
    '    authorization: { credentials_file: /path/to/.sluice/admin.key }',
    "    static_configs: [{ targets: ['127.0.0.1:8080'] }]",
    '```',
    '',
    ...table(
      ['Metric', 'Type', 'Labels', 'Means'],
      metrics.map(({ name, type, labels, help }) => [code(name), type, labels.map(code).join(', '), help]),
    ),
  ])
