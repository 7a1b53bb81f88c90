import { Type } from 'typebox'
import { describe, expect, test } from 'vitest'
import { defineSink, defineSource } from '../flow/connector.ts'
import { durationPattern } from '../kernel/units.ts'
import { transforms } from '../transforms/index.ts'
import { formatFinding } from './findings.ts'
import { type LintOptions, lintConfig } from './lint.ts'

const never = (): Promise<never> => Promise.reject(new Error('not opened in these tests'))
const guarantee = { delivery: 'at least once', order: 'none', because: 'it is for tests' } as const

const kafkaSource = defineSource({
  name: 'kafka',
  summary: '',
  details: '',
  guarantee,
  ownership: 'group',
  runsOn: 'worker',
  open: never,
  options: Type.Object(
    {
      topic: Type.String({ description: 'Topic to read.' }),
      start: Type.Union([Type.Literal('earliest'), Type.Literal('latest')], { default: 'earliest' }),
      idle: Type.String({ pattern: durationPattern, default: '5s' }),
    },
    { additionalProperties: false },
  ),
})

const hostSource = defineSource({
  ...kafkaSource,
  name: 'host',
  options: Type.Object({}, { additionalProperties: false }),
})

const kafkaSink = defineSink({
  name: 'kafka',
  summary: '',
  details: '',
  guarantee,
  open: never,
  options: Type.Object(
    { topic: Type.String(), key: Type.Optional(Type.String()) },
    { additionalProperties: false },
  ),
})

const tableSink = defineSink({
  name: 'table',
  summary: '',
  details: '',
  guarantee,
  open: never,
  examine: (options) =>
    JSON.stringify(options).includes('"key":"missing"')
      ? [{ path: ['key'], offset: null, problem: 'the key "missing" is no column', fix: 'name a column' }]
      : [],
  options: Type.Object(
    {
      table: Type.String({
        pattern: '^[a-z_]+$',
        examples: ['readings'],
        description: 'Table to write to. More.',
      }),
      columns: Type.Record(
        Type.String(),
        Type.Union([
          Type.Union([Type.Literal('text'), Type.Literal('integer')]),
          Type.Object({ type: Type.Literal('text'), from: Type.String() }, { additionalProperties: false }),
        ]),
      ),
      key: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String(), { minItems: 1 })])),
      connections: Type.Integer({ minimum: 1, maximum: 32, default: 4 }),
      password: Type.Optional(Type.String({ minLength: 3 })),
    },
    { additionalProperties: false },
  ),
})

const files: Readonly<Record<string, string>> = {
  'secret.txt': 'hunter2\n',
  'order.json': '{"type":"object","properties":{"amount":{"type":"number"}}}',
}

const read = (path: string): string => {
  const text = files[path]
  if (text === undefined) throw new Error(`there is no file ${path}`)
  return text
}

const options: LintOptions = {
  fileName: 'sluice.yaml',
  environment: { PASSWORD: 'tiptop-secret', EMPTY: '', PORT: '9', TOPIC: 'from-env', BAD: 'evnt.secret > 1' },
  readSecretFile: read,
  readJson: (path) => JSON.parse(read(path)) as unknown,
  pathOf: (path) => `/etc/sluice/${path}`,
  sources: [kafkaSource, hostSource],
  sinks: [kafkaSink, tableSink],
  transforms,
}

const lint = (text: string) => {
  const result = lintConfig(text, options)
  return { ...result, lines: result.findings.map(formatFinding) }
}

/** A pipeline `p` around what is under test; its lines begin at 3. */
const pipeline = (...lines: readonly string[]): string =>
  ['pipelines:', '  p:', ...lines.map((line) => `    ${line}`), ''].join('\n')

const source = 'source: { kafka: { topic: orders } }'
const sink = 'sink: { kafka: { topic: out } }'

