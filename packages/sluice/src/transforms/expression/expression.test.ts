import { describe, expect, test } from 'vitest'
import { BatchBuilder } from '../../flow/batch-builder.ts'
import { Rows } from '../../flow/rows.ts'
import { isFault } from '../../kernel/faults/index.ts'
import { compileExpression, type ExpressionOptions, prepareExpression } from './compile.ts'

const origin = { pipeline: 'p', incarnation: 'i', lane: 'orders/3', stream: 'orders', next: '1' }

const rowsOf = (value: unknown): Rows => {
  const builder = new BatchBuilder()
  builder.add({
    key: 'customer-7',
    value: JSON.stringify(value),
    timeMs: Date.UTC(2026, 0, 2, 3, 4, 5),
    headers: [
      { key: 'trace', value: Buffer.from('first') },
      { key: 'trace', value: Buffer.from('last') },
    ],
    number: 41n,
  })
  return Rows.of(builder.build(origin))
}

const evaluate = (text: string, event: unknown): unknown => compileExpression(text)(rowsOf(event), 0)

const order = {
  type: 'payment',
  amount: 145.5,
  n: 7,
  zero: 0,
  name: 'Ada Lovelace',
  tags: ['a', 'vip', 'c'],
  items: [
    { sku: 'x', price: 2, quantity: 3 },
    { sku: 'y', price: 4.5, quantity: 2 },
  ],
  nested: { room: 'r1', deep: { on: true } },
  none: null,
  seconds: 1_700_000_000,
  milliseconds: 1_700_000_000_000,
  at: '2026-01-02T03:04:05.678Z',
  unzoned: '2026-01-02 03:04:05',
  'with-dash': 1,
}

