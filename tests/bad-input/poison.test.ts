/** Records that nobody should send: each becomes a row or a dead letter with its reason, and never holds up the next. */
import { type IHeaders, Kafka, logLevel } from 'kafkajs'
import { expect, test } from 'vitest'
import { ask } from '../examples/recount.ts'
import { pipelinesOf, sluiceHome, untilHolds } from '../support/sluice.ts'

const configuration = `
topics:
  odd: { partitions: 1, configs: { message.timestamp.after.max.ms: "9223372036854775807" } }
pipelines:
  odd-to-table:
    source: { kafka: { topic: odd } }
    transforms:
      - validate: { schema: { type: object, required: [n], properties: { n: { type: number } } } }
    sink:
      postgres:
        table: odd
        columns:
          n: double precision
          text: text
          at: timestamptz
          data: jsonb
          topic_time: { type: timestamptz, from: meta.time }
          key: { type: text, from: meta.key }
`

const nul = String.fromCharCode(0)

interface Odd {
  readonly says: string
  readonly value: string | Buffer | null
  readonly key?: string | Buffer
  readonly headers?: IHeaders
  readonly timestamp?: string
  /** Whether it is to be a row; else a dead letter; undefined: either, with the reason. */
  readonly isRow?: boolean
}

const odd: readonly Odd[] = [
  { says: 'no value', value: null },
  { says: 'an empty value', value: '', isRow: false },
  { says: 'no UTF-8', value: Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), isRow: false },
  { says: 'half a document', value: '{"n":1', isRow: false },
  { says: 'two documents', value: '{"n":1}{"n":2}', isRow: false },
  {
    says: 'a document that is too deep',
    value: `{"n":1,"data":${'['.repeat(1_000)}${']'.repeat(1_000)}}`,
    isRow: false,
  },
  { says: 'deeper than any stack', value: `{"n":1,"data":${'['.repeat(200_000)}`, isRow: false },
  { says: 'a number beyond doubles', value: '{"n":1e999}' },
  { says: 'U+0000 in text', value: '{"n":1,"text":"a\\u0000b"}', isRow: false },
  { says: 'U+0000 in JSON', value: '{"n":1,"data":{"a\\u0000":1}}', isRow: false },
  { says: 'half of a surrogate pair', value: '{"n":1,"text":"\\ud83d"}' },
  { says: 'half of a surrogate pair in JSON', value: '{"n":1,"data":["\\ud83d"]}' },
  { says: 'the wrong type', value: '{"n":"one"}', isRow: false },
  { says: 'a time that is none', value: '{"n":1,"at":"yesterday"}', isRow: false },
  { says: 'a time beyond the calendar', value: '{"n":1,"at":"999999-01-01T00:00:00Z"}' },
  { says: 'a name that is special', value: '{"n":1,"__proto__":{"n":"x"},"constructor":1}', isRow: true },
  { says: 'a doubled name', value: '{"n":"x","n":2}', isRow: true },
  { says: 'COPY’s own marks', value: JSON.stringify({ n: 1, text: '\\N\t\n\\.\r\\' }), isRow: true },
  { says: 'a key with U+0000', value: '{"n":1}', key: nul, isRow: false },
  { says: 'a key that is no text', value: '{"n":1}', key: Buffer.from([0xff, 0xc0]) },
  {
    says: 'poison with odd headers',
    value: 'no',
    headers: { [`a${nul}`]: 'x', '\ud83d': Buffer.from([0xff]), '': '' },
    isRow: false,
  },
  { says: 'poison from the end of time', value: 'no', timestamp: '9223372036854775807', isRow: false },
  { says: 'poison from before time', value: 'no', timestamp: '-9223372036854775808', isRow: false },
  { says: 'a good record from the end of time', value: '{"n":1}', timestamp: '9223372036854775807' },
  { says: 'a good record from before time', value: '{"n":1}', timestamp: '-1' },
  { says: 'poison with a key of U+0000', value: 'no', key: nul, isRow: false },
]

test('every odd record is a row or a dead letter, and the good ones after them come through', async () => {
  using home = await sluiceHome('poison')
  await using sluice = await home.up(home.write(configuration))
  const producer = new Kafka({ brokers: [home.kafka], logLevel: logLevel.NOTHING }).producer()
  await producer.connect()
  const send = async ({ value, key, headers, timestamp }: Omit<Odd, 'says'>): Promise<void> => {
    await producer.send({
      topic: 'odd',
      acks: -1,
      messages: [
        {
          value,
          ...(key === undefined ? {} : { key }),
          ...(headers === undefined ? {} : { headers }),
          ...(timestamp === undefined ? {} : { timestamp }),
        },
      ],
    })
  }
  for (const [i, record] of odd.entries()) {
    await send(record)
    await send({ value: JSON.stringify({ n: 1_000 + i }) })
  }
  await producer.disconnect()
  await untilHolds(sluice, 'everything was through', async () => {
    const [pipeline] = await pipelinesOf(home)
    return (
      pipeline?.state === 'running' &&
      pipeline.ledger.in === odd.length * 2 &&
      pipeline.ledger.in_flight === 0
    )
  })
  const [pipeline] = await pipelinesOf(home)
  expect(pipeline).toMatchObject({ state: 'running', ledger: { gap: 0, in: odd.length * 2 } })
  const good = await ask(home.databaseUrl(), 'select n from odd where n >= 1000 order by n')
  expect(good.map(({ n }) => n)).toEqual(odd.map((_, i) => 1_000 + i))
  const { text } = await home.call('/api/dead-letters?limit=1000')
  const dead = new Map(
    (JSON.parse(text) as { data: { number: string; reason: string }[] }).data.map(({ number, reason }) => [
      Number(number),
      reason,
    ]),
  )
  for (const [i, { says, isRow }] of odd.entries()) {
    const reason = dead.get(i * 2)
    expect([says, reason === undefined]).toEqual([says, isRow ?? reason === undefined])
    expect([says, reason]).not.toEqual([says, ''])
  }
  const stored = await ask(home.databaseUrl(), 'select count(*)::int as rows from odd')
  expect(stored).toEqual([{ rows: odd.length * 2 - dead.size }])
  for (const { id } of (JSON.parse(text) as { data: { id: string }[] }).data) {
    expect([id, (await home.call(`/api/dead-letters/${id}`)).status]).toEqual([id, 200])
  }
})
