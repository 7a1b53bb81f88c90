import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { sinks, sources } from '../connectors/index.ts'
import { transforms } from '../transforms/index.ts'
import type { Configuration } from './configuration.ts'
import { differences } from './differences.ts'
import { formatFinding } from './findings.ts'
import { lintConfig } from './lint.ts'
import { quickstart } from './quickstart.ts'
import { referencePages } from './reference.ts'
import { configurationSchema } from './schema.ts'
import { isSchemaNode, propertiesOf, type SchemaNode } from './schema-nodes.ts'

const definitions = { sources, sinks, transforms }

const lint = (text: string, environment: Readonly<Record<string, string>> = {}) => {
  const result = lintConfig(text, {
    fileName: 'sluice.yaml',
    environment,
    readSecretFile: () => 'secret',
    readJson: () => ({ type: 'object' }),
    pathOf: (path) => `/etc/sluice/${path}`,
    ...definitions,
  })
  return { ...result, lines: result.findings.map(formatFinding) }
}

const configured = (text: string, environment: Readonly<Record<string, string>> = {}): Configuration => {
  const { configuration, lines } = lint(text, environment)
  if (configuration === null) throw new Error(lines.join('\n'))
  return configuration
}

describe('the quickstart', () => {
  test('is sound', () => {
    expect(lint(quickstart).lines).toEqual([])
    expect(configured(quickstart).pipelines.map((pipeline) => pipeline.name)).toEqual([
      'generated-sensors',
      'sensor-data',
      'machine',
      'host-metrics',
    ])
  })

  test('reads files too where a folder is given', () => {
    const { pipelines, disabled } = configured(quickstart, { SENSORS_DIR: '/data' })
    expect(disabled).toEqual([])
    expect(pipelines.find((pipeline) => pipeline.name === 'beijing-air')?.source).toMatchObject({
      use: 'file',
      options: { path: '/data/beijing_air_*.csv.gz' },
    })
  })
})

describe('the schema for editors', () => {
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(
    configurationSchema(definitions),
  )
  const accepts = (text: string): boolean => validate(parse(text))

  test.each([
    ['the quickstart', quickstart],
    ['variables anywhere', 'workers: ${N}\nkafka: ${KAFKA}\nhttp: { allow_remote: "${REMOTE}" }'],
    ['secret files', 'database: { url: { file: /run/secrets/url } }'],
    [
      'short forms',
      'pipelines: { p: { source: host, transforms: [{ filter: a }], sink: { kafka: { topic: t } } } }',
    ],
  ])('accepts %s', (_, text) => {
    expect(accepts(text)).toBe(true)
  })

  test.each([
    ['an unknown key', 'foo: 1'],
    ['a wrong type', 'workers: many'],
    [
      'an unknown option',
      'pipelines: { p: { source: { host: { evry: 1s } }, sink: { kafka: { topic: t } } } }',
    ],
    [
      'an unknown transform',
      'pipelines: { p: { source: host, transforms: [{ fliter: a }], sink: { kafka: { topic: t } } } }',
    ],
    ['a pipeline without sink', 'pipelines: { p: { source: host } }'],
    [
      'a duration without unit',
      'pipelines: { p: { source: { host: { every: "5" } }, sink: { kafka: { topic: t } } } }',
    ],
  ])('refuses %s, and so does the linter', (_, text) => {
    expect(accepts(text)).toBe(false)
    expect(lint(text).configuration).toBeNull()
  })
})

