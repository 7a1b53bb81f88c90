import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRedact, redacted, redactLine } from './redact.ts'

const nothingKnown = createRedact([])

describe('what looks like a secret is taken out', () => {
  test.each([
    ['postgres://me:hunter2@db:5432/x', `postgres://me:${redacted}@db:5432/x`],
    ['cannot reach postgres://me:p@ss:w0rd@db/x now', `cannot reach postgres://me:${redacted}@db/x now`],
    ['Authorization: Bearer abcdefgh12345', `Authorization: Bearer ${redacted}`],
    [`key sluice_${'a'.repeat(43)} was refused`, `key ${redacted} was refused`],
    ['password=hunter2&user=me', `password=${redacted}&user=me`],
    ['{"password":"hunter2"}', `{"password":"${redacted}"}`],
    ['token: abc.def', `token: ${redacted}`],
  ])('%s', (text, wanted) => {
    expect(nothingKnown(text)).toBe(wanted)
  })

  test.each([
    'postgres://db:5432/x',
    'http://127.0.0.1:8080/api',
    'pipeline tokens: now running',
    'the bearer of bad news',
    'made topic secrets',
  ])('%s stays', (text) => {
    expect(nothingKnown(text)).toBe(text)
  })
})

describe('what is known to be secret', () => {
  test('is in no line, wherever it stands and whatever it is made of', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 6, maxLength: 40 }).filter((secret) => !redacted.includes(secret)),
        fc.string(),
        fc.string(),
        (secret, before, after) => {
          const line = redactLine(
            {
              atMs: 0,
              level: 'info',
              component: 'x',
              message: `${before}${secret}${after}`,
              fields: { problem: `${after} ${encodeURIComponent(secret)}`, count: 3 },
            },
            createRedact([secret]),
          )
          expect(line.message).not.toContain(secret)
          expect(line.fields['problem']).not.toContain(encodeURIComponent(secret))
          expect(line.fields['count']).toBe(3)
        },
      ),
      { seed: 4, numRuns: 500 },
    )
  })

  test('a short value is left, since it stands everywhere', () => {
    expect(createRedact(['on', ''])('on and on')).toBe('on and on')
  })
})