describe('conformance: expressions over a JSON body', () => {
  test.each<[string, unknown]>([
    // Mixed arithmetic: JSON numbers are doubles, literals integers.
    ['event.amount * 2', 291],
    ['2 * event.amount', 291],
    ['event.n % 2', 1],
    ['event.n % 2 == 1', true],
    ['event.n % 2 == 1.0', true],
    ['event.n / 2', 3.5],
    ['7 / 2', 3],
    ['1 + event.n - 0.5', 7.5],
    ['-event.n', -7],
    ['event.amount > 100', true],
    ['event.amount > 100.5', true],
    ['event.n == 7', true],
    ['event.n != 7', false],
    ['event.n in [1, 7]', true],
    ['abs(-event.n)', 7],
    ['round(event.amount)', 146],
    ['round(event.amount / 7, 2)', 20.79],
    // 64-bit integers leave as plain numbers, and as text where a number would lie.
    ['size(event.name)', 12],
    ['1', 1],
    ['9007199254740993', '9007199254740993'],
    ['[1, 2, {"a": 3}]', [1, 2, { a: 3 }]],
    // Texts and lists.
    ['event.type == "payment" && event.amount > 100', true],
    ['event.name.startsWith("Ada") || event.missing', true],
    ['event.name.lowerAscii()', 'ada lovelace'],
    ['event.tags.join("-")', 'a-vip-c'],
    ['"vip" in event.tags', true],
    ['event.tags[1]', 'vip'],
    ['event["with-dash"]', 1],
    ['event.tags.exists(t, t == "vip")', true],
    ['event.items.all(i, i.price > 1)', true],
    ['event.items.map(i, i.price * i.quantity)', [6, 9]],
    ['event.items.filter(i, i.sku == "y")', [{ sku: 'y', price: 4.5, quantity: 2 }]],
    ['event.items.exists_one(i, i.sku == "y")', true],
    ['event.amount > 200 ? "high" : "low"', 'low'],
    // Presence.
    ['has(event.missing)', false],
    ['has(event.nested.room)', true],
    ['has(event.none)', true],
    ['event.none == null', true],
    ['has(event.missing) && event.missing > 1', false],
    ['event.?missing.orValue("none")', 'none'],
    ['event.nested', { room: 'r1', deep: { on: true } }],
    ['event', order],
    // Regular expressions are RE2's.
    ['event.name.matches("^Ada L")', true],
    ['event.name.matches("z$")', false],
    ['event.tags.exists(t, t.matches("^v.p$"))', true],
    // Times.
    ['ts(event.seconds) == ts(event.milliseconds)', true],
    ['ts(event.at) > ts("2026-01-01")', true],
    ['ts(event.unzoned)', '2026-01-02T03:04:05.000Z'],
    ['ts(event.at).getFullYear()', 2026],
    ['epochMs(ts(event.at))', 1_767_323_045_678],
    ['ts(event.at) - ts(event.unzoned)', '0.678s'],
    ['ts(event.at) - duration("1h") < ts(event.at)', true],
    // Where the record is from.
    ['meta.topic', 'orders'],
    ['meta.partition', 3],
    ['meta.offset', 41],
    ['meta.offset % 2 == 1', true],
    ['meta.key', 'customer-7'],
    ['meta.id', 'p/i/orders/3/41'],
    ['meta.lane', 'orders/3'],
    ['meta.headers.trace', 'last'],
    ['meta.time', '2026-01-02T03:04:05.000Z'],
    ['ts(event.at) >= meta.time && event.n > 0', true],
    ['{"type": event.type, "at": meta.time}', { type: 'payment', at: '2026-01-02T03:04:05.000Z' }],
  ])('%s', (text, expected) => {
    expect(evaluate(text, order)).toEqual(expected)
  })

  test.each([
    ['event.missing > 1', 'No such key: missing'],
    ['event.name * 2', 'no such overload'],
    ['event.name > 2', 'no such overload'],
    ['event.n / event.zero', 'JSON can hold'],
    ['event.tags[9]', ''],
    ['event.name.matches(event.tags[0] + "(")', ''],
    ['ts(event.name)', 'ts() cannot read'],
    ['ts(event.tags)', 'ts() needs a number or a text'],
    ['event.constructor', 'No such key: constructor'],
    ['event.__proto__', 'No such key: __proto__'],
    ['event.nested.constructor.constructor', 'No such key: constructor'],
  ])('%s is an error of the record', (text, says) => {
    expect(() => evaluate(text, order)).toThrow(says)
  })

  test('a body that was read is handed on unchanged and unshared keys stay keys', () => {
    const rows = rowsOf({ a: 1 })
    expect(compileExpression('event')(rows, 0)).toBe(rows.bodyOf(0))
    expect(evaluate('[event]', JSON.parse('{"__proto__": {"polluted": true}}'))).toEqual([
      JSON.parse('{"__proto__": {"polluted": true}}'),
    ])
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })
})

const problemOf = (text: string, options: ExpressionOptions = {}) => {
  try {
    compileExpression(text, options)
  } catch (error) {
    if (isFault(error)) return { column: error.facts['column'], says: error.message, fix: error.fix }
    throw error
  }
  return undefined
}

describe('an expression that cannot work is refused before any record is seen', () => {
  test.each([
    { text: 'event.a >', column: 10, says: 'ends too early', fix: 'CEL' },
    { text: 'evnt.a == 1', column: 1, says: '`evnt`', fix: 'Did you mean `event`?' },
    { text: 'event.a == 1 && payment', column: 17, says: '`payment`', fix: 'texts stand in quotes' },
    { text: '1 + "a"', column: 1, says: 'int + string', fix: '' },
    { text: 'foo(event.a)', column: 1, says: "'foo(dyn)'", fix: '' },
    { text: '"abc', column: 1, says: 'unterminated string', fix: '' },
    { text: 'meta.topc == "x"', column: 6, says: '`topc`', fix: 'Did you mean `topic`?' },
    { text: 'event.a.matches("(?=x)")', column: 17, says: 'error parsing regexp', fix: 'RE2' },
    {
      text: 'event.l.all(a, a.l.all(b, b.l.all(c, c > 1)))',
      column: 27,
      says: 'nested more than 2 deep',
      fix: 'Flatten',
    },
    { text: `event.a == "${'x'.repeat(9_000)}"`, column: 1, says: 'characters', fix: '8192' },
  ])('$text', ({ text, column, says, fix }) => {
    const problem = problemOf(text)
    expect(problem?.says).toContain(says)
    expect(problem?.fix).toContain(fix)
    expect(problem?.column).toBe(column)
  })

  test('a condition must give true or false', () => {
    expect(problemOf('size(event.a)', { gives: 'bool' })?.says).toContain(
      'gives a number, where true or false',
    )
    expect(problemOf('event.a', { gives: 'bool' })).toBeUndefined()
  })
})