describe('every mistake is told at its place, with what would be right', () => {
  test.each<[string, string, readonly string[]]>([
    ['nothing', '', ['1:1: the configuration is empty; begin with pipelines:']],
    ['a list', '- a', ['1:1: the configuration must be a mapping, not a list; begin with pipelines:']],
    [
      'an unknown key',
      'pipelins: {}',
      ['1:1: the configuration has no "pipelins"; did you mean "pipelines"?'],
    ],
    ['a key twice', 'workers: 1\nworkers: 2', ['2:1: the key "workers" stands twice; keep one of them']],
    [
      'a wrong type',
      'workers: many',
      [
        '1:10: workers must be a whole number from 0 to 256, not "many"; Worker processes that `sluice up` starts on this machine',
      ],
    ],
    [
      'a number out of range',
      'workers: 1000',
      [
        '1:10: workers must be a whole number from 0 to 256, not 1000; Worker processes that `sluice up` starts on this machine',
      ],
    ],
    ['a bad choice', 'log: { level: inof }', ['1:15: level cannot be "inof"; did you mean "info"?']],
    [
      'an address that is none',
      'kafka: { brokers: [broker] }',
      ['1:20: item 1 of brokers cannot be "broker"; for example "broker-1.example:9092"'],
    ],
    ['kafka that is neither', 'kafka: embeded', ['1:8: kafka cannot be "embeded"; did you mean "embedded"?']],
    [
      'a missing part',
      'database: {}',
      ['1:11: database lacks "url"; add url: Address of a PostgreSQL 15 or newer'],
    ],
    [
      'listening to everybody',
      'http: { listen: "0.0.0.0:80" }',
      [
        '1:17: http.listen is reachable beyond this machine: "0.0.0.0:80"; listen on 127.0.0.1, or set allow_remote: true behind a proxy that ends TLS',
      ],
    ],
    [
      'a topic name',
      'topics: { "12": {}, a b: {}, __x: {} }',
      [
        '1:11: the topic name "12" has digits only; add a letter: numbers are ids of topics',
        '1:21: "a b" is no name for a topic; letters, digits, ".", "_" and "-", at most 249',
        '1:30: the topic name "__x" is reserved; names that begin with __ are internal',
      ],
    ],
    [
      'a topic schema that is not there',
      'topics:\n  orders: { schema: nope.json }',
      ['2:21: the schema "nope.json" cannot be read: there is no file nope.json; check the path'],
    ],
    [
      'a pipeline name',
      'pipelines: { Orders: { source: host, sink: { kafka: { topic: a } } } }',
      ['1:14: "Orders" is no name for a pipeline; small letters, digits and "-", a letter first, at most 63'],
    ],
    [
      'a pipeline without parts',
      pipeline('description: x'),
      [
        '3:5: the pipeline p lacks "source"; add source: { kafka: { topic: … } }',
        '3:5: the pipeline p lacks "sink"; add sink: { kafka: { topic: … } }',
      ],
    ],
    [
      'an unknown connector',
      pipeline('source: { kafak: { topic: a } }', sink),
      ['3:15: there is no source "kafak"; did you mean "kafka"?'],
    ],
    [
      'a sink that is only a source',
      pipeline(source, 'sink: host'),
      ['4:11: there is no sink "host"; known: kafka, table'],
    ],
    [
      'two connectors',
      pipeline('source: { kafka: { topic: a }, host: {} }', sink),
      ['3:36: source names more than one: kafka and host; keep one of them'],
    ],
    [
      'an unknown option',
      pipeline('source: { kafka: { topc: a } }', sink),
      [
        '3:22: the kafka source lacks "topic"; add topic: Topic to read',
        '3:24: the kafka source has no "topc"; did you mean "topic"?',
      ],
    ],
    [
      'a duration without unit',
      pipeline('source: { kafka: { topic: a, idle: 5 } }', sink),
      ['3:40: idle must be a duration like 500ms, 5s or 2h, not 5; give it a unit'],
    ],
    [
      'a number for text',
      pipeline('source: { kafka: { topic: 7 } }', sink),
      ['3:31: topic must be text, not 7; put it in quotes'],
    ],
    [
      'a column type',
      pipeline(
        source,
        'sink:',
        '  table:',
        '    table: Readings',
        '    columns: { a: txt, b: { type: text }, c: [x] }',
      ),
      [
        '6:16: table cannot be "Readings"; for example "readings"',
        '7:23: a cannot be "txt"; did you mean "text"?',
        '7:31: the table sink lacks "from"; add from: …',
        '7:50: c must be text, integer or a mapping, not a list; change it',
      ],
    ],
    [
      'what only the connector knows',
      pipeline(source, 'sink: { table: { table: a, columns: {}, key: missing } }'),
      ['4:50: the key "missing" is no column; name a column'],
    ],
    [
      'an unknown transform',
      pipeline(source, sink, 'transforms:', '  - fliter: event.a'),
      ['6:9: there is no transform "fliter"; did you mean "filter"?'],
    ],
    [
      'transforms that are no list',
      pipeline(source, sink, 'transforms: { filter: a }'),
      ['5:17: transforms must be a list, not a mapping; begin each with a dash: - filter: …'],
    ],
    [
      'an id twice',
      pipeline(source, sink, 'transforms:', '  - { id: a, filter: "true" }', '  - { id: a, filter: "true" }'),
      ['7:15: two transforms have the id "a"; give each its own'],
    ],
    [
      'a loop',
      pipeline(source, 'sink: { kafka: { topic: orders } }'),
      ['4:29: the pipeline p writes to the topic that it reads: it would never end; write to another topic'],
    ],
    [
      'a merge key',
      'log: { <<: { level: info } }',
      ['1:8: YAML 1.2 has no merge key <<; write the keys out'],
    ],
    ['an alias to nothing', 'workers: *n', ['1:10: there is no anchor &n; define it before it is used']],
    ['tabs', 'log:\n\tlevel: info', ['2:1: tabs are not allowed as indentation; indent with spaces']],
    [
      'two documents',
      'workers: 1\n---\nworkers: 2',
      [
        '2:1: source contains multiple documents; please use YAML.parseAllDocuments(); keep everything in one document, without a second ---',
      ],
    ],
    [
      'a tag',
      'workers: !!js/function x',
      ['1:10: unresolved tag: tag:yaml.org,2002:js/function; take the tag out'],
    ],
  ])('%s', (_, text, expected) => {
    const { lines, configuration } = lint(text)
    expect(lines).toEqual(expected.map((line) => `sluice.yaml:${line}`))
    expect(configuration).toBeNull()
  })

  test('all of them at once', () => {
    const text = [
      'workers: x',
      'topics: { "1": {} }',
      'pipelines:',
      '  a: { source: hots, sink: { kafka: {} } }',
      'foo: 1',
    ]
    expect(lint(text.join('\n')).findings.map(({ line, column }) => [line, column])).toEqual([
      [1, 10],
      [2, 11],
      [4, 16],
      [4, 37],
      [5, 1],
    ])
  })
})

