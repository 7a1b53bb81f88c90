import { describe, expect, test } from 'vitest'
import { BatchBuilder } from '../flow/batch-builder.ts'
import { Rows } from '../flow/rows.ts'
import type { Fault } from '../kernel/faults/index.ts'
import type { TransformContext } from './define.ts'
import { transforms } from './index.ts'

const context: TransformContext = {
  id: 'step-1',
  eventSchema: null,
  readJson: (path) => {
    if (path === 'order.json') return orderSchema
    throw new Error(`there is no file ${path}`)
  },
}

const orderSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  required: ['id', 'amount'],
  properties: {
    id: { type: 'string' },
    amount: { type: 'number', minimum: 0 },
    currency: { enum: ['EUR', 'USD'] },
    at: { type: 'string', format: 'date-time' },
  },
}

const rowsOf = (values: readonly (string | null)[]): Rows => {
  const builder = new BatchBuilder()
  for (const [i, value] of values.entries())
    builder.add({ key: `k${i}`, value, timeMs: i, number: BigInt(i) })
  return Rows.of(builder.build({ pipeline: 'p', incarnation: 'i', lane: '0', stream: 's', next: 'n' }))
}

const transform = (name: string) => {
  const found = transforms.find((one) => one.name === name)
  if (found === undefined) throw new Error(`no transform ${name}`)
  return found
}

const run = (name: string, options: unknown, values: readonly (string | null)[]) => {
  const step = transform(name).compile(options, context)
  const rows = rowsOf(values)
  const ended: [number, string][] = []
  const refused: [number, Fault][] = []
  const out = step.run(rows, {
    end: (row, outcome) => ended.push([row, outcome]),
    refuse: (row, reason) => refused.push([row, reason]),
  })
  const bodies = (out.bodies ?? []).slice(0, out.count)
  return { out, rows, ended, refused, passed: [...out.origin], bodies }
}

describe('filter', () => {
  const values = ['{"a":1}', '{"a":200}', '{"b":1}', 'no json', '{"a":"x"}', null]

  test('passes what is true, ends what is false, refuses what it cannot evaluate', () => {
    const result = run('filter', { where: 'event.a > 100' }, values)
    expect(result.passed).toEqual([1])
    expect(result.ended).toEqual([[0, 'filtered']])
    expect(result.refused.map(([row, reason]) => [row, reason.code])).toEqual([
      [2, 'RECORD_REFUSED'],
      [3, 'BODY_NOT_JSON'],
      [4, 'RECORD_REFUSED'],
      [5, 'RECORD_REFUSED'],
    ])
    expect(result.refused[0]?.[1].message).toBe('The filter step refused the record: No such key: a.')
    expect(result.out.bodies).toBeUndefined()
  })

  test('with on_error drop, counts errors as filtered', () => {
    const result = run('filter', { where: 'event.a > 100', on_error: 'drop' }, values)
    expect(result.refused).toEqual([])
    expect(result.ended.map(([row]) => row)).toEqual([0, 2, 3, 4, 5])
  })

  test('with on_error fail, stops', () => {
    expect(() => run('filter', { where: 'event.a > 100', on_error: 'fail' }, values)).toThrow(
      'The step step-1 failed on a record',
    )
  })

  test('anything but true and false is an error, never a silent no', () => {
    expect(run('filter', { where: 'event.a' }, ['{"a":1}', '{"a":true}']).refused).toHaveLength(1)
  })

  test('an expression over meta alone does not parse the body', () => {
    expect(run('filter', { where: 'meta.key == "k1"' }, ['no json', 'no json']).passed).toEqual([1])
  })
})

describe('map', () => {
  const body = '{"id":"o1","price":2.5,"quantity":4,"card":"4111"}'
  test.each<[string, unknown, unknown]>([
    [
      'fields make the whole body; constants may be any scalar',
      {
        fields: {
          id: 'event.id',
          total: 'event.price * event.quantity',
          source: '"shop"',
          version: 2,
          ok: true,
        },
      },
      { id: 'o1', total: 10, source: 'shop', version: 2, ok: true },
    ],
    [
      'set and remove change the body',
      { set: { total: 'event.price * event.quantity' }, remove: ['card', 'price'] },
      { id: 'o1', quantity: 4, total: 10 },
    ],
    ['value is the body', { value: '{"key": meta.key, "n": size(event.id)}' }, { key: 'k0', n: 2 }],
  ])('%s', (_, options, expected) => {
    expect(run('map', options, [body]).bodies).toEqual([expected])
  })

  test('a record that cannot be mapped is refused, the others keep their bodies', () => {
    const result = run('map', { value: '{"n": event.n + 1}' }, ['{"n":1}', '{}', '{"n":3}', null, '[]'])
    expect(result.passed).toEqual([0, 2, 3])
    expect(result.bodies).toEqual([{ n: 2 }, { n: 4 }, null])
    expect(result.refused.map(([row]) => row)).toEqual([1, 4])
  })

  test('the record as it came is not changed', () => {
    const { rows } = run('map', { set: { id: '"other"' }, remove: ['card'] }, [body])
    expect(rows.bodyOf(0)).toEqual(JSON.parse(body))
  })

  test('a field named __proto__ is a field', () => {
    const given = JSON.parse('{"fields":{"__proto__":"event.id","a":1}}') as unknown
    const result = run('map', given, [body])
    expect(JSON.stringify(result.bodies[0])).toBe('{"__proto__":"o1","a":1}')
  })
})

