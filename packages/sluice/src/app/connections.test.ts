import { describe, expect, test } from 'vitest'
import { lintConfig } from '../config/index.ts'
import { sinks, sources } from '../connectors/index.ts'
import { systemClock, virtualClock } from '../kernel/clock.ts'
import { fault } from '../kernel/faults/index.ts'
import { transforms } from '../transforms/index.ts'
import { adviceFor } from './connection-advice.ts'
import { addressWithoutPassword, createConnections, type Probes } from './connections.ts'

const sink = (url: string) => `{ postgres: { url: "${url}", table: t, columns: { sensor_id: text } } }`

const { configuration, findings } = lintConfig(
  `
pipelines:
  a: { source: { generator: { type: sensor_readings } }, sink: ${sink('postgres://me:${PASSWORD}@db:5432/x')} }
  b: { source: { generator: { type: sensor_readings } }, sink: ${sink('postgres://me:${PASSWORD}@db:5432/x')} }
  c: { source: { kafka: { topic: t } }, sink: { postgres: { table: t, columns: { sensor_id: text } } } }
`,
  {
    fileName: 'test',
    environment: { PASSWORD: 'hunter2hunter2' },
    readSecretFile: () => '',
    readJson: () => ({}),
    pathOf: (path) => path,
    sources,
    sinks,
    transforms,
  },
)

const fine: Probes = {
  kafka: async () => [{ name: 'cluster', value: 'x' }],
  database: async () => [],
  http: async () => [],
}

const connectionsWith = (probes: Partial<Probes>, clock = systemClock) => {
  if (configuration === null) throw new Error(JSON.stringify(findings))
  return createConnections({
    configuration: () => configuration,
    startedWith: configuration,
    addresses: { kafka: 'k:9092', database: 'postgres://sluice@d/x', http: 'http://h' },
    probes: { ...fine, ...probes },
    clock,
  })
}

describe('connections', () => {
  test('are those of Sluice and one for each database of sinks, and never a password', async () => {
    const rows = await connectionsWith({}).list()
    expect(rows.map(({ name, address, usedBy }) => [name, address, usedBy])).toEqual([
      ['kafka', 'k:9092', ['c']],
      ['database', 'postgres://sluice@d/x', ['a', 'b', 'c']],
      ['http', 'http://h', []],
      ['sink.a', 'postgres://me@db:5432/x', ['a', 'b']],
    ])
    expect(JSON.stringify(rows)).not.toContain('hunter2')
  })

  test('that answer say what they told of themselves; the list remembers', async () => {
    const connections = connectionsWith({})
    const tested = await connections.test('kafka')
    expect(tested?.last).toMatchObject({ ok: true, problem: null, facts: [{ name: 'cluster', value: 'x' }] })
    expect((await connections.list())[0]?.last).toEqual(tested?.last)
  })

  test('that fail say what is wrong and what to do', async () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED db:5432'), { code: 'ECONNREFUSED' })
    const tested = await connectionsWith({ database: () => Promise.reject(refused) }).test('sink.a')
    expect(tested?.last).toMatchObject({
      ok: false,
      problem: 'connect ECONNREFUSED db:5432',
      fix: 'Nothing listens on postgres://me@db:5432/x: start it there, or mend database.url.',
    })
  })

  test('that never answer are given up after 5 s', async () => {
    const clock = virtualClock()
    const test = connectionsWith({ kafka: () => new Promise(() => undefined) }, clock).test('kafka')
    await clock.advance(5_000)
    expect((await test)?.last).toMatchObject({ ok: false, latencyMs: 5_000, problem: 'no answer within 5 s' })
  })

  test('are asked once at a time, however many ask', async () => {
    let asked = 0
    const connections = connectionsWith({
      kafka: async () => {
        asked++
        return []
      },
    })
    await Promise.all(Array.from({ length: 50 }, () => connections.test('kafka')))
    expect(asked).toBe(1)
  })

  test('of other names are none', async () => {
    expect(await connectionsWith({}).test('nothing')).toBeNull()
  })
})

describe('what to do about', () => {
  test.each([
    ['a name nobody knows', new Error('getaddrinfo ENOTFOUND broker'), 'typing error'],
    [
      'a wrong password',
      Object.assign(new Error('password authentication failed'), { code: '28P01' }),
      'sign-in',
    ],
    ['a database that is not there', Object.assign(new Error('no such'), { code: '3D000' }), 'createdb'],
    ['an unknown certificate', new Error('self-signed certificate'), 'encryption'],
    ['silence', new Error('no answer within 5 s'), 'firewall'],
    ['a fault that knows it', fault('NOT_FOUND', { kind: 'x', name: 'y' }), 'List what exists'],
    ['anything else', new Error('odd'), 'Check that k:9092 runs'],
  ])('%s', (_, error, words) => {
    expect(adviceFor({ kind: 'kafka', address: 'k:9092', embedded: false, error })).toContain(words)
  })
})

test.each([
  ['postgres://me:secret@host:5432/db?password=secret', 'postgres://me@host:5432/db'],
  ['postgres://host/db', 'postgres://host/db'],
  ['no address', 'as the file says'],
])('%s is shown as %s', (url, shown) => {
  expect(addressWithoutPassword(url)).toBe(shown)
})