describe('a mistake in an expression is told at its column', () => {
  test.each<[string, readonly string[], string]>([
    [
      'plain',
      ['- filter: evnt.a > 1'],
      '6:17: the expression is wrong: unknown variable `evnt`; Did you mean `event`?',
    ],
    [
      'plain, later',
      ['- filter: event.a > 1 && evnt.b'],
      '6:32: the expression is wrong: unknown variable `evnt`; Did you mean `event`?',
    ],
    [
      'single quotes',
      ["- filter: 'event.a == ''x'' && evnt.b'"],
      '6:38: the expression is wrong: unknown variable `evnt`; Did you mean `event`?',
    ],
    [
      'double quotes',
      ['- filter: "event.a == \\"x\\" && evnt.b"'],
      '6:38: the expression is wrong: unknown variable `evnt`; Did you mean `event`?',
    ],
    [
      'literal block',
      ['- filter: |', '    event.a > 1 &&', '    evnt.b'],
      '8:11: the expression is wrong: unknown variable `evnt`; Did you mean `event`?',
    ],
    [
      'folded block',
      ['- filter: >', '    event.a > 1 &&', '    evnt.b'],
      '8:11: the expression is wrong: unknown variable `evnt`; Did you mean `event`?',
    ],
    [
      'in a map of fields',
      ['- map: { fields: { a: event.a, b: 1 + } }'],
      '6:44: the expression is wrong: it ends too early; Expressions are CEL: `event.amount > 100 && event.type == "payment"`',
    ],
    [
      'a field the schema does not have',
      ['- validate: order.json', '- filter: event.amuont > 1'],
      '7:23: the expression is wrong: no such key `amuont`; Did you mean `amount`?',
    ],
  ])('%s', (_, steps, expected) => {
    const text = pipeline(source, sink, 'transforms:', ...steps.map((line) => `  ${line}`))
    expect(lint(text).lines).toEqual([`sluice.yaml:${expected}`])
  })

  test('what a topic declares is known to its readers', () => {
    const text = `topics: { orders: { schema: order.json } }\n${pipeline(source, sink, 'transforms: [{ filter: event.amuont > 1 }]')}`
    expect(lint(text).lines[0]).toContain('Did you mean `amount`?')
  })
})

