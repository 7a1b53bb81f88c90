/**
 * The API answers what its description says, whatever it is asked: Schemathesis makes calls from the served OpenAPI
 * document, right and wrong ones, to a Sluice that runs.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findRealPart } from '../../tools/real-parts.ts'
import { startPart } from '../support/part.ts'
import { describeWith } from '../support/requires.ts'
import { sluiceHome } from '../support/sluice.ts'

const configuration = `
topics:
  events: { partitions: 2 }
pipelines:
  receiver: { source: http, sink: { kafka: { topic: events } } }
  generator: { source: { generator: { rate: 5, sensors: 3 } }, sink: { kafka: { topic: events, key: event.sensor_id } } }
`

/** Names that exist, so that calls get past "there is no such thing". */
const knownNames = `
[[operations]]
include-path-regex = "^/api/pipelines/"
parameters = { name = "receiver" }
[[operations]]
include-path-regex = "^/api/topics/"
exclude-method = "DELETE"
parameters = { name = "events" }
[[operations]]
include-path-regex = "^/api/ingest/"
parameters = { pipeline = "receiver" }
`

const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
  'response_headers_conformance',
].join(',')

// What lasts for as long as somebody listens is left to its own tests.
const endless = '/follow$|/api/live$'

describeWith(['schemathesis'], 'the API against its own description', () => {
  test.each([
    { names: 'made-up names', config: '', phases: 'examples,coverage,fuzzing' },
    { names: 'names that exist', config: knownNames, phases: 'coverage,fuzzing' },
  ])(
    'no failure of the server and no undocumented answer, with $names',
    async ({ config, phases }) => {
      using home = await sluiceHome('schemathesis')
      await using _sluice = await home.up(home.write(configuration))
      const file = join(home.folder, 'schemathesis.toml')
      writeFileSync(file, config)
      const options = {
        checks,
        phases,
        header: `Authorization: Bearer ${home.key()}`,
        'exclude-path-regex': endless,
        'max-examples': '8',
        seed: '7',
        'request-timeout': '30',
        warnings: 'off',
        'suppress-health-check': 'all',
      }
      const words = [
        '--config-file',
        file,
        'run',
        `${home.http}/openapi.json`,
        '--no-color',
        '--continue-on-failure',
        ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]),
      ]
      await using run = startPart(findRealPart('schemathesis') ?? '', words, { cwd: home.folder })
      await run.ended
      expect([run.exitCode(), run.output()]).toEqual([0, expect.stringMatching(/\d{3,} passed/) as string])
    },
    600_000,
  )
})
