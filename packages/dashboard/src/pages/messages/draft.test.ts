import { describe, expect, test } from 'vitest'
import { draftOf, emptyDraft, produceCommand, produceCurl, recordOf } from './draft.ts'

const draft = { ...emptyDraft, value: '{"n":9007199254740993}' }

describe('a message written by hand', () => {
  test('is sent as it was typed', () => {
    expect(recordOf(draft)).toEqual({ value: '{"n":9007199254740993}' })
    expect(recordOf({ ...draft, kind: 'tombstone', key: 'k', partition: '2' })).toEqual({
      key: 'k',
      value: null,
      partition: 2,
    })
    expect(
      recordOf({
        ...draft,
        headers: [
          { key: '', value: 'x' },
          { key: 'a', value: '' },
        ],
      }),
    ).toEqual({
      value: draft.value,
      headers: [{ key: 'a', value: '' }],
    })
  })

  test('is one line for a terminal', () => {
    expect(produceCommand('readings', draft)).toBe(
      `printf '%s\\n' '{"n":9007199254740993}' | ./sluice produce readings`,
    )
    expect(produceCommand('readings', { ...draft, key: "it's", partition: '1' })).toBe(
      `printf '%s\\n' '{"key":"it'\\''s","value":"{\\"n\\":9007199254740993}"}' | ./sluice produce readings --format record --partition 1`,
    )
  })

  test('begins with what another one holds', () => {
    const stored = {
      key: 'c-1',
      key_encoding: 'utf8',
      value_encoding: 'json',
      headers: [{ key: 'trace', value: null }],
    } as const
    const again = draftOf(stored, '{"n":9007199254740993}')
    expect(again).toEqual({
      ...draft,
      key: 'c-1',
      headers: [{ key: 'trace', value: '' }],
    })
    expect(draftOf({ ...stored, value_encoding: null }, '')?.kind).toBe('tombstone')
    expect(draftOf({ ...stored, value_encoding: 'base64' }, '')).toBeNull()
    expect(draftOf({ ...stored, key_encoding: 'base64' }, '')).toBeNull()
    expect(draftOf(stored, 'x'.repeat(1_000_000))).not.toBeNull()
    expect(draftOf(stored, 'x'.repeat(1_000_001))).toBeNull()
  })

  test('never shows a key of the API', () => {
    expect(produceCurl('http://127.0.0.1:8080', 'a', draft)).toContain('Bearer $(cat .sluice/admin.key)')
  })
})
