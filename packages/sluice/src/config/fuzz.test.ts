import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sinks, sources } from '../connectors/index.ts'
import { randomInteger, seededRandom } from '../kernel/random.ts'
import { transforms } from '../transforms/index.ts'
import { formatFinding } from './findings.ts'
import { type LintOptions, lintConfig } from './lint.ts'

const soundText = [
  'topics: { host: { partitions: 3, configs: { retention.ms: 1000 } } } # comment',
  'pipelines:',
  '  machine:',
  '    source: { host: { every: 1s } }',
  '    transforms:',
  "      - filter: 'event.a > 1 && has(event.b)'",
  '      - map: { set: { c: "event.a * 2" }, remove: [d] }',
  '    sink:',
  '      postgres:',
  '        table: ${TABLE:-readings}',
  '        columns: { a: integer, b: { type: text, from: meta.key } }',
  '    enabled: ${ENABLED:-}',
  '',
].join('\n')

const options: LintOptions = {
  fileName: 'f.yaml',
  environment: {},
  readSecretFile: () => 'secret',
  readJson: () => ({ type: 'object' }),
  pathOf: (path) => `/etc/sluice/${path}`,
  sources,
  sinks,
  transforms,
}

/** What is wrong with the linter's own answer: nothing, whatever the text. */
const complaintsAbout = (text: string): readonly string[] => {
  const { findings, configuration } = lintConfig(text, options)
  const lines = text.split('\n').length
  const misplaced = findings.filter(
    ({ line, column, problem }) =>
      line < 1 || line > lines + 1 || column < 1 || problem.includes('could not be checked'),
  )
  const hasErrors = findings.some((finding) => finding.severity === 'error')
  return [
    ...misplaced.map(formatFinding),
    ...(hasErrors === (configuration === null) ? [] : ['errors and configuration do not agree']),
  ]
}

const nothing: readonly string[] = []

describe('whatever the text, the linter answers', () => {
  const places = fc.constantFrom('kafka', 'database', 'http', 'topics', 'pipelines', 'log', 'workers')
  const parts = fc.constantFrom('source', 'sink', 'transforms', 'retry', 'enabled')
  const value = fc.jsonValue({ maxDepth: 5 })

  test.each<[string, fc.Arbitrary<string>]>([
    ['random texts', fc.string({ unit: 'binary', maxLength: 300 })],
    ['random values', value.map((given) => JSON.stringify(given))],
    [
      'random values at the top',
      fc.tuple(places, value).map(([place, given]) => JSON.stringify({ [place]: given })),
    ],
    [
      'random values in a pipeline',
      fc
        .tuple(parts, value)
        .map(([part, given]) =>
          JSON.stringify({ pipelines: { p: { source: 'host', sink: 'postgres', [part]: given } } }),
        ),
    ],
  ])('%s', (_, texts) => {
    const property = fc.property(texts, (text) => {
      expect(complaintsAbout(text)).toEqual(nothing)
    })
    expect(() => fc.assert(property, { seed: 41, numRuns: 400 })).not.toThrow()
  })

  test('a sound text with characters changed, doubled and lost', () => {
    const random = seededRandom(45)
    const alphabet = '{}[]:,-#&*!|>\'"%@`$ \n\t~?aé\u0000\uD83D'
    for (let run = 0; run < 300; run++) {
      let text = soundText
      for (let edit = randomInteger(random, 1, 4); edit > 0; edit--) {
        const at = randomInteger(random, 0, text.length)
        const put = alphabet[randomInteger(random, 0, alphabet.length - 1)] ?? ''
        const kind = randomInteger(random, 0, 2)
        if (kind === 0) text = text.slice(0, at) + put + text.slice(at + 1)
        else if (kind === 1) text = text.slice(0, at) + put.repeat(3) + text.slice(at)
        else text = text.slice(0, at) + text.slice(at + randomInteger(random, 1, 20))
      }
      expect(complaintsAbout(text)).toEqual(nothing)
    }
  })
})

describe('hostile texts are bounded', () => {
  const problem = (text: string): string => lintConfig(text, options).findings[0]?.problem ?? ''

  test.each([
    ['deep flow lists', '['.repeat(20_000), /nested/],
    ['deep flow mappings', '{a: '.repeat(20_000), /nested/],
    [
      'deep blocks',
      Array.from({ length: 400 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
      /nested more than 32/,
    ],
    ['too many bytes', `# ${'x'.repeat(5_000_000)}`, /more than 4194304 bytes/],
    ['too many values', `topics: [${'1,'.repeat(100_001)}]`, /more than 100000 values/],
    [
      'a billion laughs',
      `a: &a [l,l,l,l,l,l,l,l,l,l]\n${Array.from({ length: 9 }, (_, i) => {
        const [name, before] = [String.fromCharCode(98 + i), String.fromCharCode(97 + i)]
        return `${name}: &${name} [${Array.from({ length: 10 }, () => `*${before}`).join(',')}]`
      }).join('\n')}`,
      /aliases/,
    ],
    ['an alias to itself', 'a: &a [*a]', /nested more than 32|aliases/],
    ['beginnings of variables', `a: [${'${'.repeat(1_000_000)}`, /./],
    ['the same key many times', 'a: 1\n'.repeat(40_000), /stands twice/],
    ['a character that would pass for a disguise', 'workers: \uE024', /private-use/],
  ])('%s', (_, text, says) => {
    expect(problem(text)).toMatch(says)
  })
})
