import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type RawRecord, RecordSplitter } from './splitter.ts'

const split = (
  text: string | Buffer,
  delimiter: string | null,
  pieces: number[] = [],
  bytesMax = 1_030,
): RawRecord[] => {
  const bytes = Buffer.from(text)
  const splitter = new RecordSplitter({ delimiter, bytesMax, startByte: 0, startLine: 1 })
  const records: RawRecord[] = []
  const drain = (final: boolean): void => {
    for (let record = splitter.next(final); record !== null; record = splitter.next(final))
      records.push(record)
  }
  let from = 0
  for (const length of [...pieces, bytes.length]) {
    splitter.push(bytes.subarray(from, from + length))
    drain(false)
    from = Math.min(bytes.length, from + length)
  }
  drain(true)
  return records
}

const texts = (records: RawRecord[]): string[] =>
  records.map(({ bytes, problem }) => (problem === null ? bytes.toString() : `!${bytes.toString()}`))

describe('cutting a file into records', () => {
  test.each([
    { says: 'lines', text: 'a\nb\n', delimiter: null, records: ['a', 'b'] },
    { says: 'a last line without an end', text: 'a\nb', delimiter: null, records: ['a', 'b'] },
    { says: 'CRLF', text: 'a\r\nb\r\n', delimiter: null, records: ['a', 'b'] },
    { says: 'empty lines away', text: '\n\na\n\r\n\nb\n', delimiter: null, records: ['a', 'b'] },
    { says: 'a byte order mark away', text: '\ufeffa\nb', delimiter: null, records: ['a', 'b'] },
    { says: 'nothing', text: '', delimiter: null, records: [] },
    { says: 'quotes outside CSV as they are', text: '"a\nb"\n', delimiter: null, records: ['"a', 'b"'] },
    { says: 'line ends inside quotes', text: 'x,"a\nb",y\nz', delimiter: ',', records: ['x,"a\nb",y', 'z'] },
    { says: 'doubled quotes', text: '"a ""b""\n c",d\ne', delimiter: ',', records: ['"a ""b""\n c",d', 'e'] },
    {
      says: 'a quoted field at the end',
      text: 'a,"b"\r\nc,"d"',
      delimiter: ',',
      records: ['a,"b"', 'c,"d"'],
    },
    {
      says: 'a stray quote as one bad line',
      text: 'a,b"c\nd,e\n',
      delimiter: ',',
      records: ['!a,b"c', 'd,e'],
    },
    {
      says: 'text after a quote as one bad line',
      text: '"a"b,c\nd,e\n',
      delimiter: ',',
      records: ['!"a"b,c', 'd,e'],
    },
    {
      says: 'an open quote as one bad line',
      text: 'a,"b\nc,d\ne,f\n',
      delimiter: ',',
      records: ['!a,"b', 'c,d', 'e,f'],
    },
    {
      says: 'an open quote that meets another as one bad line',
      text: 'a,"b\nc,d\ne,"f"\n',
      delimiter: ',',
      records: ['!a,"b', 'c,d', 'e,"f"'],
    },
  ])('gives $says', ({ text, delimiter, records }) => {
    expect(texts(split(text, delimiter))).toEqual(records)
  })

  test('tells line and byte of each record', () => {
    const places = split('h,i\n"a\nb",c\r\n\nd,e', ',').map(({ line, startByte, endByte }) => [
      line,
      startByte,
      endByte,
    ])
    expect(places).toEqual([
      [1, 0, 4],
      [2, 4, 13],
      [5, 14, 17],
    ])
  })

  test('keeps only the beginning of a record that is too long, and goes on after it', () => {
    const records = split(
      `a\n${'x'.repeat(50_000)}\nb\n`,
      null,
      Array.from({ length: 60 }, () => 900),
      2_000,
    )
    expect(records.map(({ bytes, line, problem }) => [bytes.length, line, problem])).toEqual([
      [1, 1, null],
      [1_024, 2, 'the record is longer than 2000 bytes'],
      [1, 3, null],
    ])
    expect(records[2]?.startByte).toBe(50_003)
  })

  test('an open quote in a long file costs one line, not the file', () => {
    const good = Array.from({ length: 2_000 }, (_, i) => `${i},value`)
    const records = split(
      ['1,"oops', ...good].join('\n'),
      ',',
      Array.from({ length: 40 }, () => 700),
      3_000,
    )
    expect(texts(records)).toEqual(['!1,"oops', ...good])
  })

  test('gives the same records however the bytes arrive', () => {
    const part = fc.constantFrom('a', 'bc', ',', '"', '""', '\n', '\r\n', '"x,y"', '"p\nq"', '\ufeff', 'é')
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 40 }).map((parts) => parts.join('')),
        fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 500, max: 1_500 })), {
          maxLength: 30,
        }),
        fc.constantFrom(',', null),
        fc.constantFrom('', 'z'.repeat(1_100)),
        (parts, pieces, delimiter, filling) => {
          // Filled up, the pieces are longer than a record may be.
          const text = parts.replaceAll('bc', `b${filling}c`)
          const seen = (records: RawRecord[]) =>
            records.map((record) => ({ ...record, bytes: record.bytes.toString() }))
          expect(seen(split(text, delimiter, pieces))).toEqual(seen(split(text, delimiter)))
        },
      ),
      { seed: 11, numRuns: 2_000 },
    )
  })

  test('no byte is lost: records and line ends make up the file', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', '"', ',', '\n', '"b\nc"'), { maxLength: 60 }), (parts) => {
        const text = parts.join('')
        const rebuilt = split(text, ',').reduce((at, { startByte, endByte, bytes }) => {
          expect(text.slice(at, startByte).trim()).toBe('')
          expect(text.slice(startByte, endByte).trimEnd()).toBe(bytes.toString().trimEnd())
          return endByte
        }, 0)
        expect(text.slice(rebuilt).trim()).toBe('')
      }),
      { seed: 12, numRuns: 1_000 },
    )
  })
})
