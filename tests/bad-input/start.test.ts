/** What somebody may get wrong before anything runs: each is told where it stands and what would be right. */
import { once } from 'node:events'
import { existsSync, mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { pipelinesOf, type SluiceHome, sluiceHome, startCommand, untilHolds } from '../support/sluice.ts'

const sound = `
topics:
  numbers: { partitions: 1 }
pipelines:
  made: { source: { generator: { type: generic, rate: 50 } }, sink: { kafka: { topic: numbers } } }
`

const faulty = `kafka: embeded
topics:
  orders: { partitions: 0 }
pipelines:
  a:
    sorce: { generator: { type: sensor_readings } }
    sink: { kafka: { topic: orders } }
  b:
    source: { generator: { type: sensor_reading, rate: fast } }
    transforms:
      - filter: event.x >
    sink: { kafka: { topic: orders } }
  c:
    source: { file: { path: x.csv, shift_to: \${SLUICE_TEST_NOT_SET} } }
`

const findings = [
  'sluice.yaml:1:8: kafka cannot be "embeded"; did you mean "embedded"?',
  'sluice.yaml:3:25: partitions must be a whole number from 1 to 10000, not 0;',
  'sluice.yaml:6:5: the pipeline a has no "sorce"; did you mean "source"?',
  'sluice.yaml:9:34: type cannot be "sensor_reading"; did you mean "sensor_readings"?',
  'sluice.yaml:9:56: rate must be a number above 0, not "fast";',
  'sluice.yaml:11:26: the expression is wrong: it ends too early;',
  'sluice.yaml:14:5: the pipeline c lacks "sink"; add sink:',
  'sluice.yaml:14:46: the variable SLUICE_TEST_NOT_SET is not set; set it, or give a default:',
]

const ran = async (home: SluiceHome, words: readonly string[]) => {
  await using part = startCommand(words, { cwd: home.folder })
  await part.ended
  return { code: part.exitCode(), output: part.output() }
}

describe('a file with mistakes', () => {
  test.each(['up', 'server', 'worker', 'lint'])(
    '%s tells all of them with their places, and ends with 2',
    async (command) => {
      using home = await sluiceHome('faulty')
      const file = home.write(faulty)
      const { code, output } = await ran(home, [command, file, ...(command === 'lint' ? [] : home.options())])
      for (const finding of findings) expect(output).toContain(finding)
      expect(code).toBe(2)
      // Nothing was begun.
      expect(existsSync(home.directory)).toBe(false)
    },
  )

  test.each([
    {
      says: 'is no YAML',
      text: 'a: [\n  b: }\n\t- c',
      tells: /sluice\.yaml:3:1: tabs are not allowed as indentation; indent with spaces/,
    },
    { says: 'is a list', text: '- a\n- b\n', tells: /sluice\.yaml:1:1: / },
    {
      says: 'names a secret file that is not there',
      text: 'database: { url: { file: nowhere.txt } }\n',
      tells: /sluice\.yaml:1:\d+: .*nowhere\.txt/,
    },
    {
      says: 'runs pipelines in a circle of names',
      text: 'pipelines:\n  a: &a { source: *a }\n',
      tells: /sluice\.yaml:2:\d+: /,
    },
  ])('that $says', async ({ text, tells }) => {
    using home = await sluiceHome('faulty')
    const { code, output } = await ran(home, ['up', home.write(text), ...home.options()])
    expect(output).toMatch(tells)
    expect(code).toBe(2)
    expect(output).not.toMatch(/\n\s+at /)
  })

  test.each([
    { says: 'does not exist', file: 'nowhere.yaml' },
    { says: 'is a folder', file: 'folder' },
  ])('that $says is named', async ({ file }) => {
    using home = await sluiceHome('faulty')
    mkdirSync(join(home.folder, 'folder'))
    const { code, output } = await ran(home, ['up', file, ...home.options()])
    expect(output).toContain(`The configuration file ${file} cannot be read`)
    expect(code).toBe(2)
  })
})

describe('an address', () => {
  test.each([
    { part: 'http', what: 'the API', setting: '--http (SLUICE_HTTP)' },
    { part: 'kafka', what: 'Kafka', setting: '--kafka (SLUICE_KAFKA)' },
    { part: 'postgres', what: 'PostgreSQL', setting: '--postgres (SLUICE_POSTGRES)' },
  ] as const)('that is taken is named with its setting: $part', async ({ part, setting }) => {
    using home = await sluiceHome('taken')
    const file = home.write(sound)
    const other = createServer().listen(home.port[part], '127.0.0.1')
    await once(other, 'listening')
    const { code, output } = await ran(home, ['up', file, ...home.options()])
    expect(output).toContain(`127.0.0.1:${home.port[part]}`)
    expect(output).toContain('already in use')
    expect(output).toContain(setting)
    expect(code).toBe(1)
    other.close()
    // What was started beside it is gone again: the same directory can be used at once.
    await using _sluice = await home.up(file)
  })

  test.each([
    { over: { http: 'nonsense' }, tells: '"nonsense" is no address; write it as 127.0.0.1:8080' },
    { over: { kafka: '127.0.0.1:70000' }, tells: '"127.0.0.1:70000" is no address' },
    { over: { http: '0.0.0.0:18123' }, tells: 'does not listen on 0.0.0.0:18123' },
    { words: ['--workers', 'many'], tells: '--workers' },
    { words: ['--htpp', ':1'], tells: 'did you mean --http?' },
    { words: ['--http', ':1'], tells: '--http was given twice' },
  ])('or option that cannot be is refused before anything starts: $tells', async ({ over, words, tells }) => {
    using home = await sluiceHome('refused')
    const { code, output } = await ran(home, [
      'up',
      home.write(sound),
      ...home.options(over),
      ...(words ?? []),
    ])
    expect(output).toContain(tells)
    expect(code).toBe(2)
    expect(existsSync(join(home.directory, 'postgres'))).toBe(false)
  })
})

test('a second start on the same directory is refused with the first one’s number, and the first goes on', async () => {
  using first = await sluiceHome('twice')
  using second = await sluiceHome('twice')
  const file = first.write(sound)
  await using sluice = await first.up(file)
  const { code, output } = await ran(first, ['up', file, ...second.options({ dir: first.directory })])
  expect(output).toContain(`${first.directory} is used by another Sluice (process ${sluice.pid})`)
  expect(output).toContain('--dir')
  expect(code).toBe(1)
  const delivered = async (): Promise<number> => (await pipelinesOf(first))[0]?.ledger.delivered ?? 0
  const before = await delivered()
  await untilHolds(sluice, 'it delivered more', async () => (await delivered()) > before + 50)
  expect(sluice.output()).not.toContain('started again')
})
