import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { newConnector } from './new.ts'

const list = 'packages/sluice/src/connectors/index.ts'
const real = readFileSync(join(import.meta.dirname, '..', list), 'utf8')

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sluice-new-'))
  mkdirSync(dirname(join(root, list)), { recursive: true })
  writeFileSync(join(root, list), real)
})

afterEach(() => rmSync(root, { recursive: true, force: true }))

describe('a new connector', () => {
  test('is three files and a line in the list', () => {
    expect(newConnector(root, 'amazon-sqs')).toEqual([
      'packages/sluice/src/connectors/amazon-sqs/definition.ts',
      'packages/sluice/src/connectors/amazon-sqs/source.ts',
      'packages/sluice/src/connectors/amazon-sqs/source.test.ts',
      list,
    ])
    const text = readFileSync(join(root, list), 'utf8')
    expect(text).toContain(`import { amazonSqsSource } from './amazon-sqs/definition.ts'`)
    expect(/export const sources.*? = \[[^\]]*\]/s.exec(text)?.[0]).toMatch(/, amazonSqsSource\s*\]$/)
    expect(text.length - real.length).toBeLessThan(100)
  })

  test.each(['', 'Amazon', '../x', 'a b', '-a'])('is refused with the name %j', (name) => {
    expect(() => newConnector(root, name)).toThrow('is no name')
    expect(readFileSync(join(root, list), 'utf8')).toBe(real)
  })

  test('is refused when there is one of that name', () => {
    newConnector(root, 'queue')
    expect(() => newConnector(root, 'queue')).toThrow('There is a connector queue already')
  })
})
