import { expect, test } from 'vitest'
import { fillBlanks } from './define.ts'

test.each([
  {
    says: 'puts a fact where its name stands',
    sentence: 'It has {bytes} bytes.',
    bytes: 3,
    text: 'It has 3 bytes.',
  },
  { says: 'ends with one full stop', sentence: 'Wrong: {bytes}.', bytes: 'it is.', text: 'Wrong: it is.' },
  {
    says: 'ends with a question',
    sentence: 'No {bytes}.',
    bytes: 'a; did you mean b?',
    text: 'No a; did you mean b?',
  },
  { says: 'leaves a blank without a fact', sentence: 'No {name}.', bytes: 1, text: 'No {name}.' },
])('$says', ({ sentence, bytes, text }) => {
  expect(fillBlanks(sentence, { bytes })).toBe(text)
})
