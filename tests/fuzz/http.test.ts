/**
 * Any body and any query string to every call of the contract, on a Sluice that works: never a 5xx, never a crash, and
 * every refusal in the one shape that refusals have. `FUZZ_SEED` repeats a run.
 */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Endpoint, isRawBody } from '../../packages/sluice/src/contract/endpoint.ts'
import { contract } from '../../packages/sluice/src/contract/index.ts'
import { isErrorBody } from '../support/error-body.ts'
import { pipelinesOf, type SluiceHome, sluiceHome, untilHolds } from '../support/sluice.ts'

const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000)
const perEndpoint = 40
const atOnce = 8

const configuration = `
topics:
  posted: { partitions: 2 }
pipelines:
  posts: { source: http, sink: { kafka: { topic: posted } } }
  sensor-data:
    source: { kafka: { topic: posted } }
    sink:
      postgres:
        table: sensor_data
        identity: id
        columns: { sensor_id: text, temperature: double precision, humidity: double precision, pressure: double precision, location: text, timestamp: timestamptz }
        inserted_at: created_at
`

interface Call {
  readonly method: string
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: Buffer | null
}

const oddTexts = fc.oneof(
  fc.constantFrom(
    '',
    '0',
    '-1',
    '1e309',
    'NaN',
    'null',
    'true',
    '9223372036854775808',
    '18446744073709551616',
    '\u0000',
    '\u0000\uFFFF',
    "'; drop table sensor_data; --",
    '../../etc/passwd',
    '{{7*7}}',
    '💧'.repeat(50),
    'posts',
    'posted',
    'earliest',
    '2026-01-01T00:00:00Z',
    '+275760-09-13T00:00:00.001Z',
    '0:0',
    '1:5,2:6',
  ),
  fc.string({ maxLength: 60, unit: 'binary' }),
  fc.integer().map(String),
  fc.double().map(String),
)

/** JSON with odd leaves; numbers of any size. */
const oddValues: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    oddTexts,
    fc.constantFrom(null, true, false, 0, -0, -1, 1.5, 1e308, Number.MAX_SAFE_INTEGER),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.oneof(fc.constantFrom('__proto__', 'constructor', 'toString', ''), fc.string({ maxLength: 12 })),
      tie('value'),
      { maxKeys: 4 },
    ),
  ),
})).value

/** An object with fields that the schema knows, some of them, with any values. */
const fieldsLike = (schema: { readonly properties?: object }): fc.Arbitrary<Record<string, unknown>> => {
  const names = Object.keys(schema.properties ?? {})
  return fc.dictionary(
    names.length === 0
      ? oddTexts
      : fc.oneof({ arbitrary: fc.constantFrom(...names), weight: 9 }, { arbitrary: oddTexts, weight: 1 }),
    oddValues,
    { maxKeys: 6 },
  )
}

const damaged = (text: fc.Arbitrary<string>): fc.Arbitrary<Buffer> =>
  fc
    .tuple(text, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }), fc.nat(), fc.boolean())
    .map(([whole, changes, cut, isCut]) => {
      const bytes = Buffer.from(whole)
      if (bytes.length > 0) for (const [at, value] of changes) bytes.writeUInt8(value, at % bytes.length)
      return isCut ? bytes.subarray(0, cut % (bytes.length + 1)) : bytes
    })

const bodiesOf = ({ body }: Endpoint): fc.Arbitrary<Buffer | null> => {
  if (body === null) return fc.option(fc.json().map((text) => Buffer.from(text)))
  const like = isRawBody(body) ? oddValues : fieldsLike(body)
  const text = fc.oneof(
    like.map((value) => JSON.stringify(value)),
    fc.array(like, { maxLength: 5 }).map((values) => JSON.stringify(values)),
    fc.array(like, { maxLength: 5 }).map((values) => values.map((value) => JSON.stringify(value)).join('\n')),
  )
  return fc.oneof(
    { arbitrary: text.map((whole) => Buffer.from(whole)), weight: 6 },
    { arbitrary: damaged(text), weight: 3 },
    { arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)), weight: 1 },
  )
}

