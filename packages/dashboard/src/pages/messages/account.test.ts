import { describe, expect, test } from 'vitest'
import { accountText, pausedText, unjudgedText } from './account.ts'

const account = {
  scanned: 702_411,
  matched: 214,
  unjudged: 0,
  unjudgedExample: null,
  remaining: '0',
  elapsedMs: 310,
  atEnd: true,
}

describe('a search gives an account of itself', () => {
  test('when it got through', () => {
    expect(accountText(account, true, 'in 15 min')).toBe('214 of 702,411 in 15 min · searched in 0.3 s')
    expect(pausedText(account)).toBeNull()
    expect(unjudgedText(account)).toBeNull()
  })

  test('when it paused, with what is left', () => {
    const paused = {
      ...account,
      scanned: 500_000,
      remaining: '9007199254740993',
      atEnd: false,
      unjudged: 2,
      unjudgedExample: '0 : 7: no such field',
    }
    expect(accountText(paused, true, '')).toContain('so far')
    expect(pausedText(paused)).toBe(
      'The search paused after 500,000 messages (214 matched); 9,007,199,254,740,993 are left.',
    )
    expect(unjudgedText(paused)).toBe('2 could not be judged and were left out: 0 : 7: no such field')
  })

  test('without a filter it only says how much is shown and how much is left', () => {
    expect(
      accountText({ ...account, scanned: 200, remaining: '1000', atEnd: false }, false, 'newest first'),
    ).toBe('200 read newest first · 1,000 more')
  })
})
