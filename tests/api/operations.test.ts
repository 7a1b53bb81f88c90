/** What people look after a running Sluice with, from the outside: log, configuration file, connections. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type SluiceHome, sluiceHome, startCommand, untilHolds } from '../support/sluice.ts'

const secret = 'correct-horse-battery'

const configuration = (rate: number) => `
pipelines:
  made:
    source: { generator: { type: sensor_readings, rate: ${rate}, sensors: 3 } }
    sink: { postgres: { table: made, columns: { sensor_id: text, note: text } } }
  elsewhere:
    source: { generator: { type: sensor_readings, rate: 1, sensors: 3 } }
    sink: { postgres: { url: "postgres://me:\${ELSEWHERE_PASSWORD}@127.0.0.1:1/x", table: a, columns: { sensor_id: text } } }
`

interface Logs {
  readonly data: readonly { message: string; component: string; process: string; level: string }[]
}

interface Shown {
  readonly text: string
  readonly revision: number
  readonly hash: string
  readonly editable: boolean
}

const jsonOf = async <Answer>(home: SluiceHome, path: string, method = 'GET', body?: object) => {
  const answer = await home.call(path, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: JSON.parse(answer.text) as Answer, text: answer.text }
}

/** Every file of the data directory that people read. */
const logFiles = (home: SluiceHome): string =>
  readdirSync(home.directory)
    .filter((name) => name.startsWith('sluice.log'))
    .map((name) => readFileSync(join(home.directory, name), 'utf8'))
    .join('')

test('the log has lines of every process, the file is edited from outside, connections tell the truth, and no secret is anywhere', async () => {
  using home = await sluiceHome('operations')
  const file = home.write(configuration(5))
  await using up = await home.up(file, { env: { ELSEWHERE_PASSWORD: secret }, words: ['--log', 'debug'] })
  const logs = async (query: string) => jsonOf<Logs>(home, `/api/logs?${query}`)

  await untilHolds(up, 'lines of server and worker are in the store', async () => {
    const { body } = await logs('limit=1000')
    const told = new Set(body.data.map(({ process }) => process))
    return ['up', 'server', 'worker 1'].every((name) => told.has(name))
  })
  await untilHolds(up, 'the pipeline that cannot write said so', async () => {
    const { body } = await logs('level=warn&component=pipeline elsewhere')
    return body.data.length > 0
  })

  const shown = await jsonOf<Shown>(home, '/api/config')
  expect(shown.body).toMatchObject({ text: configuration(5), editable: true })
  const base = { base_revision: shown.body.revision, base_hash: shown.body.hash, dry_run: false }
  const [first, second] = await Promise.all([
    jsonOf<{ revision: number }>(home, '/api/config', 'PUT', { ...base, text: configuration(7) }),
    jsonOf<{ code: string }>(home, '/api/config', 'PUT', { ...base, text: configuration(9) }),
  ])
  expect([first.status, second.status].toSorted((a, b) => a - b)).toEqual([200, 409])
  const kept = readFileSync(file, 'utf8')
  expect([configuration(7), configuration(9)]).toContain(kept)
  expect(readFileSync(`${file}.bak`, 'utf8')).toBe(configuration(5))
  await untilHolds(up, 'workers run the new revision', async () => {
    const { body } = await logs(`text=runs revision ${shown.body.revision + 1}`)
    return body.data.some(({ process }) => process === 'worker 1')
  })

  // A file with problems, saved by an editor, is told in the log and changes nothing.
  writeFileSync(file, 'pipelines: [')
  await untilHolds(up, 'the log names what is wrong with the file', async () => {
    const { body } = await logs('level=error&text=was not taken')
    return body.data.length > 0
  })

  const tested = async (name: string) =>
    jsonOf<{ ok: boolean; fix: string | null }>(home, `/api/connections/${name}/test`, 'POST')
  expect((await tested('kafka')).body.ok).toBe(true)
  expect((await tested('database')).body.ok).toBe(true)
  expect((await tested('http')).body.ok).toBe(true)
  const elsewhere = await tested('sink.elsewhere')
  expect(elsewhere.body).toMatchObject({
    ok: false,
    fix: expect.stringContaining('Nothing listens') as string,
  })

  const said = startCommand(['logs', '--json', '-n', '1000', ...home.options()])
  await said.ended
  const everything = [
    up.output(),
    said.output(),
    logFiles(home),
    (await logs('limit=1000')).text,
    shown.text,
    elsewhere.text,
    (await jsonOf(home, '/api/connections')).text,
    (await jsonOf(home, '/api/config/revisions/1')).text,
  ].join('\n')
  expect(everything).toContain('pipeline elsewhere')
  expect(everything).not.toContain(secret)
  expect(everything).not.toContain(home.key())
  expect(everything).not.toContain(readFileSync(join(home.directory, 'postgres.password'), 'utf8').trim())
})