const queriesOf = ({ query }: Endpoint): fc.Arbitrary<string> =>
  fc.oneof(
    {
      arbitrary: fc
        .array(
          fc.tuple(fc.oneof(fc.constantFrom('limit', ...Object.keys(query.properties)), oddTexts), oddTexts),
          { maxLength: 4 },
        )
        .map((pairs) => new URLSearchParams(pairs).toString()),
      weight: 4,
    },
    { arbitrary: fc.string({ maxLength: 40 }).map((text) => text.replaceAll(/[\s#]/g, '%')), weight: 1 },
  )

const pathsOf = (entry: Endpoint): fc.Arbitrary<string> => {
  const parts = entry.path.split(/\{\w+\}/)
  return fc.array(oddTexts, { minLength: parts.length - 1, maxLength: parts.length - 1 }).map((values) =>
    // A dot segment would be taken out of the path before it is sent.
    parts
      .map(
        (part, i) =>
          part +
          (i === parts.length - 1
            ? ''
            : encodeURIComponent((values[i] ?? '').toWellFormed()).replaceAll('.', '%2E')),
      )
      .join(''),
  )
}

const callsOf = (entry: Endpoint): fc.Arbitrary<Call> =>
  fc
    .tuple(
      pathsOf(entry),
      queriesOf(entry),
      bodiesOf(entry),
      fc.constantFrom(
        'application/json',
        'application/json',
        'application/json; charset=utf-8',
        'application/x-ndjson',
        'text/plain',
        'nonsense',
      ),
      oddTexts,
    )
    .map(([path, query, body, type, key]) => ({
      method: entry.method,
      path: query === '' ? path : `${path}?${query}`,
      headers: {
        ...(body === null ? {} : { 'content-type': type }),
        ...(/^[\x21-\x7e]+$/.test(key) ? { 'idempotency-key': key } : {}),
      },
      body: entry.method === 'GET' ? null : body,
    }))

/** What is wrong about an answer; null: nothing. */
const wrongWith = async (home: SluiceHome, { method, path, headers, body }: Call): Promise<string | null> => {
  const told = `${method} ${path} ${JSON.stringify(headers)} ${body?.toString('latin1') ?? ''}`
  const abort = new AbortController()
  const response = await fetch(`${home.http}${path}`, {
    method,
    headers: { authorization: `Bearer ${home.key()}`, ...headers },
    ...(body === null ? {} : { body: new Uint8Array(body) }),
    signal: AbortSignal.any([abort.signal, AbortSignal.timeout(40_000)]),
  })
  if (response.headers.get('content-type')?.includes('ndjson') === true) {
    abort.abort()
    return null
  }
  const text = await response.text()
  if (response.status >= 500) return `${response.status} ${text} to ${told}`
  if (response.status < 400) return null
  return isErrorBody(text) ? null : `no error body: ${response.status} ${text} to ${told}`
}

const entries = Object.values(contract).flatMap((resource) => Object.values<Endpoint>(resource.endpoints))

test(`any call of any entry is answered in order (seed ${seed})`, async () => {
  using home = await sluiceHome('fuzz')
  await using sluice = await home.up(home.write(configuration))
  const send = () =>
    home.call('/api/ingest/posts', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        sensor_id: 's',
        temperature: 1,
        humidity: null,
        pressure: null,
        location: null,
        timestamp: new Date().toISOString(),
      }),
    })
  await untilHolds(sluice, 'readings were stored', async () => {
    await send()
    return (await home.call('/data/by-sensor/s')).text.includes('"sensor_id":"s"')
  })
  const calls = fc.sample(fc.tuple(...entries.map(callsOf)), { seed, numRuns: perEndpoint }).flat()
  const wrong: string[] = []
  for (let from = 0; from < calls.length; from += atOnce) {
    const answers = await Promise.all(calls.slice(from, from + atOnce).map((call) => wrongWith(home, call)))
    wrong.push(...answers.filter((answer) => answer !== null))
  }
  expect(wrong.slice(0, 10)).toEqual([])
  expect(sluice.output()).not.toContain('started again')
  expect(sluice.output()).not.toContain('a call failed')
  for (const name of ['posts', 'sensor-data'])
    await home.call(`/api/pipelines/${name}/start`, { method: 'POST' })
  await untilHolds(sluice, 'it goes on', async () => {
    const answer = await send()
    return answer.status === 202 && (await pipelinesOf(home)).every(({ ledger }) => ledger.gap === 0)
  })
})
