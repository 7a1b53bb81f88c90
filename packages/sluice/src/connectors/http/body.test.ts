import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isFault } from '../../kernel/faults/index.ts'
import { type BodyFields, parseIngestBody } from './body.ts'

const limits = { ingestBodyBytesMax: 1_000_000, ingestRecordsMax: 1_000, jsonDepthMax: 64 }
const nowMs = 1_000

const parse = (text: string | Uint8Array, contentType = 'application/json', fields: BodyFields = {}) =>
  parseIngestBody(typeof text === 'string' ? Buffer.from(text) : text, contentType, fields, limits, nowMs)

const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`

describe('the body of an ingest call', () => {
  test.each([
    { says: 'one event', text: ' {"a":1} \n', values: ['{"a":1}'] },
    {
      says: 'an array',
      text: '[{"a":1}, {"b":[1,2,{"c":","}]}]',
      values: ['{"a":1}', '{"b":[1,2,{"c":","}]}'],
    },
    {
      says: 'an array over lines',
      text: '[\n{"a":"]"},\n\n{"b":"\\"[,"}\n]\n',
      values: ['{"a":"]"}', '{"b":"\\"[,"}'],
    },
    {
      says: 'numbers to the last digit',
      text: '[{"n":9007199254740993}]',
      values: ['{"n":9007199254740993}'],
    },
    { says: 'events as deep as allowed', text: `[${nested(64)}]`, values: [nested(64)] },
    {
      says: 'NDJSON',
      type: 'application/x-ndjson',
      text: '{"a":1}\r\n\n{"b":2}',
      values: ['{"a":1}', '{"b":2}'],
    },
  ])('is read as $says', ({ text, type, values }) => {
    const events = parse(text, type)
    expect(events.map(({ value }) => value)).toEqual(values)
    expect(events.map(({ body }) => body)).toEqual(values.map((value) => JSON.parse(value) as unknown))
  })

  test.each([
    { says: 'nothing', text: '  ', problem: 'body: is empty.' },
    { says: 'an empty array', text: '[ ]', problem: 'body: holds no event.' },
    { says: 'empty lines', type: 'application/x-ndjson', text: '\n \n', problem: 'body: is empty.' },
    { says: 'no JSON', text: '{"a":', problem: /^body: is not JSON: / },
    {
      says: 'an array that is not closed',
      text: '[{"a":1}',
      problem: 'body: is not JSON: the array is not closed.',
    },
    {
      says: 'more than an array',
      text: '[{"a":1}] [2]',
      problem: 'body: is not JSON: something follows the array.',
    },
    { says: 'a comma too many', text: '[{"a":1},]', problem: /^body\[1\]: is not JSON/ },
    { says: 'a bad event in an array', text: '[{"a":1},{"b":}]', problem: /^body\[1\]: is not JSON/ },
    {
      says: 'a bad line',
      type: 'application/x-ndjson',
      text: '{"a":1}\n\n{"b"}\n',
      problem: /^line 3: is not JSON/,
    },
    { says: 'a number', text: '5', problem: 'body: must be an object.' },
    { says: 'an array in an array', text: '[[{"a":1}]]', problem: 'body[0]: must be an object.' },
    { says: 'too deep an event', text: nested(65), problem: 'body: is nested deeper than 64 levels.' },
    {
      says: 'too deep an array',
      text: '['.repeat(500_000),
      problem: 'body: is nested deeper than 65 levels.',
    },
    {
      says: 'too many events',
      text: `[${'{},'.repeat(1_000)}{}]`,
      problem: /^body: has more than 1000 events/,
    },
    {
      says: 'too many lines',
      type: 'application/x-ndjson',
      text: '{}\n'.repeat(1_001),
      problem: /^body: has more than 1000/,
    },
    { says: 'bytes that are no text', text: Buffer.from([0x7b, 0xff, 0x7d]), problem: 'body: is not UTF-8.' },
  ])('is refused when it holds $says', ({ text, type, problem }) => {
    expect(() => parse(text, type)).toThrow(problem)
  })

  test('is refused when it is too large', () => {
    expect(() => parse(Buffer.alloc(1_000_001, 0x20))).toThrow(
      expect.objectContaining({ code: 'BODY_TOO_LARGE' }),
    )
  })

  test('gives key and time, and the time of arrival where there is none', () => {
    const text =
      '[{"user":{"id":7},"at":"2026-01-01T00:00:00Z"},{"user":{"id":"x"},"at":1700000000},{"at":null}]'
    const events = parse(text, 'application/json', { key: 'user.id', timestamp: 'at' })
    expect(events.map(({ key, timeMs }) => [key, timeMs])).toEqual([
      ['7', Date.UTC(2026, 0, 1)],
      ['x', 1_700_000_000_000],
      [null, nowMs],
    ])
    expect(() => parse('[{"at":1},{"at":"soon"}]', undefined, { timestamp: 'at' })).toThrow(
      'body[1].at: is no time.',
    )
  })

  test('any JSON objects come back as they were sent', () => {
    const event = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 }))
    fc.assert(
      fc.property(
        fc.array(event, { minLength: 1, maxLength: 20 }),
        fc.constantFrom(0, 2),
        (events, indent) => {
          const plain: unknown = JSON.parse(JSON.stringify(events))
          expect(parse(JSON.stringify(events, null, indent)).map(({ body }) => body)).toEqual(plain)
          const lines = events.map((one) => JSON.stringify(one)).join('\n')
          expect(parse(lines, 'application/x-ndjson').map(({ body }) => body)).toEqual(plain)
        },
      ),
      { seed: 8, numRuns: 300 },
    )
  })

  test('whatever is sent, the answer is events or a fault', () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .array(fc.constantFrom('{', '}', '[', ']', ',', '"', ':', '1', 'a', '\\', '\n', ' '), {
          maxLength: 80,
        })
        .map((parts) => Buffer.from(parts.join(''))),
    )
    const outcome = (bytes: Uint8Array, type: string): string => {
      try {
        return parse(bytes, type).length > 0 ? 'events' : 'nothing'
      } catch (error) {
        return isFault(error) ? error.code : String(error)
      }
    }
    fc.assert(
      fc.property(noise, fc.constantFrom('application/json', 'application/x-ndjson'), (bytes, type) => {
        expect(['events', 'REQUEST_INVALID']).toContain(outcome(bytes, type))
      }),
      { seed: 9, numRuns: 3_000 },
    )
  })
})