describe('with a schema, fields and types are checked', () => {
  const eventSchema = {
    type: 'object',
    properties: {
      amount: { type: 'number' },
      type: { type: 'string' },
      data: { type: 'object', properties: { room: { type: 'string' } }, additionalProperties: false },
      tags: { type: 'array' },
    },
  }
  test.each([
    ['event.amuont > 1', 'Did you mean `amount`?'],
    ['event.data.floor == 1', 'Known fields'],
    ['event.type > 1', 'CEL'],
    ['event.amount == "x" && event.amount.startsWith("a")', ''],
  ])('%s is refused', (text, fix) => {
    expect(problemOf(text, { eventSchema })?.fix).toContain(fix)
  })

  test.each([
    'event.amount * 2 > 100 && event.data.room == "r1"',
    'event.somethingElse == 1',
    'event.tags.exists(t, t == "vip")',
    'has(event.amount) && meta.key == event.type',
  ])('%s is taken', (text) => {
    expect(problemOf(text, { eventSchema })).toBeUndefined()
  })
})

describe('hostile input is bounded', () => {
  test.each([
    [
      'nested loops over long lists',
      'event.l.all(a, event.l.all(b, a <= b || a > b))',
      { l: Array.from({ length: 5_000 }, (_, i) => i) },
    ],
    [
      'a search in a list, for each of a list',
      'event.l.all(a, a in event.l)',
      { l: Array.from({ length: 20_000 }, (_, i) => i) },
    ],
    [
      'comparing long texts, for each of a list',
      'event.l.exists(a, event.s.contains("b"))',
      { l: Array.from({ length: 5_000 }, () => 1), s: 'a'.repeat(100_000) },
    ],
    [
      'a list out of a long text',
      'event.s.split("").map(c, event.s.split("").map(d, d))',
      { s: 'a'.repeat(5_000) },
    ],
    [
      'calendars of time zones, for each of a list',
      'event.l.map(a, ts(a).getHours("Asia/Kolkata"))',
      { l: Array.from({ length: 50_000 }, (_, i) => i) },
    ],
    ['a text too long for a pattern', 'event.s.matches("a*b")', { s: 'a'.repeat(100_000) }],
  ])('%s', (_, text, event) => {
    const expression = compileExpression(text)
    const rows = rowsOf(event)
    const before = process.cpuUsage()
    expect(() => expression(rows, 0)).toThrow(/too much work|characters/)
    // Far above what it takes, far below what it would take without a bound; CPU time, not wall time.
    expect(process.cpuUsage(before).user).toBeLessThan(3_000_000)
  })

  test('a pattern that makes backtracking explode is answered', () => {
    const rows = rowsOf({ s: `${'a'.repeat(40)}!` })
    expect(compileExpression('event.s.matches("^(a+)+$")')(rows, 0)).toBe(false)
  })

  test('a result nested too deep is an error, not a stack overflow', () => {
    const deep = JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`) as unknown
    const expression = prepareExpression('[event]', ['event'])
    expect(expression.run({ event: deep })).toBeInstanceOf(Array)
    const builder = new BatchBuilder()
    builder.add({ key: null, value: `${'['.repeat(20_000)}${']'.repeat(20_000)}`, timeMs: 0, number: 0n })
    const rows = Rows.of(builder.build(origin))
    expect(() => compileExpression('[event]')(rows, 0)).toThrow('nested more than 64 deep')
  })
})