describe('definitions', () => {
  const undescribed = (schema: SchemaNode, path: string): string[] =>
    propertiesOf(schema).flatMap(([name, option]) => [
      ...(typeof option['description'] === 'string' ? [] : [`${path}.${name}`]),
      ...undescribed(option, `${path}.${name}`),
    ])

  test.each([...sources, ...sinks, ...transforms])('$kind $name describes every option', (definition) => {
    expect(undescribed({ ...definition.options }, definition.name)).toEqual([])
    expect(definition.summary).toMatch(/^[A-Z].*\.$/)
  })

  test('every default fits its own option', () => {
    const misfits = [...sources, ...sinks, ...transforms].flatMap((definition) => {
      const ajv = new Ajv({ strict: false, validateFormats: false })
      return propertiesOf({ ...definition.options })
        .filter(
          ([, option]) =>
            'default' in option && !ajv.validate({ ...option, required: [] }, option['default']),
        )
        .map(([name]) => `${definition.kind} ${definition.name}: ${name}`)
    })
    expect(misfits).toEqual([])
  })

  test('reference pages name every connector, transform and top setting', () => {
    const pages = referencePages(definitions)
    for (const { name } of [...sources, ...sinks]) expect(pages['connectors.md']).toContain(`## ${name} `)
    for (const { name } of transforms) expect(pages['transforms.md']).toContain(`## ${name}`)
    const schema = configurationSchema(definitions)
    const properties = isSchemaNode(schema['properties']) ? Object.keys(schema['properties']) : []
    for (const name of properties) expect(pages['configuration.md']).toContain(`\`${name}\``)
  })
})

describe('differences', () => {
  const text = [
    'topics: { a: { partitions: 1 }, b: {} }',
    'pipelines:',
    '  one: { source: host, sink: { kafka: { topic: a } } }',
    '  two: { source: host, sink: { kafka: { topic: b } } }',
  ].join('\n')

  test.each<[string, (text: string) => string, object]>([
    ['nothing', (same) => same, {}],
    [
      'spacing, order and words',
      (same) => same.replace('{ source: host, ', '{ description: "x",   source: { host: {} }, '),
      {},
    ],
    [
      'an option',
      (same) => same.replace('topic: b', 'topic: b, acks: "1"'),
      { pipelines: { changed: ['two'] } },
    ],
    ['a pipeline less', (same) => same.replace(/ {2}two.*/, ''), { pipelines: { removed: ['two'] } }],
    [
      'a pipeline more',
      (same) => `${same}\n  three: { source: host, sink: { kafka: { topic: a } } }`,
      { pipelines: { added: ['three'] } },
    ],
    [
      'a topic',
      (same) => same.replace('partitions: 1', 'partitions: 2').replace('b: {}', 'c: {}'),
      { topics: { changed: ['a'], added: ['c'], removed: ['b'] } },
    ],
    [
      'what needs a restart',
      (same) => `workers: 3\nhttp: { listen: "127.0.0.1:9" }\n${same}`,
      { restart: ['http', 'workers'] },
    ],
  ])('%s', (_, change, expected) => {
    const none = { added: [], changed: [], removed: [] }
    const found = differences(configured(text), configured(change(text)))
    const {
      pipelines = {},
      topics = {},
      restart = [],
    } = expected as {
      pipelines?: object
      topics?: object
      restart?: string[]
    }
    expect(found).toEqual({
      pipelines: { ...none, ...pipelines },
      topics: { ...none, ...topics },
      restart,
    })
  })
})

describe('the postgres sink is examined', () => {
  const table = (options: string): readonly string[] =>
    lint(`pipelines:\n  p:\n    source: host\n    sink: { postgres: { table: t, ${options} } }`).lines.map(
      (line) => line.replace(/^sluice\.yaml:4:\d+: /, ''),
    )

  test.each([
    ['columns: { id: text }, key: idd', ['the key "idd" is no column; did you mean "id"?']],
    ['columns: { id: text }, key: [id, x]', ['the key "x" is no column; known: id']],
    ['columns: { "a b": text }', ['"a b" is no name for columns; names match ^[A-Za-z_][A-Za-z0-9_]*$']],
    [
      'columns: { a: { type: text, from: foo.a } }',
      ['"foo.a" is no path; write event.a, or meta. and one of id, key, time, lane, topic, offset, headers'],
    ],
    [
      'columns: { id: text }, identity: id',
      ['"id" is one of the columns already; the sink fills it itself: take it out of columns'],
    ],
    [
      'columns: { ts: text }, indexes: [[ts desc, st]]',
      ['the index names no column "st"; did you mean "ts"?'],
    ],
    [
      'columns: { ts: text }, indexes: [[ts down]]',
      ['"ts down" is no column of an index; write ts, or ts desc'],
    ],
    ['columns: {}', ['there are no columns; name some: { id: text }']],
    ['columns: { a: text }, identity: id, indexes: [[id]]', []],
  ])('%s', (options, expected) => {
    expect(table(options)).toEqual(expected)
  })
})