describe('variables and secrets', () => {
  const table = (password: string): string =>
    pipeline(source, `sink: { table: { table: a, columns: {}, password: ${password} } }`)

  test('are put in everywhere, in flow mappings too, and may be numbers', () => {
    const text = `workers: \${PORT}\n${pipeline('source: { kafka: { topic: ${TOPIC} } }', 'sink: { kafka: { topic: "x-${TOPIC}-${NONE:-y}", key: $${K} } }')}`
    const { configuration, lines } = lint(text)
    expect(lines).toEqual([])
    expect(configuration?.workers).toBe(9)
    expect(configuration?.pipelines[0]?.source.options).toMatchObject({ topic: 'from-env' })
    expect(configuration?.pipelines[0]?.sink.options).toEqual({ topic: 'x-from-env-y', key: '${K}' })
  })

  test.each([
    ['${MISSING}', '4:55: the variable MISSING is not set; set it, or give a default: ${MISSING:-…}'],
    ['"a${MISSING}"', '4:57: the variable MISSING is not set; set it, or give a default: ${MISSING:-…}'],
    ['${not-a-name}', '4:55: ${not-a-name} is not a variable; write ${NAME} or ${NAME:-default}'],
    ['{ file: nope.txt }', '4:63: the secret file cannot be read: there is no file nope.txt; check the path'],
    ['{ file: [] }', '4:55: file of password must be a path; write { file: path/of/secret }'],
    ['${EMPTY}', '4:55: password is too short; at least 3 characters'],
  ])('%s', (password, expected) => {
    expect(lint(table(password)).lines).toEqual([`sluice.yaml:${expected}`])
  })

  test('a secret file gives its text without the last line break', () => {
    expect(lint(table('{ file: secret.txt }')).configuration?.pipelines[0]?.sink.options).toMatchObject({
      password: 'hunter2',
    })
  })

  test.each([
    ['a choice', 'log: { level: "${PASSWORD}" }'],
    ['a number', 'workers: "${PASSWORD}"'],
    ['a pattern', 'database: { url: "${PASSWORD}" }'],
    ['an address', 'http: { listen: "${PASSWORD}" }'],
    ['an expression', pipeline(source, sink, 'transforms: [{ filter: "${BAD}" }]')],
    ['a topic', pipeline('source: { kafka: { topic: "${PASSWORD} x" } }', sink)],
    ['a connector', pipeline('source: "${PASSWORD}"', sink)],
    ['an id', pipeline(source, sink, 'transforms: [{ id: "${BAD}", filter: "true" }]')],
    ['a column type', pipeline(source, 'sink: { table: { table: a, columns: { x: "${PASSWORD}" } } }')],
  ])('no finding shows a value that came from a variable: %s', (_, text) => {
    const { lines } = lint(text)
    expect(lines.length).toBeGreaterThan(0)
    expect(lines.join('\n')).not.toMatch(/tiptop-secret|evnt\.secret/)
    expect(lines.join('\n')).toMatch(/\$\{/)
  })

  test('fingerprints do not hold secrets, but tell every other change', () => {
    const of = (text: string, environment: LintOptions['environment']) =>
      lintConfig(text, { ...options, environment }).configuration?.pipelines[0]?.fingerprint
    const text = table('${PASSWORD}')
    expect(of(text, { PASSWORD: 'first-one' })).toMatch(/^[0-9a-f]{32}$/)
    expect(of(text, { PASSWORD: 'first-one' })).toBe(of(text, { PASSWORD: 'another' }))
    const topics = pipeline('source: { kafka: { topic: ${TOPIC} } }', sink)
    expect(of(topics, { TOPIC: 'a' })).not.toBe(of(topics, { TOPIC: 'b' }))
  })

  test('fingerprints follow what the files say that a pipeline names', () => {
    const validate = 'transforms: [{ validate: { schema: order.json } }]'
    const text = pipeline('source: { kafka: { topic: orders } }', validate, sink)
    const of = (schema: object) =>
      lintConfig(text, { ...options, readJson: () => schema }).configuration?.pipelines[0]?.fingerprint
    expect(of({ type: 'object' })).toMatch(/^[0-9a-f]{32}$/)
    expect(of({ type: 'object' })).not.toBe(of({ type: 'object', required: ['id'] }))
  })
})

describe('what a file says', () => {
  test('defaults are filled in, shorthands unfolded, steps named', () => {
    const text = [
      'topics:',
      '  orders: { partitions: 3, configs: { retention.ms: 1000 } }',
      '  out:',
      'pipelines:',
      '  orders:',
      '    source: { kafka: { topic: orders } }',
      '    transforms:',
      '      - filter: event.a > 1',
      '      - { id: shape, map: { set: { b: event.a } } }',
      '      - filter: { where: has(event.b), on_error: drop }',
      '    sink: { table: { table: t, columns: { a: integer } } }',
      '    retry: { most: 1m }',
      '  machine:',
      '    source: host',
      '    sink: { kafka: { topic: out } }',
    ].join('\n')
    const { configuration, lines } = lint(text)
    expect(lines).toEqual([])
    expect(configuration).toMatchObject({
      namespace: 'sluice',
      kafka: 'embedded',
      database: 'embedded',
      http: { listen: '127.0.0.1:8080', allowRemote: false },
      workers: 1,
      log: { level: 'info', format: 'text', keepMs: 604_800_000, keepBytes: 268_435_456 },
      topics: [
        { name: 'orders', partitions: 3, replicationFactor: 1, configs: { 'retention.ms': '1000' } },
        { name: 'out', partitions: 1 },
      ],
      pipelines: [
        {
          name: 'orders',
          source: { use: 'kafka', options: { topic: 'orders', start: 'earliest', idle: '5s' } },
          steps: [
            { id: 'filter', use: 'filter', options: { where: 'event.a > 1', on_error: 'dead' } },
            { id: 'shape', use: 'map', options: { set: { b: 'event.a' }, on_error: 'dead' } },
            { id: 'filter-2', use: 'filter', options: { where: 'has(event.b)', on_error: 'drop' } },
          ],
          sink: { use: 'table', options: { table: 't', columns: { a: 'integer' }, connections: 4 } },
          retry: { firstMs: 100, mostMs: 60_000, degradedAfter: 5 },
        },
        { name: 'machine', source: { use: 'host', options: {} } },
      ],
    })
  })

  test('a pipeline that is switched off may lack its variables, not its sense', () => {
    const off = (enabled: string, topic: string) =>
      lint(pipeline(`enabled: ${enabled}`, `source: { kafka: { topic: ${topic} } }`, sink))
    expect(off('${SENSORS_DIR:-}', '${SENSORS_DIR}/x').configuration).toMatchObject({
      pipelines: [],
      disabled: ['p'],
    })
    expect(off('${TOPIC:-}', '${TOPIC}').configuration?.pipelines).toHaveLength(1)
    expect(off('false', '"a b"').lines).toHaveLength(1)
    expect(off('${SENSORS_DIR}', 'a').lines).toHaveLength(1)
  })

  test('a topic that nobody declared, named nearly like one, is a warning', () => {
    const { lines, configuration } = lint(`topics: { order: {} }\n${pipeline(source, sink)}`)
    expect(lines).toEqual([
      'sluice.yaml:4:31: warning: the topic "orders" is not declared; did you mean "order"?',
    ])
    expect(configuration).not.toBeNull()
  })

  test('anchors work; fingerprints follow meaning, not spacing', () => {
    const a = lint(`${pipeline('source: &s { kafka: { topic: orders } }', sink)}  q: { source: *s, ${sink} }`)
    const [p, q] = a.configuration?.pipelines ?? []
    expect(p?.fingerprint).toBe(q?.fingerprint)
    const b = lint(pipeline('sink:', '  kafka:', '    topic: out', source, 'transforms: []'))
    expect(b.configuration?.pipelines[0]?.fingerprint).toBe(p?.fingerprint)
    const c = lint(pipeline(source, 'sink: { kafka: { topic: out2 } }'))
    expect(c.configuration?.pipelines[0]?.fingerprint).not.toBe(p?.fingerprint)
  })
})