describe('validate', () => {
  test.each([
    ['{"id":"a","amount":1,"currency":"EUR"}', undefined],
    ['{"id":"a"}', "the body must have required property 'amount'"],
    ['{"id":"a","amount":-1}', '/amount must be >= 0'],
    ['{"id":7,"amount":1}', '/id must be string'],
    [
      '{"id":"a","amount":1,"currency":"GBP"}',
      '/currency must be equal to one of the allowed values: "EUR", "USD"',
    ],
    ['{"id":"a","amount":1,"at":"yesterday"}', '/at must match format "date-time"'],
    ['[]', 'the body must be object'],
    ['{', 'not JSON'],
    [`{"id":"a","amount":1,"deep":${'['.repeat(70)}${']'.repeat(70)}}`, 'nested more than 64 deep'],
  ])('%s', (body, says) => {
    const result = run('validate', { schema: 'order.json' }, [body])
    expect(result.refused[0]?.[1].message ?? '').toContain(says ?? '')
    expect(result.refused).toHaveLength(says === undefined ? 0 : 1)
    expect(result.out.bodies).toBeUndefined()
  })

  test('schemas with the same $id do not meet, and inner references work', () => {
    const schema = (type: string) => ({
      $id: 'https://example.test/s',
      $defs: { a: { type } },
      items: { $ref: '#/$defs/a' },
    })
    expect(run('validate', { schema: schema('number') }, ['[1]', '["a"]']).passed).toEqual([0])
    expect(run('validate', { schema: schema('string') }, ['[1]', '["a"]']).passed).toEqual([1])
    expect(run('validate', { schema: schema('number') }, ['[1]', '["a"]']).passed).toEqual([0])
  })

  test('the schema may stand in place', () => {
    expect(run('validate', { schema: { type: 'array' } }, ['[]', '{}']).passed).toEqual([0])
  })
})

describe('examine finds every problem at once', () => {
  test.each<[string, unknown, readonly [readonly (string | number)[], string][]]>([
    ['filter', { where: 'evnt.a' }, [[['where'], 'unknown variable']]],
    ['filter', { where: 'size("a")' }, [[['where'], 'gives a number']]],
    [
      'map',
      { fields: { a: 'event.', b: 'event.x', c: '1 +' } },
      [
        [['fields', 'a'], 'ends too early'],
        [['fields', 'c'], 'ends too early'],
      ],
    ],
    ['map', {}, [[[], 'nothing to do']]],
    ['map', { value: 'event', fields: { a: '1' } }, [[[], 'more than one way']]],
    ['validate', { schema: 'missing.json' }, [[['schema'], 'there is no file missing.json']]],
    ['validate', { schema: { type: 'strng' } }, [[['schema'], 'type']]],
  ])('%s %j', (name, options, expected) => {
    const { problems } = transform(name).examine(options, context)
    expect(problems.map((found) => found.path)).toEqual(expected.map(([path]) => path))
    for (const [i, [, says]] of expected.entries()) expect(problems[i]?.problem).toContain(says)
  })

  test('after validate the fields are known', () => {
    const { eventSchema } = transform('validate').examine({ schema: 'order.json' }, context)
    const { problems } = transform('filter').examine(
      { where: 'event.amuont > 1' },
      { ...context, eventSchema },
    )
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatchObject({ path: ['where'], offset: 6, fix: 'Did you mean `amount`?' })
  })
})

test.each([
  ['map', { set: { b: '1' } }],
  ['map', { value: 'event' }],
  ['validate', { schema: { type: 'object' } }],
])('%s %j refuses a body nested so deep that writing it out would break', (name, options) => {
  const deep = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
  const result = run(name, options, [deep(60), deep(65), deep(50_000)])
  expect(result.passed).toEqual([0])
  expect(result.refused.map(([, reason]) => reason.message)).toEqual(
    Array.from(
      { length: 2 },
      () => `The ${name} step refused the record: the body is nested more than 64 deep.`,
    ),
  )
})
