import { expect, test } from 'vitest'
import { awaitedRevision, revisionGate } from './awaited-revision.ts'

const revision = (text: string, createdAtMs: number) => ({ text, createdAtMs })

test('what the file said before does not run, what it says now does, and whatever follows', () => {
  const mayRun = revisionGate(awaitedRevision('new', 100), 0)
  const kept = [revision('old', 50), revision('new', 70), revision('other', 90)]
  expect(kept.map((each) => mayRun(each, 5))).toEqual([false, true, true])
})

test('a process that is started again does not wait when the file was changed since', () => {
  expect(revisionGate(awaitedRevision('first', 100), 0)(revision('second', 101), 0)).toBe(true)
})

test('nobody waits for more than ten seconds, or without being told to', () => {
  const mayRun = revisionGate(awaitedRevision('never kept', 100), 1_000)
  const old = revision('old', 50)
  expect([mayRun(old, 10_999), mayRun(old, 11_000)]).toEqual([false, true])
  expect(revisionGate(undefined, 0)(old, 0)).toBe(true)
})
