import { describe, expect, test } from 'vitest'
import { commandOf, curlOf, inspected, questionOf, readSearch, shellWord, windowOf } from './question.ts'

const range = { from: Date.parse('2026-11-21T09:00:00Z'), until: Date.parse('2026-11-21T09:15:00Z') }

describe('the address of a Messages page', () => {
  test('leaves out what makes no sense', () => {
    expect(
      readSearch({
        filter: '',
        since: 'yesterday',
        until: '3',
        partition: '-1',
        offset: 'x',
        view: 'film',
        m: '3',
        order: 'up',
      }),
    ).toEqual({})
    expect(readSearch({ since: '2026-11-21T10:00Z', until: '2026-11-21T09:00Z' })).toEqual({})
    expect(inspected(readSearch({ m: '2-9007199254740993' }))).toEqual({
      partition: 2,
      offset: '9007199254740993',
    })
  })

  test.each([
    { says: 'newest first', raw: {}, question: { from: 'newest' } },
    { says: 'oldest first', raw: { order: 'oldest' }, question: { from: 'earliest' } },
    {
      says: 'from an offset on',
      raw: { offset: '42', partition: '1' },
      question: { from: 'offset:42', partition: 1 },
    },
    {
      says: 'a filter searches the range in sight',
      raw: { filter: 'event.a > 1' },
      question: { from: 'newest', until: 'time:2026-11-21T09:00:00.000Z', filter: 'event.a > 1' },
    },
    {
      says: 'a window newest first',
      raw: { since: '2026-11-21T09:05:00Z', until: '2026-11-21T09:06:00Z' },
      question: { from: 'before:2026-11-21T09:06:00.000Z', until: 'time:2026-11-21T09:05:00.000Z' },
    },
    {
      says: 'a window oldest first',
      raw: { since: '2026-11-21T09:05:00Z', until: '2026-11-21T09:06:00Z', order: 'oldest' },
      question: { from: 'time:2026-11-21T09:05:00.000Z', until: 'time:2026-11-21T09:06:00.000Z' },
    },
  ])('asks: $says', ({ raw, question }) => {
    expect(questionOf(readSearch(raw), range)).toEqual(question)
  })

  test('keeps the window for the histogram', () => {
    const search = readSearch({ since: '2026-11-21T09:00:00Z', until: '2026-11-21T09:15:00Z' })
    expect(windowOf(search)).toEqual(range)
  })

  test('can be typed into a terminal', () => {
    const search = readSearch({ filter: `meta.key == 'a b'`, partition: '2' })
    const question = questionOf(search, null)
    expect(commandOf('readings', search, question)).toBe(
      `./sluice consume readings --filter 'meta.key == '\\''a b'\\''' --partition 2`,
    )
    expect(commandOf('readings', readSearch({ follow: 'true' }), { from: 'newest' })).toBe(
      './sluice consume readings -f',
    )
    expect(curlOf('http://127.0.0.1:8080', 'a b', { from: 'newest' })).toBe(
      `curl -H "authorization: Bearer $(cat .sluice/admin.key)" 'http://127.0.0.1:8080/api/topics/a%20b/messages?from=newest'`,
    )
    expect(shellWord('readings')).toBe('readings')
  })
})
